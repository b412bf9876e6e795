"""What being able to go on costs: a checkpoint in bytes and milliseconds, and parts of a movie in bytes.

    python tests/benchmarks/checkpoints.py

A checkpoint is timed from its arrays to its being on disk. The movie is the demo clip in colour (72 frames of 640x360),
with a part every 24 and every 48 frames, and in one piece.
"""

import tempfile
import time
from pathlib import Path

import numpy as np

from tinct.demo_material import TRUE_CLIP, demo_file
from tinct.runtime.media import ResultFrame, open_plate
from tinct.runtime.media.staging import sync_file, sync_folder
from tinct.runtime.media.writer_movie import MovieWriter
from tinct.runtime.run.checkpoint import Checkpoint, Tally
from tinct.runtime.state import TemporalState

SIZES = ((224, 400), (448, 800), (1088, 1920))
CODECS = (("prores_422hq", ".mov"), ("dnxhr_hqx", ".mov"), ("h264", ".mp4"), ("h265", ".mp4"))
PARTS = (24, 48, 72)
ROUNDS = 5


def checkpoint_row(folder: Path, height: int, width: int) -> str:
    """Bytes of a checkpoint at that working size, and the median time until it is on disk."""
    random = np.random.default_rng(0)
    luminance = random.uniform(0, 100, (height, width)).astype(np.float32)
    ab = random.normal(0, 30, (height, width, 2)).astype(np.float32)
    state = TemporalState(1, luminance, ab, luminance / 100, "set", "model")
    seconds, data = [], b""
    for number in range(ROUNDS):
        started = time.perf_counter()
        data = Checkpoint(number, number, state, None, Tally()).to_bytes()
        path = folder / f"checkpoint-{number}"
        path.write_bytes(data)
        sync_file(path)
        sync_folder(folder)
        seconds.append(time.perf_counter() - started)
    return f"| {height}x{width} | {len(data) / 1e6:.2f} MB | {1000 * np.median(seconds):.1f} ms |"


def movie_size(folder: Path, frames: list[ResultFrame], info: object, codec: str, suffix: str, every: int) -> int:
    """Bytes of the movie with a part every ``every`` frames."""
    path = folder / f"{codec}-{every}{suffix}"
    with MovieWriter(path, info, codec=codec) as writer:
        for count, frame in enumerate(frames, start=1):
            writer.write(frame)
            if count % every == 0:
                writer.settle()
        writer.commit()
    return path.stat().st_size


def main() -> None:
    """Print the tables."""
    with tempfile.TemporaryDirectory(prefix="tinct-checkpoints-") as name, demo_file(TRUE_CLIP) as clip:
        folder = Path(name)
        print("| working size | checkpoint | until on disk |\n|---|---|---|")  # noqa: T201
        for height, width in SIZES:
            print(checkpoint_row(folder, height, width))  # noqa: T201
        with open_plate(clip) as plate:
            info = plate.info
            tint = np.array([1.1, 1.0, 0.8], np.float32)
            frames = [ResultFrame(f.number, f.luma[..., None] * tint) for f in plate.frames()]
        print("\n| codec | " + " | ".join(f"every {every}" for every in PARTS) + " |\n|---|---|---|---|")  # noqa: T201
        for codec, suffix in CODECS:
            sizes = [movie_size(folder, frames, info, codec, suffix, every) for every in PARTS]
            cells = " | ".join(f"{size / 1e6:.2f} MB ({size / sizes[-1] - 1:+.1%})" for size in sizes)
            print(f"| {codec} | {cells} |")  # noqa: T201


if __name__ == "__main__":
    main()
