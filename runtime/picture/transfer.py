"""Transfer curves: encoded values to linear light and back, and the curve of CIE Lab, all without branches.

Each curve is a straight line below a break and a power above it. Written as ``line(min(x, k)) + power(max(x, k)) -
power(k)`` it needs no masks, cannot have a step at the break, and the line goes on below zero.

Every function reads ``x``, writes ``out``, overwrites ``spare`` and returns ``out``: three distinct, contiguous float32
arrays of one shape. Non-finite values stay non-finite.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.float32]

SRGB_BREAK = 0.0031308
SRGB_SLOPE = 12.92
SRGB_SCALE = 1.055
SRGB_OFFSET = 0.055
SRGB_GAMMA = 2.4
LAB_BREAK = 6 / 29


def srgb_decode(x: Image, out: Image, spare: Image) -> Image:
    """SRGB code values, full scale 0..1, to linear light (IEC 61966-2-1)."""
    knee = SRGB_SLOPE * SRGB_BREAK
    np.maximum(x, np.float32(knee), out=out)
    out += np.float32(SRGB_OFFSET)
    out *= np.float32(1 / SRGB_SCALE)
    _power(out, SRGB_GAMMA)
    np.minimum(x, np.float32(knee), out=spare)
    spare *= np.float32(1 / SRGB_SLOPE)
    spare -= np.float32(((knee + SRGB_OFFSET) / SRGB_SCALE) ** SRGB_GAMMA)
    out += spare
    return out


def srgb_encode(x: Image, out: Image, spare: Image) -> Image:
    """Linear light to sRGB code values, full scale 0..1 (IEC 61966-2-1); negative light mirrors positive."""
    np.abs(x, out=spare)
    np.maximum(spare, np.float32(SRGB_BREAK), out=out)
    _power(out, 1 / SRGB_GAMMA)
    np.minimum(spare, np.float32(SRGB_BREAK), out=spare)
    _weighted(out, SRGB_SCALE, spare, SRGB_SLOPE, -SRGB_SCALE * SRGB_BREAK ** (1 / SRGB_GAMMA))
    return np.copysign(out, x, out=out)


def lab_curve(x: Image, out: Image, spare: Image) -> Image:
    """``f(t)`` of CIE 15:2004 eq. 8.6: a cube root above (6/29)^3, a line below; ``x`` is X/Xn, Y/Yn or Z/Zn."""
    knee = LAB_BREAK**3
    np.maximum(x, np.float32(knee), out=out)
    _power(out, 1 / 3)
    np.minimum(x, np.float32(knee), out=spare)
    spare *= np.float32(1 / (3 * LAB_BREAK**2))
    spare += np.float32(4 / 29 - LAB_BREAK)
    out += spare
    return out


def lab_curve_inverse(x: Image, out: Image, spare: Image) -> Image:
    """Inverse of `lab_curve`: a cube above 6/29, a line below that goes on into the negative."""
    np.maximum(x, np.float32(LAB_BREAK), out=spare)
    np.multiply(spare, spare, out=out)
    out *= spare
    np.minimum(x, np.float32(LAB_BREAK), out=spare)
    return _weighted(out, 1, spare, 3 * LAB_BREAK**2, -(3 * LAB_BREAK**2 * 4 / 29 + LAB_BREAK**3))


def _weighted(out: Image, by: float, other: Image, other_by: float, plus: float) -> Image:
    """``out * by + other * other_by + plus`` into ``out``, in one pass."""
    row = out.reshape(1, -1)
    cv2.addWeighted(row, by, other.reshape(1, -1), other_by, plus, dst=row)
    return out


def _power(values: Image, exponent: float) -> None:
    """Raise positive ``values`` in place; OpenCV's power is vectorised on every processor, NumPy's only on some."""
    row = values.reshape(1, -1)
    cv2.pow(row, exponent, dst=row)
