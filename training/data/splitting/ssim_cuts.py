"""Splitting where consecutive frames are unlike by SSIM, as in ColorMotion (seed 002, section 3.2.2)."""

from collections.abc import Iterable
from fractions import Fraction
from typing import ClassVar

import cv2
import numpy as np
from numpy.typing import NDArray

from tinct.training.data.splitting.base import LEAST_SHOT, Picture, Shot, between
from tinct.training.evaluation.metrics.ssim import WINDOW, ssim

SHORT_SIDE = 48
"""Pixels that frames are reduced to: what is left at a cut is composition, not detail that motion displaces."""


class SsimSplitter:
    """Hard cuts: the SSIM of two consecutive frames falls below ``threshold`` and is ``drop`` lower than the SSIM of
    the pairs before and after.

    The paper cuts at the threshold alone and reports that fast motion was cut and mended by hand; in fast motion the
    neighbouring pairs are unlike too, which is what ``drop`` looks at.
    """

    NAME: ClassVar[str] = "ssim"
    FINDS: ClassVar[str] = "cuts"

    def __init__(self, threshold: float = 0.5, drop: float = 0.15) -> None:
        self._threshold, self._drop = threshold, drop

    @property
    def parameters(self) -> dict[str, float]:
        return {"threshold": self._threshold, "drop": self._drop}

    def split(self, frames: Iterable[Picture], rate: Fraction) -> tuple[Shot, ...]:
        previous: NDArray[np.float32] | None = None
        likeness = [1.0]
        count = 0
        for frame in frames:
            count += 1
            current = _reduced(frame)
            if previous is not None:
                likeness.append(ssim(current, previous))
            previous = current
        cuts: list[int] = []
        for i in range(1, count):
            around = [likeness[k] for k in (i - 1, i + 1) if 0 < k < count]
            alone = not around or likeness[i] <= min(around) - self._drop
            if likeness[i] < self._threshold and alone and i - (cuts[-1] if cuts else 0) >= LEAST_SHOT:
                cuts.append(i)
        return between(cuts, count)


def _reduced(frame: Picture) -> NDArray[np.float32]:
    """(h, w) luma 0..1."""
    scale = min(1.0, SHORT_SIDE / min(frame.shape[:2]))
    height, width = (max(WINDOW, round(extent * scale)) for extent in frame.shape[:2])
    grey = cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY)
    return cv2.resize(grey, (width, height), interpolation=cv2.INTER_AREA).astype(np.float32) / np.float32(255.0)
