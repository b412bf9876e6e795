"""The memory of each process of a job over the length of a film: it must not grow with it. And what a kill costs.

    PYTHONPATH=.:tests/fakes python tests/benchmarks/farm_memory.py --frames 500 10000

A film in one chunk, the worst case, coloured by the fake backend in one session of ``tinct farm run``. The session's
worker is killed when half of the frames are there; the frames that are then made twice are counted. Memory is what
Linux calls the high-water mark, looked at ten times a second.
"""

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import farm_processes
from drawn_film import draw_film

TINCT = (sys.executable, "-m", "tinct", "farm")
PROCESSES = ("run", "analyse", "colorize", "worker", "join")
LOOK_SECONDS = 0.1


def bundle(folder: Path) -> None:
    """A bundle of the film in ``folder``."""
    words = ["bundle", folder / "plate.mov", "--result", folder / "film.mov", "-r", folder / "still.png", "--shots",
             "one", "--chunk", 0, "--model", "fake", "--backend", "fake", "--working-size", 64, "--threads", 1,
             "--output", folder / "bundle"]  # fmt: skip
    subprocess.run([*TINCT, *map(str, words)], check=True, stdout=subprocess.DEVNULL)


@contextmanager
def running(folder: Path, places: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """``tinct farm run``, whose workers keep their addresses in ``places``."""
    words = [*TINCT, "run", str(folder / "bundle")]
    with open(folder / "run.log", "wb") as log:
        runner = subprocess.Popen(words, stdout=log, stderr=log, env=os.environ | {"TMPDIR": str(places)})
        try:
            yield runner
        finally:
            if runner.poll() is None:
                runner.terminate()
                runner.wait()


def row(folder: Path, frames: int) -> str:
    """One line of the table."""
    draw_film(folder, frames)
    bundle(folder)
    places = folder / "places"
    places.mkdir()
    logs, most, killed = folder / "film.mov.farm" / "logs", defaultdict[str, float](float), False
    began = looked = time.monotonic()
    with running(folder, places) as runner:
        while runner.poll() is None:
            at_work = [("run", runner.pid), *farm_processes.tasks(runner.pid)]
            at_work += [("worker", process) for process in farm_processes.workers(places)]
            for name, process in at_work:
                most[name] = max(most[name], farm_processes.peak(process))
            if not killed and time.monotonic() - looked > 1.0:
                looked = time.monotonic()
                if 2 * len(farm_processes.frames_logged(logs)) >= frames:
                    for process in farm_processes.workers(places):
                        with suppress(ProcessLookupError):
                            os.kill(process, signal.SIGKILL)
                            killed = True
            time.sleep(LOOK_SECONDS)
    if runner.returncode:
        raise SystemExit((folder / "run.log").read_text()[-2000:])
    made = Counter(farm_processes.frames_logged(logs))
    assert len(made) == frames, f"{len(made)} of {frames} frames were made"
    cells = [f"{most[name]:.0f}" for name in PROCESSES]
    redone = str(sum(made.values()) - frames) if killed else "not killed"
    return f"| {frames} | {' | '.join(cells)} | {redone} | {time.monotonic() - began:.0f} |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--frames", type=int, nargs="+", default=[500, 10_000])
    heads = [f"{name}: MB" for name in PROCESSES]
    sys.stdout.write(f"| frames | {' | '.join(heads)} | made twice | s |\n|{'---:|' * (len(heads) + 3)}\n")
    for frames in parser.parse_args().frames:
        with tempfile.TemporaryDirectory(prefix="tinct-farm-memory-") as name:
            sys.stdout.write(row(Path(name), frames) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
