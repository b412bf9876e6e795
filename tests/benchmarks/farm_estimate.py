"""What a film is said to take, and what it takes: ``tinct farm estimate`` beside ``tinct farm run``.

    PYTHONPATH=.:tests/fakes python tests/benchmarks/farm_estimate.py [--plate PLATE --still STILL] [--model NAME]

A bundle of shots of equal length, one thread each, is estimated and run with 1 and with 2 sessions. The ratio is the
estimate over the clock; the efficiency is that of two sessions over one. Give it free cores. Without a plate, a small
film is drawn.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path

from drawn_film import draw_film
from tinct.runtime.media import open_plate

TINCT = (sys.executable, "-m", "tinct")
STEPS = ("analyse", "relay", "colorize", "join")


def tinct(*arguments: object) -> str:
    """What Tinct writes to stdout."""
    done = subprocess.run([*TINCT, *map(str, arguments)], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{arguments[:2]} failed with {done.returncode}: {done.stderr[-500:]}{done.stdout[-500:]}")
    return done.stdout


def write_shots(plate: Path, length: int, frames: str | None, place: Path) -> int:
    """A list of shots of so many frames; how many frames the plate has."""
    with open_plate(plate, frames=frames) as reader:
        numbers = reader.info.frames
    starts = [*numbers[::length], numbers[-1] + 1]
    lines = [f"{first},{after - 1}" for first, after in pairwise(starts)]
    place.write_text("\n".join(["first,last", *lines]) + "\n")
    return len(numbers)


def measured(folder: Path, sessions: int, job: list[object]) -> tuple[dict[str, float], dict[str, float]]:
    """Seconds of each step and of all, as estimated and as run."""
    place = folder / f"with-{sessions}"
    result = place / "film.mov"
    tinct("farm", "bundle", *job, "--result", result, "--output", place / "bundle")
    said = json.loads(tinct("farm", "estimate", place / "bundle", "--workers", sessions, "--json"))["estimate"]
    began = time.monotonic()
    ran = tinct("farm", "run", place / "bundle", "--sessions", sessions, "--json")
    whole = time.monotonic() - began
    steps = json.loads(ran.splitlines()[-1])["seconds"]
    return {**said["steps"], "film": said["makespan"]}, {**steps, "film": whole}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--plate", type=Path)
    parser.add_argument("--still", type=Path)
    parser.add_argument("--frames", help="of the plate, a range; of a drawn film, how many")
    parser.add_argument("--shot", type=int, default=48, help="frames of a shot")
    parser.add_argument("--chunk", type=int, default=1440, help="frames of a chunk at most; 24 has the shots relayed")
    parser.add_argument("--model", default="fake")
    parser.add_argument("--backend", default="fake")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tinct-farm-estimate-") as name:
        folder = Path(name)
        plate, still, frames = options.plate, options.still, options.frames
        if plate is None:
            draw_film(folder, int(frames or 480))
            plate, still, frames = folder / "plate.mov", folder / "still.png", None
        count = write_shots(plate, options.shot, frames, folder / "list.csv")
        job = [plate, "-r", still, "--shots", folder / "list.csv", "--chunk", options.chunk, "--threads", 1]
        job += ["--model", options.model, "--backend", options.backend, *(["--frames", frames] if frames else [])]
        sys.stdout.write(f"{count} frames, {options.model} on {options.backend}\n\n")
        sys.stdout.write("| sessions | step | estimated: s | run: s | ratio |\n|---:|---|---:|---:|---:|\n")
        clock: dict[tuple[int, str], float] = {}
        for sessions in (1, 2):
            said, ran = measured(folder, sessions, job)
            for step in (*STEPS, "film"):
                if step in ran:
                    clock[sessions, step] = ran[step]
                    cells = f"{said[step]:.1f} | {ran[step]:.1f} | {said[step] / ran[step]:.2f}"
                    sys.stdout.write(f"| {sessions} | {step} | {cells} |\n")
        for step in ("colorize", "film"):
            share = clock[1, step] / (2 * clock[2, step])
            sys.stdout.write(f"\nefficiency of two sessions, {step}: {share:.0%}")
        sys.stdout.write("\n")


if __name__ == "__main__":
    main()
