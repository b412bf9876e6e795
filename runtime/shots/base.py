"""The interface of the ways to find where the shots of a grey film begin."""

from collections.abc import Iterable
from fractions import Fraction
from typing import ClassVar, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from tinct.runtime.shots.shot import Transition

Picture = NDArray[np.uint8]
"""(h, w) luma 0..255, encoded as in the plate."""

SHORT_SIDE = 144
"""Pixels that frames are reduced to before a detector sees them."""
LEAST_SHOT = 8
"""Frames that a shot has at least; a boundary sooner after another is a flash or a splice, and is dropped."""


class ShotDetector(Protocol):
    """Finds transitions. ``GRADUAL``: it tells dissolves and fades from cuts; others know cuts alone."""

    NAME: ClassVar[str]
    GRADUAL: ClassVar[bool]

    def transitions(self, frames: Iterable[Picture], rate: Fraction) -> tuple[Transition, ...]:
        """Take all ``frames`` in order, reduced alike, and return the transitions in order, frames counted from 0.

        ``rate``: frames a second.
        """


def reduced(luma: NDArray[np.float32]) -> Picture:
    """(h, w) 0..255 of a plate's luma (H, W) 0..1 at `SHORT_SIDE`; what is not finite counts as 0."""
    height, width = luma.shape
    scale = min(1.0, SHORT_SIDE / min(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    clean = np.nan_to_num(luma, nan=0.0, posinf=1.0, neginf=0.0) if not np.isfinite(luma).all() else luma
    small = cv2.resize(clean, size, interpolation=cv2.INTER_AREA)
    return np.asarray(np.rint(np.clip(small, 0, 1) * 255), np.uint8)


def apart(transitions: Iterable[Transition]) -> tuple[Transition, ...]:
    """``transitions`` in order without those that would leave a shot shorter than `LEAST_SHOT`."""
    kept: list[Transition] = []
    for one in sorted(transitions, key=lambda one: one.start):
        if one.start - (kept[-1].start if kept else 0) >= LEAST_SHOT:
            kept.append(one)
    return tuple(kept)
