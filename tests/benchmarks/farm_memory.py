"""The memory of a farm's tasks over a chunk's length: it must not grow with it, but by what a frame's record takes.

    python tests/benchmarks/farm_memory.py

A film in one chunk, coloured by the fake backend, and joined; each task is a process of its own.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np

HEIGHT, WIDTH = 64, 96
TINCT = (sys.executable, "-m", "tinct", "farm")


def make_film(folder: Path, frames: int) -> None:
    """A movie of one moving wave, and a still."""
    y, x = np.mgrid[:HEIGHT, :WIDTH].astype(np.float32)
    with av.open(str(folder / "plate.mov"), "w") as movie:
        stream = movie.add_stream("prores_ks", rate=Fraction(24))
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv422p10le"
        for number in range(frames):
            picture = np.clip(128 + 80 * np.sin((x + 2 * number) / 9) * np.cos(y / 7), 0, 255).astype(np.uint8)
            frame = av.VideoFrame.from_ndarray(picture, format="gray").reformat(format="yuv422p10le")
            frame.pts, frame.time_base = number, Fraction(1, 24)
            movie.mux(stream.encode(frame))
        movie.mux(stream.encode(None))
    bgr = np.stack([60 + x, 40 + y, 220 - x - y / 2], axis=-1)
    cv2.imwrite(str(folder / "still.png"), np.clip(bgr, 0, 255).astype(np.uint8))


def largest(*arguments: object) -> tuple[float, float]:
    """Most memory (MB) that a task of the farm held, and its seconds."""
    began = time.monotonic()
    task = subprocess.Popen([*TINCT, *map(str, arguments)], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(task.pid, 0)
    if status:
        raise SystemExit(f"{arguments[:2]} failed with {os.waitstatus_to_exitcode(status)}")
    return usage.ru_maxrss / 1024, time.monotonic() - began


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--frames", type=int, nargs="+", default=[500, 10_000])
    sys.stdout.write("| frames | colorize: MB | s | join: MB | s |\n|---:|---:|---:|---:|---:|\n")
    for frames in parser.parse_args().frames:
        with tempfile.TemporaryDirectory(prefix="tinct-farm-memory-") as name:
            folder = Path(name)
            make_film(folder, frames)
            largest("bundle", folder / "plate.mov", "--result", folder / "film.mov", "-r", folder / "still.png",
                    "--shots", "one", "--chunk", 0, "--model", "fake", "--backend", "fake", "--working-size", 64,
                    "--threads", 1, "--output", folder / "bundle")  # fmt: skip
            work = folder / "work"
            largest("task", "analyse", "--job", folder / "bundle" / "job.json", "--work", work)
            coloured = largest("task", "colorize", "--work", work, "--index", 1, "--of", 1)
            joined = largest("task", "join", "--work", work, "--index", 1)
            cells = [f"{value:.0f}" for value in (*coloured, *joined)]
            sys.stdout.write(f"| {frames} | {' | '.join(cells)} |\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
