"""Motion searched before its turn: it needs the lightness of two frames and no colour, so that it can be searched on
another thread while the network colours the frames before."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinct.runtime.motion.base import Motion
from tinct.runtime.picture.working_size import WorkingSize

Image = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Expected:
    """A frame before its turn. ``lightness`` (h, w) L* 0..100 at working size; ``before``: that of the frame before it,
    and ``motion`` back to that one; None where there is none, or where the model wants no motion."""

    lightness: Image
    before: Image | None = None
    motion: Motion | None = None

    def motion_from(self, before: Image) -> Motion | None:
        """The motion back to the frame of that lightness (h, w), None if another one was searched, or none."""
        return self.motion if self.before is not None and np.array_equal(self.before, before) else None


class LookAhead:
    """Looks at a plate's frames in their order, ahead of the session that colours them, on any one thread."""

    def __init__(self, fit: Callable[[int, int], WorkingSize], motion: Callable[[Image, Image], Motion | None]) -> None:
        """``fit``: gives the working size of a plate of that width and height; ``motion``: between a frame's lightness
        and the next one's, at that size."""
        self._fit, self._motion = fit, motion
        self._before: Image | None = None

    def at(self, lightness: Image) -> Expected:
        """What is known of the next frame, of that L* (H, W) float32, already."""
        height, width = lightness.shape
        small = self._fit(width, height).reduce(in_range(lightness))
        before, self._before = self._before, small
        if before is None or before.shape != small.shape:
            return Expected(small)
        return Expected(small, before, self._motion(before, small))

    def forget(self) -> None:
        """The next frame follows on none."""
        self._before = None


def in_range(lightness: Image) -> Image:
    """L* within 0..100, not-a-number as 0; a copy only where something is beyond."""
    low, high = float(lightness.min()), float(lightness.max())
    if low >= 0.0 and high <= 100.0:  # false for NaN, which min and max hand on
        return lightness
    return np.clip(np.nan_to_num(lightness, nan=0.0, posinf=100.0, neginf=0.0), 0.0, 100.0)
