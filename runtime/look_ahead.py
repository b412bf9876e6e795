"""What is done of a frame before its turn, on another thread while the frames before it are coloured: the motion needs
the lightness of two frames, and the network begins with that of one and the stills; neither needs a colour."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tinct.runtime.backends.base import Tensors
from tinct.runtime.motion.base import Motion
from tinct.runtime.picture.working_size import WorkingSize

Image = NDArray[np.float32]

BankKey = tuple[str, tuple[int, ...]]
"""What decides a bank: the identity of a set of stills, and which of them take part."""


class Begun(NamedTuple):
    """What the backend began a frame with (`Backend.begin_frame`), from the bank of that name."""

    bank: BankKey
    tensors: Tensors


@dataclass(frozen=True, eq=False)
class Expected:
    """A frame before its turn. ``lightness`` (h, w) L* 0..100 at working size; ``before``: that of the frame before it,
    and ``motion`` back to that one, None where there is none, or where the model wants no motion; ``begun``: what the
    network needs no past for, None where nothing of it was done."""

    lightness: Image
    before: Image | None = None
    motion: Motion | None = None
    begun: Begun | None = None

    def motion_from(self, before: Image) -> Motion | None:
        """The motion back to the frame of that lightness (h, w), None if another one was searched, or none."""
        return self.motion if self.before is not None and np.array_equal(self.before, before) else None

    def begun_from(self, bank: BankKey) -> Tensors:
        """What was begun from that bank; nothing if another one was in force then, or none."""
        return self.begun.tensors if self.begun is not None and self.begun.bank == bank else {}


class LookAhead:
    """Looks at a plate's frames in their order, ahead of the session that colours them, on any one thread."""

    def __init__(
        self,
        fit: Callable[[int, int], WorkingSize],
        motion: Callable[[Image, Image], Motion | None],
        begin: Callable[[Image, WorkingSize], Begun | None],
    ) -> None:
        """``fit``: gives the working size of a plate of that width and height; ``motion``: between a frame's lightness
        and the next one's, at that size; ``begin``: what the network can do with a frame's."""
        self._fit, self._motion, self._begin = fit, motion, begin
        self._before: Image | None = None

    def at(self, lightness: Image) -> Expected:
        """What is known of the next frame, of that L* (H, W) float32, already."""
        height, width = lightness.shape
        size = self._fit(width, height)
        small = size.reduce(in_range(lightness))
        before, self._before = self._before, small
        follows = before is not None and before.shape == small.shape
        motion = self._motion(before, small) if before is not None and follows else None
        return Expected(small, before if follows else None, motion, self._begin(small, size))

    def forget(self) -> None:
        """The next frame follows on none."""
        self._before = None


def in_range(lightness: Image) -> Image:
    """L* within 0..100, not-a-number as 0; a copy only where something is beyond."""
    low, high = float(lightness.min()), float(lightness.max())
    if low >= 0.0 and high <= 100.0:  # false for NaN, which min and max hand on
        return lightness
    return np.clip(np.nan_to_num(lightness, nan=0.0, posinf=100.0, neginf=0.0), 0.0, 100.0)
