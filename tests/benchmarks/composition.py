"""Composition alone: milliseconds to bring chroma to the plate's size and put it under its luma.

    python tests/benchmarks/composition.py [ROUNDS]

``wall``: the shortest and the median time of a frame; on a machine with other work, the shortest says most.
``processor``: time spent by all threads together, which waiting for a core does not lengthen, though sharing its caches
does; divided by the cores it is what an idle machine would need at best. ``at once``: both, as a frame is composed
where nobody wants the chroma in between.
"""

import statistics
import sys
import time
from collections.abc import Callable

import cv2
import numpy as np

from tinct.runtime.media.plate import ColourTags
from tinct.runtime.picture.bands import core_count
from tinct.runtime.picture.colour import luma_to_lightness
from tinct.runtime.picture.compose import compose, compose_enlarged
from tinct.runtime.picture.upsample import Enlargement, upsample_chroma

SIZES = ((1920, 1080), (3840, 2160))
WORKING = (512, 288)


def times(call: Callable[[], object], rounds: int) -> tuple[float, float, float]:
    """Shortest and median wall time and shortest processor time of ``call``, in milliseconds."""
    call()
    wall, processor = [], []
    for _ in range(rounds):
        began, used = time.perf_counter(), time.process_time()
        call()
        wall.append(1000 * (time.perf_counter() - began))
        processor.append(1000 * (time.process_time() - used))
    return min(wall), statistics.median(wall), min(processor)


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    sys.stdout.write(f"{core_count()} cores\n{'size':12}{'':10}{'wall min':>10}{'median':>10}{'processor':>11}   ms\n")
    tags = ColourTags()
    for width, height in SIZES:
        rng = np.random.default_rng(0)
        luma = cv2.resize(rng.random((height // 8, width // 8), dtype=np.float32), (width, height))
        small = cv2.resize(rng.normal(0, 20, (36, 64, 2)).astype(np.float32), WORKING)
        lightness = luma_to_lightness(luma, tags)
        lightness_small = cv2.resize(lightness, WORKING, interpolation=cv2.INTER_AREA)
        ab = upsample_chroma(small, lightness_small, lightness)
        parts = {
            "upsample": lambda a=small, s=lightness_small, f=lightness: upsample_chroma(a, s, f),
            "compose": lambda v=luma, a=ab, f=lightness: compose(v, a, tags, lightness=f),
            "at once": lambda v=luma, a=small, s=lightness_small, f=lightness: compose_enlarged(
                v, Enlargement(a, s, f), tags
            ),
        }
        for name, call in parts.items():
            taken = times(call, rounds)
            sys.stdout.write(f"{f'{width}x{height}':12}{name:10}{taken[0]:10.1f}{taken[1]:10.1f}{taken[2]:11.1f}\n")


if __name__ == "__main__":
    main()
