"""Shows how far colours are off, with a clip's own still and with stills of other clips.

    python tests/benchmarks/wrong_colours.py FOLDER [--model lite]

``own``: the clip's first frame is the still, measured at frames 12 and 40. ``other``: the still is another clip's first
frame, measured at frame 4. ``error``: mean distance of ab from the truth in Lab units. ``wrong``: share of pixels that
are more than 8 units further from the truth than grey is. Use clips that the model was not trained on.
"""

import argparse
import sys
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

import cv2
import numpy as np

from tinct.colorizer import RuntimeColorizer
from tinct.runtime.backends import create_backend
from tinct.runtime.bundle import find_bundle
from tinct.training.evaluation.clip import Clip, find_clips, load_clip

OWN, OTHER = (12, 40), 4
"""Frames that are measured."""
APART = (7, 19)
"""How many clips further on the others lie."""
WORSE = 8.0


def measure(
    method: RuntimeColorizer, clip: Clip, still: np.ndarray, wanted: Sequence[int]
) -> list[tuple[float, float]]:
    """Error and share of wrong pixels of the frames ``wanted``; ``still``: (H, W, 3) Lab."""
    found, lightness = [], islice(clip.lightness(), max(wanted) + 1)
    for index, ab in enumerate(method.colorize(lightness, still)):
        if index in wanted:
            true = clip.lab(index)[..., 1:]
            off, of_grey = np.linalg.norm(ab - true, axis=-1), np.linalg.norm(true, axis=-1)
            found.append((float(off.mean()), float((off > of_grey + WORSE).mean())))
    return found


def other_still(path: Path, like: Clip) -> np.ndarray:
    """The first frame of a clip, stretched to the size of another."""
    height, width = like.size
    return cv2.resize(load_clip(path, frames=2).lab(0), (width, height), interpolation=cv2.INTER_AREA)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--model", default="lite")
    parser.add_argument("--threads", type=int)
    arguments = parser.parse_args()
    method = RuntimeColorizer(create_backend("auto", find_bundle(arguments.model), threads=arguments.threads))
    paths, own, other = find_clips(arguments.folder), [], []
    for number, path in enumerate(paths):
        clip = load_clip(path, frames=OWN[-1] + 1)
        last = len(clip) - 1
        own += measure(method, clip, clip.lab(0), [i for i in OWN if i <= last] or [last])
        for apart in APART:
            still = other_still(paths[(number + apart) % len(paths)], clip)
            other += measure(method, clip, still, [min(OTHER, last)])
    for name, found in (("own", own), ("other", other)):
        error, wrong = np.mean(found, 0)
        sys.stdout.write(f"{name:6} error {error:7.3f}  wrong {100 * wrong:6.3f} %\n")


if __name__ == "__main__":
    main()
