"""Desaturation, and telling colour pictures from neutral ones."""

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.float32]

COLOUR_THRESHOLD = 4.0 / 255.0
"""A pixel whose channels differ by more than this, in encoded values, is not neutral."""

COLOUR_FRACTION = 0.002
"""A picture is in colour when more than this share of its pixels is not neutral (noise and chroma ringing are not)."""

_SAMPLING = 3


def desaturate(rgb: Image, weights: tuple[float, float, float]) -> Image:
    """Return the luma of ``rgb`` (H, W, 3) float32 as (H, W) float32 in the same encoding and scale.

    ``weights`` are those of R, G, B and sum to 1. Neutral pixels come out bit for bit: the sum is written as green plus
    differences. Non-finite values stay non-finite.
    """
    red, green, blue = rgb[..., 0], rgb[..., 1], rgb[..., 2]
    with np.errstate(invalid="ignore", over="ignore"):
        luma = green + np.float32(weights[0]) * (red - green) + np.float32(weights[2]) * (blue - green)
        broken = ~np.isfinite(luma)
        if broken.any():
            plain = rgb[broken] @ np.asarray(weights, np.float32)
            luma[broken] = plain
    return np.asarray(luma, np.float32)


def is_colour(rgb: Image, *, linear: bool = False) -> bool:
    """Whether ``rgb`` (H, W, 3) float32 is more than a neutral picture; ``linear`` says that it is scene-linear."""
    sample = rgb[::_SAMPLING, ::_SAMPLING]
    if linear:
        # Equal steps of linear light are not equally visible: judge them as a display gamma of 2.2 would show them.
        sample = np.clip(np.nan_to_num(sample), 0.0, None) ** np.float32(1 / 2.2)
    with np.errstate(invalid="ignore"):
        spread = sample.max(axis=-1) - sample.min(axis=-1)
    return bool(np.mean(spread > COLOUR_THRESHOLD) > COLOUR_FRACTION)


def is_coloured_chroma(chroma: NDArray[np.integer], neutral: int, *, peak: int) -> bool:
    """Whether integer Cb or Cr codes leave ``neutral`` by more than noise; ``peak`` is the largest code."""
    sample = np.asarray(chroma[::_SAMPLING, ::_SAMPLING], np.int32)
    return bool(np.mean(np.abs(sample - neutral) > COLOUR_THRESHOLD * peak) > COLOUR_FRACTION)
