"""How long a project of many shots takes to load, save and look through.

``python tests/benchmarks/project_file.py [--shots 1000] [--rounds 15]``: medians and maxima in milliseconds, by the
clock and of the processor's time.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from tinct.runtime.project import (
    OutputSettings,
    Project,
    ProjectHint,
    ProjectShot,
    ProjectStill,
    load_project,
    read_record,
    save_project,
    shot_key,
    shot_state,
    write_record,
)

REPORT = {"frames": 48, "seconds": 1.0, "confidence": 0.8, "backend": "fake", "model": "fake", "warnings": []}


def made(folder: Path, count: int) -> Project:
    """A project of ``count`` shots, each with two stills, a hint and a parameter; the media are empty files."""
    for name in ("plate.mov", "one.png", "two.png"):
        (folder / name).touch()
    shots = [
        ProjectShot(
            f"{number:012x}",
            f"{number:05}0",
            str(folder / "plate.mov"),
            48 * number,
            48 * number + 47,
            handle_in=8,
            handle_out=8,
            stills=(
                ProjectStill(str(folder / "one.png")),
                ProjectStill(str(folder / "two.png"), 48 * number + 20, 2.0, (0.1, 0.0, 0.9, 1.0)),
            ),
            hints=(ProjectHint(48 * number, 640.0, 360.5, (0.8, 0.2, 0.1)),),
            parameters={"chroma": 0.9},
            note="a shot",
        )
        for number in range(count)
    ]
    return Project("film", OutputSettings(str(folder / "out")), tuple(shots))


def timed(work: Callable[[], object], rounds: int, clock: Callable[[], float]) -> tuple[float, float]:
    """Median and maximum of ``rounds`` calls, in milliseconds."""
    took = []
    for _ in range(rounds):
        began = clock()
        work()
        took.append(1000 * (clock() - began))
    return statistics.median(took), max(took)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shots", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        project, path = made(folder, options.shots), folder / "film.tinct"
        save_project(project, path)
        for shot in project.shots:
            place = Path(project.output.place(shot.name))
            place.parent.mkdir(exist_ok=True)
            place.touch()
            write_record(project, shot, shot_key(project, shot), REPORT)
        loaded = load_project(path)
        assert loaded == project
        one = loaded.shots[len(loaded.shots) // 2]
        works = {
            "load": lambda: load_project(path),
            "save": lambda: save_project(project, path),
            "change one shot": lambda: project.with_shot(replace(one, note="changed")),
            "state of every shot": lambda: [
                shot_state(loaded, shot, read_record(loaded, shot)) for shot in loaded.shots
            ],
        }
        print(f"{options.shots} shots, {path.stat().st_size / 1e6:.2f} MB")  # noqa: T201
        for what, work in works.items():
            median, worst = timed(work, options.rounds, time.perf_counter)
            busy, most = timed(work, options.rounds, time.process_time)
            line = f"{what:20} {median:8.1f} ms, at most {worst:.1f}; processor {busy:.1f}, at most {most:.1f}"
            print(line)  # noqa: T201


if __name__ == "__main__":
    main()
