"""Results as the integer planes that an encoder takes, in row bands on every core."""

from typing import Any

import cv2
import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from tinct.runtime.media.codecs import PixelFormat
from tinct.runtime.media.plate import ColourTags, Image, ResultFrame
from tinct.runtime.media.quantise import to_codes
from tinct.runtime.media.transfer import encode_linear
from tinct.runtime.media.ycbcr import chroma_span, luma_span, subsample
from tinct.runtime.picture.bands import for_row_bands

Plane = NDArray[Any]


def fill_planes(frame: VideoFrame, result: ResultFrame, pixels: PixelFormat, colour: ColourTags) -> None:
    """Write ``result`` into ``frame``, whose format is ``pixels``: every code rounded once, not-a-number as 0.

    Scene-linear results are encoded with BT.709. Luma beyond legal range is kept as far as the code goes.
    """
    planes = [_samples(frame, index, pixels.bits) for index in range(len(frame.planes))]
    height, width = result.rgb.shape[:2]
    if pixels.alpha and len(planes) == 4:
        alpha = np.ones((height, width), np.float32) if result.alpha is None else result.alpha
        planes[3][:height, :width] = to_codes(alpha, pixels.bits)
    # 4:2:0 takes two rows of the picture for one of chroma, so bands are made of pairs of rows.
    pair = 2 if pixels.chroma == "420" else 1

    def band(rows: slice, scratch: Image) -> None:
        rows = slice(rows.start * pair, rows.stop * pair)
        rgb = _finite(result.rgb[rows])
        if colour.transfer == "linear":
            rgb = encode_linear(rgb, "bt709")
        if pixels.chroma == "rgb":
            alpha = None if result.alpha is None else result.alpha[rows]
            _fill_rgb(planes, rows, rgb, alpha, pixels)
        else:
            _fill_ycbcr(planes, rows, rgb, colour, pixels, scratch.reshape(5, rows.stop - rows.start, width))

    for_row_bands(height // pair, width * pair, band, planes=0 if pixels.chroma == "rgb" else 5)


def _fill_rgb(planes: list[Plane], rows: slice, rgb: Image, alpha: Image | None, pixels: PixelFormat) -> None:
    """Rows of planes G, B, R, or of one plane of B, G, R and a fourth byte (alpha, or 0)."""
    codes = to_codes(rgb, pixels.bits)
    width = rgb.shape[1]
    if pixels.bits > 8:
        for plane, channel in zip(planes, (1, 2, 0), strict=False):
            plane[rows, :width] = codes[..., channel]
        return
    packed = planes[0][rows, : 4 * width].reshape(-1, width, 4)
    packed[..., :3] = codes[..., ::-1]
    opaque = 255 if alpha is None else to_codes(alpha, 8)
    packed[..., 3] = opaque if pixels.alpha else 0


def _fill_ycbcr(
    planes: list[Plane], rows: slice, rgb: Image, colour: ColourTags, pixels: PixelFormat, scratch: Image
) -> None:
    """Rows of Y', Cb and Cr: the arithmetic of `tinct.runtime.media.ycbcr`, operation by operation, without new memory.

    ``scratch``: (5, H, W) float32.
    """
    red, green, blue, luma, spare = scratch
    for index, plane in enumerate((red, green, blue)):
        cv2.extractChannel(rgb, index, plane)
    weights, width = colour.luma_weights, rgb.shape[1]
    # Y' = G + w_r (R - G) + w_b (B - G)
    np.subtract(red, green, out=spare)
    spare *= np.float32(weights[0])
    np.add(green, spare, out=luma)
    np.subtract(blue, green, out=spare)
    spare *= np.float32(weights[2])
    luma += spare
    blue -= luma
    blue /= np.float32(2 * (1 - weights[2]))
    red -= luma
    red /= np.float32(2 * (1 - weights[0]))
    _store(luma, luma_span(pixels.bits, full_range=pixels.full_range), pixels.bits, planes[0][rows, :width])
    span = chroma_span(pixels.bits, full_range=pixels.full_range)
    for plane, chroma in ((planes[1], blue), (planes[2], red)):
        if pixels.chroma != "444":
            chroma = _halved(chroma, green, spare) if width % 2 == 0 else subsample(chroma, "422")
            if pixels.chroma == "420":
                chroma = np.float32(0.5) * (chroma[0::2] + chroma[1::2])
        half = slice(rows.start // 2, rows.stop // 2) if pixels.chroma == "420" else rows
        _store(chroma, span, pixels.bits, plane[half, : chroma.shape[1]])


def _halved(chroma: Image, one: Image, other: Image) -> Image:
    """``chroma`` (H, W), W even, at half the width as `subsample` does it; ``one`` and ``other`` are used up."""
    height, width = chroma.shape
    even = one.reshape(-1)[: height * width // 2].reshape(height, width // 2)
    odd = other.reshape(-1)[: height * width // 2].reshape(height, width // 2)
    pairs = chroma.reshape(height, width // 2, 2)
    cv2.extractChannel(pairs, 0, even)
    cv2.extractChannel(pairs, 1, odd)
    result = chroma.reshape(-1)[: height * width // 2].reshape(height, width // 2)
    edge = even[:, 0] + odd[:, 0]
    np.add(odd[:, :-1], odd[:, 1:], out=result[:, 1:])
    result[:, 0] = edge
    result *= np.float32(0.25)
    even *= np.float32(0.5)
    result += even
    return result


def _store(values: Image, span: tuple[int, int], bits: int, target: Plane) -> None:
    """Round ``values``, which are used up, to codes in ``target``: value * span[0] + span[1]."""
    values *= np.float32(span[0])
    values += np.float32(span[1])
    np.rint(values, out=values)
    np.clip(values, 0, 2**bits - 1, out=values)
    np.copyto(target, values, casting="unsafe")


def _finite(rgb: Image) -> Image:
    """``rgb`` with not-a-number as 0 and infinity as the end of 0..1; itself where all is finite."""
    # A sum is finite only where every summand is: one pass, and no mask of the picture's size.
    if np.isfinite(cv2.sumElems(rgb)[:3]).all():
        return rgb
    return np.nan_to_num(rgb, nan=0.0, posinf=1.0, neginf=0.0)


def _samples(frame: VideoFrame, index: int, bits: int) -> Plane:
    """Plane ``index`` of ``frame`` as (rows, samples of a line with its padding), in place."""
    plane = frame.planes[index]
    dtype: np.dtype[Any] = np.dtype(np.uint8 if bits <= 8 else np.uint16)
    data: Plane = np.frombuffer(plane, dtype)  # type: ignore[call-overload]
    return data.reshape(-1, plane.line_size // dtype.itemsize)[: plane.height]
