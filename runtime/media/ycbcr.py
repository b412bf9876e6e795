"""R'G'B' to Y'CbCr planes in float, rounded once."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinct.runtime.media.luma import desaturate

Image = NDArray[np.float32]


def to_ycbcr(rgb: Image, weights: tuple[float, float, float]) -> tuple[Image, Image, Image]:
    """Return (Y', Cb, Cr), each (H, W) float32, of finite encoded ``rgb`` (H, W, 3); Cb and Cr are -0.5..0.5.

    ITU-R BT.709-6 items 3.2 and 3.3 (BT.601-7, BT.2020-2 with their weights): Cb = (B' - Y') / (2 (1 - w_b)).
    """
    luma = desaturate(rgb, weights)
    cb = (rgb[..., 2] - luma) / np.float32(2 * (1 - weights[2]))
    cr = (rgb[..., 0] - luma) / np.float32(2 * (1 - weights[0]))
    return luma, cb, cr


def subsample(chroma: Image, layout: str) -> Image:
    """Return ``chroma`` (H, W) at the resolution of ``layout``: ``"444"``, ``"422"`` or ``"420"``.

    Chroma samples sit on the even luma columns (left siting, as MPEG-2, H.264, ProRes and DNxHR take them): a 1-2-1
    filter centred there. Vertically, 4:2:0 samples sit half-way between two rows: their mean. Edges are repeated.
    """
    if layout == "444":
        return chroma
    width = chroma.shape[1]
    padded = np.pad(chroma, ((0, 0), (1, 1 + width % 2)), mode="edge")
    result = 0.25 * (padded[:, 0:-2:2] + padded[:, 2::2]) + 0.5 * padded[:, 1:-1:2]
    if layout == "420":
        if result.shape[0] % 2:
            result = np.pad(result, ((0, 1), (0, 0)), mode="edge")
        result = 0.5 * (result[0::2] + result[1::2])
    return np.asarray(result, np.float32)


def luma_span(bits: int, *, full_range: bool) -> tuple[int, int]:
    """Return (span, offset) of luma codes: code = Y' * span + offset.

    Inverse of `tinct.runtime.media.picture_planes.expand_range`, which names the source of the formula.
    """
    scale = 2 ** (bits - 8)
    return (2**bits - 1, 0) if full_range else (219 * scale, 16 * scale)


def chroma_span(bits: int, *, full_range: bool) -> tuple[int, int]:
    """Return (span, offset) of Cb and Cr codes: code = C * span + offset.

    (224 C + 128) * 2^(n-8), or (2^n - 1) C + 2^(n-1) at full range (BT.2100-2 table 9).
    """
    return (2**bits - 1 if full_range else 224 * 2 ** (bits - 8)), 2 ** (bits - 1)


def luma_codes(luma: Image, bits: int, *, full_range: bool) -> NDArray[Any]:
    """Return luma as integer codes, values beyond legal range kept as far as the code goes."""
    span, offset = luma_span(bits, full_range=full_range)
    return _round(luma * np.float32(span) + np.float32(offset), bits)


def chroma_codes(chroma: Image, bits: int, *, full_range: bool) -> NDArray[Any]:
    """Return Cb or Cr as integer codes."""
    span, offset = chroma_span(bits, full_range=full_range)
    return _round(chroma * np.float32(span) + np.float32(offset), bits)


def _round(values: Image, bits: int) -> NDArray[Any]:
    return np.clip(np.rint(values), 0, 2**bits - 1).astype(np.uint8 if bits == 8 else np.uint16)
