"""A project of 1,000 shots with a library of 20,000 stills: how soon it is open, ranked and scrolled through.

    QT_QPA_PLATFORM=offscreen PYTHONPATH=. python tests/benchmarks/panel_library.py [--stills 20000] [--model lite]

The descriptors are made up, the files are hard links of a few pictures; all else is what happens with a real one. The
worker is warm: the model is loaded, the library is not.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication

from tinct.plugin.client import Client, write_installation
from tinct.runtime.project import OutputSettings, Project, save_project
from tinct.ui.models.connection import Connections
from tinct.ui.views.window import PanelWindow, make_window

ROOT = Path(__file__).parents[2]


def neighbour(path: Path) -> ModuleType:
    """A file beside the tests, as a module."""
    spec = spec_from_file_location(f"tinct_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


scrubbing = neighbour(Path(__file__).with_name("panel_scrub.py"))
large_library = neighbour(ROOT / "tests" / "ui" / "large_library.py")
say = scrubbing.say


class Stopwatch:
    """Wall seconds, and processor seconds of the panel and of the worker: on a busy machine the former hold the work of
    others."""

    def __init__(self, worker: int) -> None:
        self._worker = worker
        self.restart()

    def restart(self) -> None:
        """Begin anew."""
        self._began = self._now()

    def read(self) -> tuple[float, float, float]:
        """Wall, panel, worker."""
        wall, panel, worker = (now - began for now, began in zip(self._now(), self._began, strict=True))
        return wall, panel, worker

    def words(self) -> str:
        """The same."""
        return "{:.2f} s (the panel's processor {:.2f}, the worker's {:.2f})".format(*self.read())

    def _now(self) -> tuple[float, float, float]:
        return time.perf_counter(), time.process_time(), scrubbing.used_by(self._worker)


def until(window: PanelWindow, holds: Callable[[], object], seconds: float = 300) -> float:
    """Seconds that it took."""
    begun = time.perf_counter()
    while not holds():
        QTest.qWait(1)
        assert time.perf_counter() - begun < seconds, window.view.panel.messages.all
    return time.perf_counter() - begun


def open_project(window: PanelWindow, path: Path, watch: Stopwatch) -> None:
    """Until the first stills are offered."""
    panel = window.view.panel
    watch.restart()
    panel.open(str(path))
    QApplication.processEvents()
    say(f"project opened and drawn: {watch.words()}")
    until(window, lambda: panel.viewer.is_current)
    say(f"its frame is there: {watch.words()}")
    until(window, lambda: panel.library.is_ranked_for_frame and not panel.library.is_ranking)
    QApplication.processEvents()
    say(f"its library is ranked: {watch.words()}")


def rank(window: PanelWindow, frames: int, watch: Stopwatch) -> None:
    """Other frames, one after the other."""
    panel = window.view.panel
    took = []
    for frame in range(1, frames + 1):
        panel.viewer.go_to(frame)
        until(window, lambda: panel.viewer.is_current)
        until(window, lambda: not panel.thumbnails.is_busy)
        watch.restart()
        panel.library.rank()
        until(window, lambda: not panel.library.is_ranking)
        took.append(watch.read())
    wall, own, worker = (sorted(1000 * one for one in column) for column in zip(*took, strict=True))
    middle = frames // 2
    say(
        f"ranked for another frame: median {wall[middle]:.0f} ms, longest {wall[-1]:.0f} ms of {frames} "
        f"(medians of the panel's processor {own[middle]:.0f} ms, the worker's {worker[middle]:.0f} ms)"
    )


def scroll(window: PanelWindow, stills: int, dog: Any, watch: Stopwatch) -> None:
    """Down to the last still and up again, by half a page at a time."""
    panel, offered = window.view.panel, window.view.stills.offered
    dog.forget()
    watch.restart()
    bar = offered.verticalScrollBar()
    while len(panel.library.offered()) < stills:
        bar.setValue(bar.maximum())
        QTest.qWait(1)
        assert watch.read()[0] < 600, panel.messages.all
    say(f"scrolled to the last of {stills}: {watch.words()}; {dog.words()}")
    dog.forget()
    watch.restart()
    steps = 400
    for step in range(steps):
        bar.setValue(round(bar.maximum() * (1 - step / steps)))
        QTest.qWait(2)
    say(f"scrolled up in {steps} steps: {watch.words()}; {dog.words()}")
    say(f"small pictures: {panel.thumbnails.held_bytes / 1e6:.0f} MB")
    until(window, lambda: not panel.thumbnails.is_busy)


def main() -> None:
    """Run all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stills", type=int, default=20_000)
    parser.add_argument("--model", default="lite")
    options = parser.parse_args()
    application = QApplication.instance() or QApplication(sys.argv[:1])
    application.setStyle("Fusion")
    with tempfile.TemporaryDirectory(prefix="tinct-library-") as name:
        folder = Path(name)
        record = str(folder / "installation.json")
        write_installation(record, sys.executable, {"PYTHONPATH": str(ROOT)})
        library = large_library.make_large_library(folder / "large", options.stills, options.model)
        plate = scrubbing.make_plate(folder / "hd", 1920, 1080, 12)
        still = scrubbing.make_still(folder / "one.png", (1920, 1080))
        parameters = {"model": options.model} | ({"workingSize": 64} if options.model == "fake" else {})
        shots = scrubbing.thousand_shots(plate, still)
        output = OutputSettings(str(folder / "out"))
        project = Project("large", output, shots, parameters=parameters, library=str(library))
        save_project(project, folder / "large.tinct")
        client = lambda: Client(folder=str(folder / "w"), installation=record, timeout=120)  # noqa: E731
        with client() as first:
            first.open_session(96, 64, model=options.model)
            window = make_window(Connections(client))
            window.resize(1440, 900)
            window.show()
            dog = scrubbing.Watchdog()
            say(f"memory: {scrubbing.memory():.0f} MB")
            watch = Stopwatch(first.status()["pid"])
            open_project(window, folder / "large.tinct", watch)
            rank(window, 9, watch)
            scroll(window, options.stills, dog, watch)
            say(f"memory: {scrubbing.memory():.0f} MB")
            say(f"load of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
            window.close()
            first.stop()


if __name__ == "__main__":
    main()
