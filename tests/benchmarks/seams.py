"""What shows where a chunk inside a shot begins: the step of ab across the seam, for several pre-rolls.

    python tests/benchmarks/seams.py ../shared/data/eval_davis

Each clip is coloured from its first frame in colour, unbroken and as two chunks, the second of which begins at frame
40, or earlier in clips shorter than 48 frames. The step is the distance of ab (Lab units) of each pixel to the frame
before it: within the unbroken run, and from the unbroken run's last frame before the seam to the chunk's first. The
miss is the distance of the chunk's frame to the unbroken run's same frame. All at working size; figures are means over
clips.
"""

import argparse
import hashlib
import sys
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np

from tinct.runtime.backends import create_backend
from tinct.runtime.backends.base import Backend
from tinct.runtime.bundle import find_bundle
from tinct.runtime.media import open_plate
from tinct.runtime.media.stills import Still
from tinct.runtime.picture.colour import luma_to_lightness
from tinct.runtime.session import ColorizationSession, Reference

SEAM, AFTER = 40, 7
PREROLLS = (0, 4, 8, 16, 32)
TAIL = 99.9


@dataclass(frozen=True)
class Seam:
    """Of one clip and pre-roll: mean and tail of the step across the seam and of the miss, and the miss later on."""

    preroll: str
    step: tuple[float, float]
    miss: tuple[float, float]
    later: float


def distances(one: np.ndarray, other: np.ndarray) -> tuple[float, float]:
    """Mean and tail of the distance of ab (h, w, 2) of two frames."""
    found = np.linalg.norm(one - other, axis=-1)
    return float(found.mean()), float(np.percentile(found, TAIL))


def coloured(backend: Backend, still: Still, lightness: list[np.ndarray], first: int, last: int) -> list[np.ndarray]:
    """Ab of the frames ``first`` to ``last``, by a session that begins at the first of them."""
    session = ColorizationSession(backend)
    session.set_references([Reference(still)])
    return [session.step(number, lightness[number]).ab for number in range(first, last + 1)]


def first_frame(clip: Path) -> Still:
    """The clip's first frame in colour."""
    with av.open(str(clip)) as movie:
        rgb = next(movie.decode(video=0)).to_ndarray(format="rgb24").astype(np.float32) / 255
    return Still(clip, rgb, hashlib.sha256(rgb.tobytes()).hexdigest())


def measure(backend: Backend, clip: Path) -> list[Seam]:
    """All rows of one clip; the first is the unbroken run."""
    with open_plate(clip) as plate:
        seam = min(SEAM, len(plate.info.frames) - 1 - AFTER)
        last = seam + AFTER
        lightness = [luma_to_lightness(plate.read(number).luma, plate.info.colour) for number in range(last + 1)]
    still = first_frame(clip)
    whole = coloured(backend, still, lightness, 0, last)
    rows = [Seam("unbroken", distances(whole[seam], whole[seam - 1]), (0.0, 0.0), 0.0)]
    for preroll in PREROLLS:
        chunk = coloured(backend, still, lightness, seam - preroll, last)[preroll:]
        step = distances(chunk[0], whole[seam - 1])
        rows.append(Seam(str(preroll), step, distances(chunk[0], whole[seam]), distances(chunk[-1], whole[-1])[0]))
    return rows


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clips", type=Path, nargs="+", help="movies, or folders of them")
    parser.add_argument("--backend", default="auto")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    backend = create_backend(options.backend, find_bundle("lite"), threads=options.threads)
    found: dict[str, list[Seam]] = {}
    for clip in [one for path in options.clips for one in (sorted(path.glob("*.mp4")) if path.is_dir() else [path])]:
        for seam in measure(backend, clip):
            found.setdefault(seam.preroll, []).append(seam)
            sys.stdout.write(f"{clip.stem} {seam}\n")
            sys.stdout.flush()
    sys.stdout.write(f"{backend.NAME} {backend.precision}, {len(found['unbroken'])} clips\n")
    sys.stdout.write("| pre-roll | step: mean | step: p99.9 | miss: mean | miss: p99.9 | miss 7 frames on: mean |\n")
    sys.stdout.write("| --- | ---: | ---: | ---: | ---: | ---: |\n")
    for preroll, seams in found.items():
        means = [np.mean(column) for column in zip(*((*one.step, *one.miss, one.later) for one in seams), strict=True)]
        sys.stdout.write(f"| {preroll} | {' | '.join(f'{value:.2f}' for value in means)} |\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
