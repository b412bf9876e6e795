"""Running scores of one method on one clip, fed frame by frame so that no film is held in memory."""

from collections.abc import Collection
from dataclasses import dataclass, field
from statistics import fmean

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from tinct.training.evaluation.metrics.ab_error import ab_error
from tinct.training.evaluation.metrics.cdc import Histogram, color_distribution_consistency, histogram
from tinct.training.evaluation.metrics.colourfulness import colourfulness
from tinct.training.evaluation.metrics.lpips import Lpips
from tinct.training.evaluation.metrics.psnr import psnr
from tinct.training.evaluation.metrics.ssim import ssim
from tinct.training.evaluation.metrics.warp_error import Correspondence, warp_error

Image = NDArray[np.float32]

MARKS = (10, 30, 60)
"""Frames (from 0) whose PSNR is reported beside the mean: they show drift."""


@dataclass(frozen=True)
class TrueFrame:
    """What a result is compared with: ``rgb`` (H, W, 3) sRGB 0..1, ``ab`` (H, W, 2) Lab units, ``motion``.

    ``scored``: whether the frame counts in the means (the reference frame itself does not). ``lpips_features``: of
    ``rgb``, where LPIPS is due on this frame. ``motion``: from the frame before, where there is one.
    """

    index: int
    rgb: Image
    ab: Image
    scored: bool
    motion: Correspondence | None
    lpips_features: tuple[Tensor, ...] | None


@dataclass
class Meter:
    """Collects the scores of one method; ``metrics`` names those that are wanted."""

    metrics: Collection[str]
    lpips: Lpips | None
    _sums: dict[str, list[float]] = field(default_factory=dict)
    _single: dict[str, float] = field(default_factory=dict)
    _histograms: list[Histogram] = field(default_factory=list)
    _previous_ab: Image | None = None

    def add(self, rgb: Image, ab: Image, true: TrueFrame) -> None:
        """Take a result: ``rgb`` (H, W, 3) sRGB 0..1 and the ``ab`` (H, W, 2) it was made from."""
        if "psnr" in self.metrics:
            self._add_psnr(psnr(rgb, true.rgb), true)
        if true.scored and "ssim" in self.metrics:
            self._note("ssim", ssim(rgb, true.rgb))
        if true.scored and "ab_error" in self.metrics:
            self._note("ab_error", ab_error(ab, true.ab))
        if self.lpips is not None and true.lpips_features is not None:
            self._note("lpips", self.lpips.distance(self.lpips.features(rgb), true.lpips_features))
        self.add_motion(rgb, ab, true)

    def add_motion(self, rgb: Image, ab: Image, true: TrueFrame) -> None:
        """Take only what needs no truth to compare with: warp error, CDC, colourfulness. Arguments as in ``add``."""
        if "warp_error" in self.metrics and true.motion is not None and self._previous_ab is not None:
            error = warp_error(self._previous_ab, ab, true.motion)
            if error is not None:
                self._note("warp_error", error)
        self._previous_ab = ab
        if "cdc" in self.metrics:
            self._histograms.append(histogram(rgb))
        if true.scored and "colourfulness" in self.metrics:
            self._note("colourfulness", colourfulness(rgb))

    def add_time(self, seconds: float) -> None:
        """Take the time that the method needed for a frame."""
        self._note("ms_per_frame", 1000.0 * seconds)

    def values(self) -> dict[str, float]:
        """Means over the frames taken so far, single values, and the CDC, keyed as in ``table.COLUMNS``."""
        result = {key: fmean(noted) for key, noted in self._sums.items()} | self._single
        consistency = color_distribution_consistency(self._histograms)
        return result if consistency is None else result | {"cdc": consistency}

    def _add_psnr(self, decibel: float, true: TrueFrame) -> None:
        if true.scored:
            self._note("psnr", decibel)
        else:
            self._single["psnr_reference"] = decibel
        if true.index in MARKS:
            self._single[f"psnr_at_{true.index}"] = decibel

    def _note(self, key: str, value: float) -> None:
        self._sums.setdefault(key, []).append(value)
