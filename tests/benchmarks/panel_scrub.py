"""How responsive the panel is: its UI thread while a 4K plate is scrubbed, its memory, large projects, a first picture.

    QT_QPA_PLATFORM=offscreen PYTHONPATH=. python tests/benchmarks/panel_scrub.py [--scrubs 1000] [--model fake]

A timer of the UI thread fires every 2 ms; a gap between two firings is what a person would feel as a hitch. On a busy
machine the gap holds the time in which others had the processor, so the thread's own processor time is told too, and
that of the worker.
"""

import argparse
import os
import random
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from qtpy.QtCore import QTimer
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication

from tinct.plugin.client import Client, write_installation
from tinct.runtime.project import OutputSettings, Project, ProjectShot, ProjectStill, save_project
from tinct.ui.models.connection import Connections
from tinct.ui.views.window import PanelWindow, make_window

FRAMES = 48
ROOT = Path(__file__).parents[2]


class Watchdog:
    """Gaps between firings of a timer of the UI thread: wall and processor seconds."""

    def __init__(self) -> None:
        self.gaps: list[tuple[float, float]] = []
        self._last = time.perf_counter(), time.thread_time()
        self._timer = QTimer()
        self._timer.timeout.connect(self._fire)
        self._timer.start(2)

    def _fire(self) -> None:
        now = time.perf_counter(), time.thread_time()
        self.gaps.append((now[0] - self._last[0], now[1] - self._last[1]))
        self._last = now

    def forget(self) -> None:
        """Begin anew."""
        self._last = time.perf_counter(), time.thread_time()
        self.gaps = []

    def words(self) -> str:
        """The longest gap, the longest by processor time, and the 99th percentile."""
        wall, used = (sorted(one) for one in zip(*self.gaps, strict=True))
        late = wall[int(0.99 * len(wall))]
        return (
            f"longest gap {1000 * wall[-1]:.0f} ms ({1000 * late:.0f} ms at the 99th percentile of {len(wall)}), "
            f"longest of the thread's own work {1000 * used[-1]:.0f} ms"
        )


