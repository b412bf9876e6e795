"""Fades through black, white or any flat tone: runs in which a picture's contrast goes away and comes back."""

from collections.abc import Iterable, Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from tinct.runtime.shots.base import Picture
from tinct.runtime.shots.shot import Kind, Transition

FLAT = 4.0
"""Standard deviation of luma, in levels of 255, up to which a picture is flat."""
GRAINLESS = (48, 27)
"""Width and height at which contrast is measured."""
LONGEST = 120
"""Frames that the flat picture, and the slope on either side of it, last at most; a longer flat picture is a shot."""
AT_ONCE = 0.5
"""Share of the contrast beside a flat picture that is there in the very next frame where nothing fades."""
GROWTH = 0.01
"""Share of that contrast by which each frame of a slope differs from the one before."""

Contrast = NDArray[np.float32]


def contrast_of(frame: Picture) -> float:
    """Standard deviation of a picture's luma, 0..128, at `GRAINLESS` so that grain does not count."""
    return float(cv2.resize(frame, GRAINLESS, interpolation=cv2.INTER_AREA).std())


def measured(frames: Iterable[Picture], into: list[float]) -> Iterator[Picture]:
    """Hand ``frames`` on and append the contrast of each to ``into``."""
    for frame in frames:
        into.append(contrast_of(frame))
        yield frame


def find_fades(contrast: Contrast) -> tuple[Transition, ...]:
    """Transitions through a flat picture of a film whose frames have the ``contrast`` (T,).

    The new shot counts from the middle of the flat frames, or from the first frame after them where it is there at
    once. Flat frames at the film's very beginning or end join no shots.
    """
    edges = np.flatnonzero(np.diff(np.concatenate([[0], (contrast <= FLAT).astype(np.int8), [0]])))
    found = []
    for begin, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        if begin == 0 or end == len(contrast) or end - begin > LONGEST:
            continue
        before, after = _slope(contrast[:begin][::-1]), _slope(contrast[end:])
        start = (begin + end) // 2 if after else end
        found.append(Transition(Kind.FADE, start, begin - before, end - 1 + after))
    return tuple(found)


def _slope(contrast: Contrast) -> int:
    """Frames of the slope that begins at a flat picture, ``contrast`` (T,) counted away from it; 0 where there is
    none."""
    near = contrast[:LONGEST]
    top = float(near.max())
    if near[0] >= AT_ONCE * top:
        return 0
    still = np.flatnonzero(np.diff(near) <= GROWTH * top)
    return int(still[0]) if len(still) else len(near)
