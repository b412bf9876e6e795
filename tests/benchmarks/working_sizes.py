"""What a finer working size is worth on one clip of known colours.

    python tests/benchmarks/working_sizes.py CLIP [--sizes 288 384 512] [--start 0 190 ...] [--frames 33] [--every 1]

At each start that frame in its colours is the still and the frames after it, every K-th of the clip, are coloured from
their lightness at each working size and enlarged to the plate's, as a run does. PSNR of RGB with the exact lightness
(protocol P), mean over every fourth frame, and the time a frame, of the step alone.
"""

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from tinct.runtime.backends import create_backend
from tinct.runtime.bundle import find_bundle
from tinct.runtime.picture.colour import lab_to_srgb, srgb_to_lab
from tinct.runtime.picture.upsample import upsample_chroma
from tinct.runtime.session import ColorizationSession, Reference
from tinct.training.evaluation.metrics.psnr import psnr

Image = NDArray[np.float32]

SCORED = 4
"""Every so many frames are enlarged and scored."""


def pictures(path: Path, start: int, every: int) -> Iterator[Image]:
    """Frames (H, W, 3) sRGB 0..1 of ``path`` from ``start`` on."""
    with av.open(str(path)) as container:
        for frame in islice(container.decode(video=0), start, None, every):
            yield frame.to_ndarray(format="rgb24").astype(np.float32) / np.float32(255)


def lightness_of(frame: Image) -> Image:
    return np.ascontiguousarray(srgb_to_lab(frame)[..., 0])


def score(frames: Iterator[Image], sessions: Sequence[ColorizationSession]) -> tuple[list[float], list[float]]:
    """Mean PSNR in dB and seconds a step of each session."""
    still = next(frames)
    lightness = lightness_of(still)
    for session in sessions:
        session.reset()
        session.set_references([Reference(still, lightness=lightness)])
        session.step(0, lightness)
    scores: list[list[float]] = [[] for _ in sessions]
    spent = [0.0] * len(sessions)
    for number, frame in enumerate(frames, 1):
        lightness = lightness_of(frame)
        for index, session in enumerate(sessions):
            began = time.perf_counter()
            step = session.step(number, lightness)
            spent[index] += time.perf_counter() - began
            if number % SCORED == 0:
                ab = upsample_chroma(step.ab, step.lightness, lightness)
                found = lab_to_srgb(np.dstack([lightness, ab]).astype(np.float32))
                scores[index].append(psnr(found.clip(0, 1), frame))
    return [float(np.mean(one)) for one in scores], [one / number for one in spent]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("clip", type=Path)
    parser.add_argument("--model", default="lite")
    parser.add_argument("--sizes", type=int, nargs="+", default=[288, 384, 512])
    parser.add_argument("--start", type=int, nargs="+", default=[0])
    parser.add_argument("--frames", type=int, default=33)
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    backend = create_backend("auto", find_bundle(options.model), threads=options.threads)
    sessions = [ColorizationSession(backend, working_size=size) for size in options.sizes]
    for start in options.start:
        scores, spent = score(islice(pictures(options.clip, start, options.every), options.frames), sessions)
        cells = (
            f"{size}: {one:6.2f} dB {1000 * seconds:5.0f} ms"
            for size, one, seconds in zip(options.sizes, scores, spent, strict=True)
        )
        sys.stdout.write(f"{options.clip.name} from {start}  " + "   ".join(cells) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
