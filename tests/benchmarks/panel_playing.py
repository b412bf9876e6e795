"""How fast the panel plays: while frames are made ahead, and once they are at hand.

QT_QPA_PLATFORM=offscreen PYTHONPATH=. python tests/benchmarks/panel_playing.py [--model lite] [--frames 24]
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication

from tinct.plugin.client import Client, write_installation
from tinct.runtime.project import OutputSettings, Project, ProjectShot, ProjectStill
from tinct.ui.models.connection import Connections
from tinct.ui.views.window import PanelWindow, make_window

_spec = spec_from_file_location("tinct_panel_scrub", Path(__file__).with_name("panel_scrub.py"))
assert _spec is not None
assert _spec.loader is not None
scrubbing = module_from_spec(_spec)
_spec.loader.exec_module(scrubbing)
ROOT = Path(__file__).parents[2]


def until(window: PanelWindow, holds: Callable[[], object], seconds: float = 300) -> None:
    """Wait as long as it takes."""
    deadline = time.monotonic() + seconds
    while not holds():
        QTest.qWait(1)
        assert time.monotonic() < deadline, window.view.panel.messages.all


def play(window: PanelWindow, project: Project, frames: int, worker: int) -> None:
    """Once through the shot, and then for three seconds more."""
    panel = window.view.panel
    panel.file.new(project)
    until(window, lambda: panel.viewer.is_current)
    dog = scrubbing.Watchdog()
    begun, used = time.perf_counter(), scrubbing.used_by(worker)
    panel.playback.play()
    until(window, lambda: panel.viewer.frame == frames - 1)
    took, used = time.perf_counter() - begun, scrubbing.used_by(worker) - used
    scrubbing.say(
        f"each frame as it comes: {(frames - 1) / took:.2f} fps; worker's processor {1000 * used / (frames - 1):.0f} "
        f"ms a frame; {dog.words()}"
    )
    QTest.qWait(1500)
    dog.forget()
    QTest.qWait(3000)
    scrubbing.say(f"once they are at hand, at 24 fps: {panel.playback.words}; {dog.words()}")
    panel.playback.stop()
    until(window, lambda: panel.viewer.is_current)


def main() -> None:
    """Run all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="lite")
    parser.add_argument("--frames", type=int, default=24)
    options = parser.parse_args()
    application = QApplication.instance() or QApplication(sys.argv[:1])
    application.setStyle("Fusion")
    with tempfile.TemporaryDirectory(prefix="tinct-playing-") as name:
        folder = Path(name)
        record = str(folder / "installation.json")
        write_installation(record, sys.executable, {"PYTHONPATH": str(ROOT)})
        plate = scrubbing.make_plate(folder / "hd", 1920, 1080, options.frames)
        still = scrubbing.make_still(folder / "one.png", (1920, 1080))
        client = lambda: Client(folder=str(folder / "w"), installation=record, timeout=120)  # noqa: E731
        with client() as first:
            window = make_window(Connections(client))
            window.resize(1440, 900)
            window.show()
            parameters = {"model": options.model} | ({"workingSize": 64} if options.model == "fake" else {})
            shot = ProjectShot("a", "hd", plate, 0, options.frames - 1, stills=(ProjectStill(still),))
            project = Project("hd", OutputSettings(str(folder / "out")), (shot,), parameters=parameters, rate="24")
            play(window, project, options.frames, first.status()["pid"])
            scrubbing.say(f"load of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
            window.ask_to_save = lambda: "discard"
            window.close()
            first.stop()


if __name__ == "__main__":
    main()
