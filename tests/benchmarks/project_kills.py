"""How much work a killed panel loses: the time from the oldest edit that is gone to the kill.

``python tests/benchmarks/project_kills.py [--kills 50] [--shots 3]``: an editor (tests/runtime/project/editing.py)
changes a project up to 60 times a second, saves now and then, and is killed at a random instant of its first seconds.
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

ROOT = Path(__file__).parents[2]
EDITING = ROOT / "tests" / "runtime" / "project" / "editing.py"


def lost(folder: Path, seed: int, shots: int) -> tuple[float, int]:
    """Seconds lost by one kill, and how many edits there had been."""
    path = folder / "film.tinct"
    many = tuple(ProjectShot(f"id{number}", f"{number:05}", "/plate.mov", number, number) for number in range(shots))
    save_project(Project("film", OutputSettings(str(folder / "out")), many), path)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        [sys.executable, "-S", str(EDITING), str(path), str(seed)], stdout=subprocess.PIPE, text=True, env=environment
    )
    while not (folder / ".film.tinct.lock").exists():
        time.sleep(0.01)
    time.sleep(random.Random(seed).random() * 4)
    at = time.monotonic()
    process.send_signal(signal.SIGKILL)
    out, _ = process.communicate()
    edits = [line.split() for line in out.splitlines(keepends=True) if line.endswith("\n")]
    kept = int((recovered(path) or load_project(path)).shots[0].note or 0)
    gone = [float(when) for number, when in edits if int(number) > kept]
    return (max(0.0, at - gone[0]) if gone else 0.0), len(edits)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--shots", type=int, default=3)
    options = parser.parse_args()
    losses, edits = [], 0
    for seed in range(options.kills):
        with tempfile.TemporaryDirectory() as name:
            seconds, count = lost(Path(name), seed, options.shots)
            losses.append(seconds)
            edits += count
    losses.sort()
    print(f"{options.kills} kills, {edits} edits: lost {losses[len(losses) // 2]:.2f} s, at most {losses[-1]:.2f} s")  # noqa: T201


if __name__ == "__main__":
    main()
