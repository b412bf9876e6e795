"""What a killed panel leaves; ``tests/benchmarks/panel_kills.py`` kills it more often."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytest.importorskip("PySide6.QtWidgets", reason="Qt is not here", exc_type=ImportError)
from tinct.runtime.project import Project, load_project, recovered, save_project
from tinct.ui.models.unsaved import left_projects

EDITING = Path(__file__).with_name("editing.py")
MOST_LOST = 1.0
"""Seconds."""


class Edited:
    """A panel at work on a project in a process of its own."""

    def __init__(self, path: Path, seed: int) -> None:
        self.path = path
        self.process = subprocess.Popen(
            [sys.executable, str(EDITING), str(path), str(seed)],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        )  # fmt: skip

    def kill(self, after: float) -> list[tuple[int, float]]:
        """Kill it so many seconds after its first edit; the edits that are older than what may be lost."""
        assert self.process.stdout is not None
        first = self.process.stdout.readline()
        time.sleep(after)
        at = time.monotonic()
        self.process.send_signal(signal.SIGKILL)
        out = first + self.process.communicate(timeout=30)[0]
        lines = [line.split() for line in out.splitlines(keepends=True) if line.endswith("\n")]
        return [(int(number), float(when)) for number, when in lines if float(when) < at - MOST_LOST]

    def kept(self) -> Project:
        """What the next panel has."""
        if self.path.exists():
            return recovered(self.path) or load_project(self.path)
        return left_projects()[0].project


def test_nothing_is_lost_but_the_last_second(project: Project, tmp_path: Path) -> None:
    chance, panels = random.Random(8), []
    for seed in range(3):
        (tmp_path / str(seed)).mkdir()
        path = tmp_path / str(seed) / "film.tinct"
        if seed:  # the first was never saved
            save_project(project, path)
        panels.append(Edited(path, seed))
    told = [panel.kill(1.2 + chance.random()) for panel in panels]
    for panel, edits in zip(panels, told, strict=True):
        assert edits
        assert int(panel.kept().shots[0].note or 0) >= edits[-1][0]
