"""Luma, alpha and neutrality of a decoded movie frame, whatever its pixel format."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from tinct.runtime.errors import MediaError
from tinct.runtime.media.luma import Image, desaturate, is_colour, is_coloured_chroma

_YUV = re.compile(r"yuv(a|j)?4\d\dp(\d+)?(le|be)?")
_GREY = re.compile(r"gr[ae]y(\d+)?(le|be)?|ya(8|16)(le|be)?")
_SEMIPLANAR = re.compile(r"nv(12|21|16|24|42|20)(le|be)?|p[024](10|12|16)(le|be)?")
_YUV_PACKED = {"yuyv422": 0, "yvyu422": 0, "uyvy422": 1}
_RGB_PLANAR = re.compile(r"gbra?p(\d+)?(le|be)?")
_RGB_PACKED = re.compile(r"([0argbx]{3,4})(24|48|64)?(le|be)?")
_FLOAT = re.compile(r"(gbra?p|gray)f32(le)?")
_EXPANDED = {"pal8": "rgba", "monow": "gray", "monob": "gray"}
"""Formats that are turned into others first; no value changes in doing so."""


@dataclass(frozen=True)
class Picture:
    """``luma`` (H, W) float32, full scale 0..1, values beyond kept; ``alpha`` (H, W) float32 0..1 or None."""

    luma: Image
    alpha: Image | None
    was_colour: bool


def is_rgb_format(name: str) -> bool:
    """Whether the pixel format ``name`` stores R, G and B."""
    return name == "pal8" or bool(
        _RGB_PLANAR.fullmatch(name) or name.startswith("gbr") or (_RGB_PACKED.fullmatch(name) and "g" in name)
    )


def is_full_range(name: str, colour_range: int) -> bool:
    """Whether Y'CbCr or grey codes of format ``name`` span 0..2^n - 1; ``colour_range`` is FFmpeg's (1 legal, 2 full).

    FFmpeg takes grey without a tag, and its deprecated ``yuvj`` formats, as full range; other Y'CbCr as legal range.
    """
    return colour_range == 2 or name.startswith("yuvj") or (colour_range != 1 and bool(_GREY.fullmatch(name)))


def read_picture(path: Path, frame: VideoFrame, *, full_range: bool, weights: tuple[float, float, float]) -> Picture:
    """Return the picture of a decoded ``frame``; ``weights`` of R, G, B desaturate RGB material.

    Raises:
        MediaError: the pixel format is not one Tinct reads.
    """
    name = frame.format.name
    if name in _EXPANDED:
        frame = frame.reformat(format=_EXPANDED[name])
        name = frame.format.name
    if is_rgb_format(name) or _FLOAT.fullmatch(name):
        return _read_rgb(path, frame, weights)
    bits = frame.format.components[0].bits
    peak = 2**bits - 1
    if name in _YUV_PACKED:
        offset = _YUV_PACKED[name]
        packed = _plane(frame, 0)
        codes = packed[:, offset : offset + 2 * frame.width : 2]
        chroma = packed[:, 1 - offset : 1 - offset + 2 * frame.width : 2]
        alpha = None
    elif _GREY.fullmatch(name):
        step = 2 if name.startswith("ya") else 1
        packed = _plane(frame, 0)
        codes, chroma = packed[:, : step * frame.width : step], None
        alpha = packed[:, 1 : step * frame.width : step] if step == 2 else None
    elif _YUV.fullmatch(name):
        codes = _plane(frame, 0)[:, : frame.width]
        chroma = np.concatenate(
            [_plane(frame, 1)[:, : frame.planes[1].width], _plane(frame, 2)[:, : frame.planes[2].width]]
        )
        alpha = _plane(frame, 3)[:, : frame.width] if len(frame.planes) > 3 else None
    elif _SEMIPLANAR.fullmatch(name):
        # The p0xx formats keep their codes in the high bits of 16.
        shift = 16 - bits if name.startswith("p") else 0
        codes, chroma, alpha = _plane(frame, 0)[:, : frame.width] >> shift, _plane(frame, 1) >> shift, None
        chroma = chroma[:, : frame.width // 2 * 2]
    else:
        raise MediaError(f"{path} has the pixel format {name}, which Tinct does not read; convert it to ProRes first.")
    return Picture(
        luma=expand_range(codes, bits, full_range=full_range),
        alpha=None if alpha is None else alpha.astype(np.float32) / np.float32(peak),
        was_colour=chroma is not None and is_coloured_chroma(chroma, 2 ** (bits - 1), peak=peak),
    )


def expand_range(codes: NDArray[Any], bits: int, *, full_range: bool) -> Image:
    """Return luma codes as float32 with black 0 and white 1; codes beyond legal range give values beyond.

    Legal range: (Y - 16 * 2^(n-8)) / (219 * 2^(n-8)), ITU-R BT.709-6 item 4.6 and BT.2100-2 table 9.
    """
    values = codes.astype(np.float32)
    if full_range:
        return values / np.float32(2**bits - 1)
    scale = 2 ** (bits - 8)
    return (values - np.float32(16 * scale)) / np.float32(219 * scale)


def _read_rgb(path: Path, frame: VideoFrame, weights: tuple[float, float, float]) -> Picture:
    """Picture of an RGB or float frame."""
    name = frame.format.name
    if name.startswith("grayf"):
        return Picture(_plane(frame, 0)[:, : frame.width].copy(), None, False)
    if name.startswith("gbr"):
        planes = [_plane(frame, index)[:, : frame.width] for index in range(len(frame.planes))]
        channels = dict(zip("gbra", planes, strict=False))
    else:
        match = _RGB_PACKED.fullmatch(name)
        if match is None or any(not component.bits % 8 == 0 for component in frame.format.components):
            raise MediaError(
                f"{path} has the pixel format {name}, which Tinct does not read; convert it to ProRes first."
            )
        order = match[1]
        packed = _plane(frame, 0)[:, : frame.width * len(order)].reshape(frame.height, frame.width, len(order))
        channels = {letter: packed[..., index] for index, letter in enumerate(order)}
    scale = np.float32(1 if "f32" in name else 2 ** frame.format.components[0].bits - 1)
    rgb = np.stack([channels[letter] for letter in "rgb"], axis=-1).astype(np.float32) / scale
    alpha = channels.get("a")
    return Picture(
        luma=desaturate(rgb, weights),
        alpha=None if alpha is None else alpha.astype(np.float32) / scale,
        was_colour=is_colour(rgb),
    )


def _plane(frame: VideoFrame, index: int) -> NDArray[Any]:
    """Plane ``index`` as (rows, samples a line with padding), in place."""
    name, plane = frame.format.name, frame.planes[index]
    wide = max(component.bits for component in frame.format.components) > 8
    dtype: np.dtype[Any] = np.dtype(
        "<f4" if "f32" in name else np.uint8 if not wide else ">u2" if name[-2:] == "be" else "<u2"
    )
    data: NDArray[Any] = np.frombuffer(plane, dtype)  # type: ignore[call-overload]
    return data.reshape(-1, plane.line_size // dtype.itemsize)[: plane.height]
