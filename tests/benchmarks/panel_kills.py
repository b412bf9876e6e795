"""How much a killed panel loses: the time from the oldest edit that is gone to the kill.

``QT_QPA_PLATFORM=offscreen PYTHONPATH=. python tests/benchmarks/panel_kills.py [--kills 50]``: a panel with its window
(tests/ui/editing.py) makes up to 100 edits a second, saves now and then, and is killed at a random instant of its first
seconds; every fifth project was never saved.
"""

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tinct.runtime.project import OutputSettings, Project, ProjectShot, load_project, recovered, save_project
from tinct.ui.models.unsaved import left_projects

ROOT = Path(__file__).parents[2]
EDITING = ROOT / "tests" / "ui" / "editing.py"


def lost(folder: Path, seed: int) -> tuple[float, int]:
    """Seconds lost by one kill, and how many edits there had been."""
    path = folder / "film.tinct"
    os.environ["XDG_STATE_HOME"] = str(folder / "state")
    if seed % 5:
        shot = ProjectShot("a", "street", "/plate.mov", 0, 9)
        save_project(Project("film", OutputSettings(str(folder / "out")), (shot,)), path)
    command = [sys.executable, str(EDITING), str(path), str(seed)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment)
    assert process.stdout is not None
    first = process.stdout.readline()
    time.sleep(random.Random(seed).random() * 2)
    at = time.monotonic()
    process.send_signal(signal.SIGKILL)
    out = first + process.communicate()[0]
    edits = [line.split() for line in out.splitlines(keepends=True) if line.endswith("\n")]
    if path.exists():
        kept = recovered(path) or load_project(path)
    else:
        kept = next((left.project for left in left_projects()), None)
    number = 0 if kept is None else int(kept.shots[0].note or 0)
    gone = [float(when) for edit, when in edits if int(edit) > number]
    return (max(0.0, at - gone[0]) if gone else 0.0), len(edits)


def main() -> None:
    """Print what was lost."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=50)
    options = parser.parse_args()
    losses, edits = [], 0
    for seed in range(options.kills):
        with tempfile.TemporaryDirectory() as name:
            seconds, count = lost(Path(name), seed)
            losses.append(seconds)
            edits += count
    losses.sort()
    print(f"{options.kills} kills, {edits} edits: lost {losses[len(losses) // 2]:.2f} s, at most {losses[-1]:.2f} s")  # noqa: T201


if __name__ == "__main__":
    main()
