"""Compares the ways to split a movie into shots, on a film made of clips with known cuts.

    python tests/benchmarks/scene_splitting.py FOLDER_OF_CLIPS [NUMBER_OF_CLIPS]

Clips of one shot each, evenly chosen from all under the folder and scaled to 256x144, are joined by hard cuts; every
fifth joint is a dissolve over 12 frames. A cut is found where a shot begins on the very frame; a dissolve where a shot
begins within it or right after. Any other beginning of a shot is false. The same film in grey follows. Time is for
splitting alone, without decoding, on as many threads as the libraries take.
"""

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from tinct.training.data.clip_store import DataSetError
from tinct.training.data.inspection import as_source
from tinct.training.data.layouts.base import movies
from tinct.training.data.source_frames import read_frames
from tinct.training.data.splitting import create_splitter, splitter_names

SIZE = (256, 144)
DISSOLVE = 12
DISSOLVE_EVERY = 5
RATE = Fraction(24)


@dataclass(frozen=True)
class Film:
    """``frames`` (T, h, w, 3), the first frames after hard ``cuts``, and of each dissolve the first and last frame."""

    frames: NDArray[np.uint8]
    cuts: tuple[int, ...]
    dissolves: tuple[tuple[int, int], ...]


def load(path: Path) -> NDArray[np.uint8] | None:
    try:
        frames = [cv2.resize(f, SIZE, interpolation=cv2.INTER_AREA) for f in read_frames(as_source(path))]
    except DataSetError:
        return None
    return np.stack(frames) if len(frames) > 2 * DISSOLVE + 8 else None


def join(clips: Sequence[NDArray[np.uint8]]) -> Film:
    parts, cuts, dissolves, length = [clips[0]], [], [], len(clips[0])
    for number, clip in enumerate(clips[1:], start=1):
        if number % DISSOLVE_EVERY:
            cuts.append(length)
        else:
            mix = np.linspace(0, 1, DISSOLVE + 2)[1:-1, None, None, None]
            blend = parts[-1][-DISSOLVE:] * (1 - mix) + clip[:DISSOLVE] * mix
            parts[-1] = np.concatenate([parts[-1][:-DISSOLVE], blend.astype(np.uint8)])
            dissolves.append((length - DISSOLVE, length - 1))
            clip = clip[DISSOLVE:]
        parts.append(clip)
        length += len(clip)
    return Film(np.concatenate(parts), tuple(cuts), tuple(dissolves))


def score(film: Film, name: str) -> str:
    splitter = create_splitter(name)
    started = time.perf_counter()
    shots = splitter.split(iter(film.frames), RATE)
    seconds = time.perf_counter() - started
    begins = {shot.first for shot in shots} - {0}
    cuts = begins & set(film.cuts)
    over = [{b for b in begins if first <= b <= last + 1} for first, last in film.dissolves]
    right = len(cuts) + sum(map(len, over))
    precision = right / len(begins) if begins else 1.0
    recall = (len(cuts) + sum(map(bool, over))) / (len(film.cuts) + len(film.dissolves))
    return (
        f"{name:10} {precision:9.3f} {recall:7.3f} {len(cuts):4}/{len(film.cuts)} {sum(map(bool, over)):6}/"
        f"{len(film.dissolves)} {len(begins) - right:6} {seconds / len(film.frames) * 1000:9.2f}"
    )


def main() -> None:
    paths = movies(Path(sys.argv[1]))
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 60
    clips = [clip for clip in map(load, paths[:: max(1, len(paths) // count)]) if clip is not None]
    film = join(clips)
    grey = np.repeat(film.frames.mean(-1, keepdims=True).astype(np.uint8), 3, -1)
    for title, one in (("colour", film), ("grey", Film(grey, film.cuts, film.dissolves))):
        lines = [f"{len(clips)} clips, {len(one.frames)} frames, {title}"]
        lines += ["method     precision  recall   cuts dissolves  false  ms/frame"]
        lines += [score(one, name) for name in splitter_names() if name != "none"]
        sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
