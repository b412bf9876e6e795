"""Float pixels as integer codes and half floats."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.float32]

_HALF_MAX = 65504.0


def to_codes(values: Image, bits: int) -> NDArray[Any]:
    """Return ``values`` (any shape, float32, full scale 0..1) as ``round(value * (2^bits - 1))``, clipped.

    uint8 up to 8 bits, else uint16. NaN becomes 0.
    """
    peak = np.float32(2**bits - 1)
    codes = np.rint(np.clip(np.nan_to_num(values, nan=0.0, posinf=1.0, neginf=0.0), 0.0, 1.0) * peak)
    dtype = np.uint8 if bits <= 8 else np.uint16
    return np.asarray(codes, dtype)


def widen_codes(codes: NDArray[Any], bits: int) -> NDArray[Any]:
    """Return ``bits``-bit codes (9..16) as 16-bit ones by repeating their high bits, as OpenImageIO wants them.

    Its DPX writer keeps the high bits, so every code is stored as it was.
    """
    wide = codes.astype(np.uint16)
    return wide if bits == 16 else (wide << (16 - bits)) | (wide >> (2 * bits - 16))


def to_half(rgb: Image, weights: tuple[float, float, float]) -> NDArray[np.float16]:
    """Return ``rgb`` (H, W, 3) float32 as half floats whose luminance is that of ``rgb``.

    Rounding each channel alone moves luminance by up to half a step of the half float (2.4e-4 near 1.0). Here blue,
    which weighs least, takes up what rounding red and green did to the sum; its own rounding moves luminance by less
    than 4e-5 (BT.709) for values up to 1. Neutral pixels whose value is a half float come out bit for bit. Non-finite
    values are kept; finite ones beyond the range of half floats are clipped to it.
    """
    clipped = np.where(np.isfinite(rgb), np.clip(rgb, -_HALF_MAX, _HALF_MAX), rgb)
    with np.errstate(invalid="ignore", over="ignore"):
        half = clipped.astype(np.float16)
        blue = _balancing_blue(clipped, half, weights)
        negative = (blue < 0) & (clipped[..., 2] >= 0)
        if negative.any():
            # Blue has too little to give: round red and green down there, so that it has to take instead.
            low = half[negative]
            down = np.nextafter(low, np.float16(-np.inf))
            low[:, :2] = np.where(low[:, :2] > clipped[negative][:, :2], down[:, :2], low[:, :2])
            half[negative] = low
            blue[negative] = _balancing_blue(clipped[negative], low, weights)
        usable = np.isfinite(blue) & (np.abs(blue) <= _HALF_MAX)
        half[..., 2] = np.where(usable, blue, clipped[..., 2]).astype(np.float16)
    return half


def _balancing_blue(rgb: Image, half: NDArray[np.float16], weights: tuple[float, float, float]) -> Image:
    """The blue that gives red and green of ``half`` the luminance of ``rgb``; both (..., 3)."""
    lost = rgb[..., :2] - half[..., :2].astype(np.float32)
    taken = np.float32(weights[0]) * lost[..., 0] + np.float32(weights[1]) * lost[..., 1]
    return np.asarray(rgb[..., 2] + taken / np.float32(weights[2]), np.float32)
