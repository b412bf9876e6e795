"""Figures of frames by which shots are kept or left out."""

from collections.abc import Sequence
from dataclasses import astuple, dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from tinct.training.colour import srgb_to_lab

Picture = NDArray[np.uint8]
ANALYSIS_SHORT_SIDE = 144
LEVELS_TOGETHER = 16
"""Width of the band of 8-bit levels whose share `FrameFigures.concentration` is."""

LIGHTNESS_BANDS = 10


@dataclass(frozen=True)
class FrameFigures:
    """``lightness``: the 95th percentile of L*, 0..100. ``colour``: RMS distance of ab from the mean ab of the pixels
    of like lightness (10 bands), so that toned black and white has none. ``concentration``: the largest share of the
    pixels, 0..1, that lies within 16 neighbouring levels of luma. ``change``: mean absolute difference of luma from
    the frame before, in 8-bit levels; not a number for a first frame."""

    lightness: float
    colour: float
    concentration: float
    change: float


def reduced(picture: Picture, short_side: int = ANALYSIS_SHORT_SIDE) -> Picture:
    """``picture`` (H, W, 3), its short side ``short_side`` pixels at most."""
    scale = short_side / min(picture.shape[:2])
    if scale >= 1:
        return picture
    height, width = (max(1, round(extent * scale)) for extent in picture.shape[:2])
    return cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)


def frame_figures(frame: Picture, before: Picture | None = None) -> FrameFigures:
    """Figures of a `reduced` frame (h, w, 3) RGB; ``before``: the frame before it, equally reduced."""
    lab = srgb_to_lab(frame.astype(np.float32) / np.float32(255.0)).reshape(-1, 3)
    luma = cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY)
    shares = np.bincount(luma.ravel(), minlength=256) / luma.size
    change = np.nan if before is None else cv2.absdiff(luma, cv2.cvtColor(before, cv2.COLOR_RGB2GRAY)).mean()
    return FrameFigures(
        lightness=float(np.percentile(lab[:, 0], 95)),
        colour=_colour_spread(lab),
        concentration=float(np.convolve(shares, np.ones(LEVELS_TOGETHER), "valid").max()),
        change=float(change),
    )


def shot_figures(frames: Sequence[FrameFigures]) -> FrameFigures:
    """Medians over the frames of a shot; ``change`` is the mean, without the first frame's."""
    table = np.array([astuple(frame) for frame in frames])
    lightness, colour, concentration = np.median(table[:, :3], axis=0).tolist()
    change = float(table[1:, 3].mean()) if len(table) > 1 else float("nan")
    return FrameFigures(lightness, colour, concentration, change)


def _colour_spread(lab: NDArray[np.float32]) -> float:
    band = np.minimum((lab[:, 0] * (LIGHTNESS_BANDS / 100)).astype(int), LIGHTNESS_BANDS - 1)
    count = np.maximum(np.bincount(band, minlength=LIGHTNESS_BANDS), 1)
    means = [np.bincount(band, lab[:, k], minlength=LIGHTNESS_BANDS) / count for k in (1, 2)]
    return float(np.sqrt(np.square(lab[:, 1:] - np.stack(means, -1)[band]).sum(1).mean()))