def say(text: str) -> None:
    """One line."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def used_by(pid: int) -> float:
    """Processor seconds of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory() -> float:
    """MB that the process holds now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


def make_plate(folder: Path, width: int, height: int, frames: int) -> str:
    """A sequence of grey frames."""
    folder.mkdir()
    y, x = np.mgrid[:height, :width].astype(np.float32)
    for number in range(frames):
        grey = 127 + 90 * np.sin((x + 12 * number) / 90) * np.cos(y / 70)
        cv2.imwrite(str(folder / f"p.{number:04d}.jpg"), grey.astype(np.uint8))
    return str(folder / "p.%04d.jpg")


def make_still(path: Path, size: tuple[int, int]) -> str:
    """A colour still of such a plate."""
    y, x = np.mgrid[: size[1], : size[0]].astype(np.float32)
    grey = 127 + 90 * np.sin(x / 90) * np.cos(y / 70)
    picture = np.stack([grey, 255 - grey * 0.8, grey * 0.5 + 60], axis=-1)
    cv2.imwrite(str(path), np.clip(picture, 0, 255).astype(np.uint8))
    return str(path)


def wait(window: PanelWindow, seconds: float = 300) -> None:
    """Until the frame that is wanted is there."""
    deadline = time.monotonic() + seconds
    while not window.view.panel.viewer.is_current:
        QTest.qWait(1)
        assert time.monotonic() < deadline, window.view.panel.messages.all


def costs(window: PanelWindow) -> None:
    """What the UI thread does for one event of each kind, drawing included: its processor time, the median of 40."""
    panel = window.view.panel
    project = panel.document.project
    events: dict[str, Callable[[int], object]] = {
        "a frame at hand": lambda number: panel.viewer.go_to(number % 4),
        "another picture": lambda number: panel.viewer.changed.emit(),
        "a small picture": lambda number: panel.thumbnails.came.emit(),
        "more confidence": lambda number: panel.confidence.changed.emit(),
        "an edit": lambda number: panel.document.changed.emit(project, project),
    }
    for number in range(4):
        panel.viewer.go_to(number)
        wait(window)
    QTest.qWait(300)
    told = []
    for name, event in events.items():
        took = []
        for number in range(40):
            begun = time.thread_time()
            event(number)
            QApplication.processEvents()
            took.append(1000 * (time.thread_time() - begun))
        told.append(f"{name} {sorted(took)[20]:.1f} ms (at most {max(took):.1f})")
    say("the UI thread's own work for " + ", ".join(told))


def scrub(window: PanelWindow, project: Project, scrubs: int, dog: Watchdog) -> None:
    """Go to frames at random, faster than they can be rendered."""
    panel = window.view.panel
    panel.file.new(project)
    wait(window)
    chance = random.Random(4)
    before, half = memory(), 0.0
    dog.forget()
    for number in range(scrubs):
        panel.viewer.go_to(chance.randrange(FRAMES))
        QTest.qWait(chance.choice((2, 10, 30, 60)))
        if number == scrubs // 2:
            half = memory()
    say(f"scrubbing 3840x2160, {scrubs} times: {dog.words()}")
    say(f"memory: {before:.0f} MB, {half:.0f} MB half way, {memory():.0f} MB at the end; "
          f"pictures kept {panel.frames.held_bytes / 1e6:.0f} MB")  # fmt: skip
    wait(window)
    costs(window)


def first_picture(window: PanelWindow, plate: str, still: str, other: str, client: Callable[[], Client]) -> None:
    """From choosing a still to the picture, on a worker that has the model."""
    shot = ProjectShot("a", "hd", plate, 0, 11, stills=(ProjectStill(other),))
    output = OutputSettings("/nowhere")
    panel = window.view.panel
    panel.file.new(Project("hd", output, (shot,), parameters={"model": "lite"}))
    wait(window)
    with client() as asking:
        pid = asking.status()["pid"]
    begun, used = time.perf_counter(), used_by(pid)
    panel.stills.replace(still)
    wait(window)
    say(
        f"first picture after a still was chosen, 1920x1080: {time.perf_counter() - begun:.2f} s, of which the worker "
        f"computed {used_by(pid) - used:.2f} s"
    )


def thousand_shots(plate: str, still: str) -> tuple[ProjectShot, ...]:
    """1,000 shots of one plate, each with the still."""
    return tuple(
        ProjectShot(f"s{number}", f"shot_{number:04d}", plate, 0, 11, stills=(ProjectStill(still),))
        for number in range(1000)
    )


def large_project(window: PanelWindow, folder: Path, plate: str, still: str, dog: Watchdog) -> None:
    """1,000 shots: opened, filtered, one after the other."""
    shots = thousand_shots(plate, still)
    path = folder / "large.tinct"
    parameters = {"model": "fake", "backend": "fake", "workingSize": 64}
    save_project(Project("large", OutputSettings(str(folder / "out")), shots, parameters=parameters), path)
    begun = time.perf_counter()
    window.view.panel.open(str(path))
    QApplication.processEvents()
    say(f"project of 1,000 shots opened and drawn: {time.perf_counter() - begun:.2f} s")
    begun = time.perf_counter()
    for text in ("shot_00", "shot_001", ""):
        window.view.shots.search.setText(text)
        QApplication.processEvents()
    say(f"filtered three times: {time.perf_counter() - begun:.2f} s")
    dog.forget()
    for _ in range(60):
        window.view.panel.shots.step(5)
        QTest.qWait(15)
    say(f"60 shots gone through: {dog.words()}")
    wait(window)


def main() -> None:
    """Run all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scrubs", type=int, default=1000)
    parser.add_argument("--model", default="fake", help="of the scrubbing")
    options = parser.parse_args()
    application = QApplication.instance() or QApplication(sys.argv[:1])
    application.setStyle("Fusion")
    with tempfile.TemporaryDirectory(prefix="tinct-scrub-") as name:
        folder = Path(name)
        record = str(folder / "installation.json")
        write_installation(record, sys.executable, {"PYTHONPATH": str(ROOT)})
        client = lambda: Client(folder=str(folder / "w"), installation=record, timeout=120)  # noqa: E731
        window = make_window(Connections(client))
        window.resize(1440, 900)
        window.show()
        dog = Watchdog()
        plate = make_plate(folder / "uhd", 3840, 2160, FRAMES)
        still = make_still(folder / "one.png", (1920, 1080))
        other = make_still(folder / "two.png", (1900, 1080))
        hd = make_plate(folder / "hd", 1920, 1080, 12)
        first_picture(window, hd, still, other, client)
        parameters = {"model": options.model} | ({"workingSize": 64} if options.model == "fake" else {})
        shot = ProjectShot("a", "uhd", plate, 0, FRAMES - 1, stills=(ProjectStill(still),))
        project = Project("uhd", OutputSettings(str(folder / "out")), (shot,), parameters=parameters)
        scrub(window, project, options.scrubs, dog)
        large_project(window, folder, plate, still, dog)
        say(f"load of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
        window.close()
        Client(folder=str(folder / "w"), start=False).stop()


if __name__ == "__main__":
    main()
