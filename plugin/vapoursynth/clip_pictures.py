"""VapourSynth's frames as float32 pictures, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import vapoursynth as vs

from tinct.plugin.sample_codes import from_codes, to_codes

_TRANSFERS = {1: "bt709", 6: "bt709", 14: "bt709", 15: "bt709", 8: "linear", 13: "srgb", 2: "srgb", 0: "srgb"}
"""By the numbers of ITU-T H.273; untagged pictures are taken for sRGB, as PNG files are."""
_FLOATS = (vs.GRAYS, vs.RGBS)
_PRIMARIES = {5: "bt601", 6: "bt601", 7: "bt601", 9: "bt2020"}


class PictureFormat(NamedTuple):
    """``bits`` of an integer sample, None for float32; ``grey``: one plane; ``full``: integers span all codes."""

    bits: int | None
    grey: bool
    full: bool

    def read(self, frame: Any) -> Any:
        """The picture of a frame: luma (H, W) or RGB (H, W, 3), float32, black 0, white 1."""
        planes = [self._values(np.asarray(frame[index])) for index in range(1 if self.grey else 3)]
        return planes[0] if self.grey else np.stack(planes, axis=-1)

    def result(self, rgb: Any) -> Any:
        """What `write` puts into a frame, for ``rgb`` (H, W, 3) float32: samples of the same shape."""
        return np.array(rgb, np.float32) if self.bits is None else to_codes(rgb, self.bits)

    def _values(self, samples: Any) -> Any:
        if self.bits is None:
            return np.array(samples, np.float32)
        if self.full:
            return from_codes(samples, self.bits)
        scale = 2 ** (self.bits - 8)  # ITU-R BT.709-6 item 4.6
        return (samples.astype(np.float32) - np.float32(16 * scale)) / np.float32(219 * scale)


def write(samples: Any, frame: Any) -> None:
    """Put samples (H, W, 3) into the three planes of a frame that may be written."""
    for index in range(3):
        np.copyto(np.asarray(frame[index]), samples[..., index])


def picture_format(clip: Any, full_range: bool | None, properties: Mapping[str, Any]) -> PictureFormat:
    """How the pictures of ``clip`` are read; ``properties`` are those of its first frame.

    ``full_range``: of grey integers; None takes the frame's property, and limited range where there is none, as
    VapourSynth's own resizer does.

    Raises:
        ValueError: the clip's format is not one that can be coloured.
    """
    form = clip.format
    if form is None or not clip.width or not clip.height:
        raise ValueError("Colorize needs a clip of one format and one size; bring its parts to one with core.resize")
    whole = form.sample_type == vs.INTEGER
    taken = form.bits_per_sample <= 16 if whole else form.id in _FLOATS
    if form.color_family not in (vs.GRAY, vs.RGB) or not taken:
        raise ValueError(
            f"Colorize takes grey and RGB clips of 8 to 16 bits or 32-bit float, not {form.name}; convert it, for "
            "example with core.resize.Bicubic(format=vs.GRAY16)"
        )
    grey = form.color_family == vs.GRAY
    if full_range is None:
        full_range = not grey or bool(properties.get("_Range", 1 - properties.get("_ColorRange", 1)))
    return PictureFormat(form.bits_per_sample if whole else None, grey, full_range)


def mask_format(mask: Any, clip: Any) -> PictureFormat:
    """How the pictures of the clip ``mask`` are read, which limits the colour of ``clip``.

    Raises:
        ValueError: it is no grey clip of the same size and length.
    """
    form = picture_format(mask, None, {"_Range": 1})
    if not form.grey or (mask.width, mask.height) != (clip.width, clip.height) or len(mask) < len(clip):
        raise ValueError("the mask must be a grey clip of the plate's size and length")
    return form


def result_clip(clip: Any) -> Any:
    """A blank RGB clip of the same samples, length and rate as ``clip``."""
    form = clip.format
    bits = form.bits_per_sample if form.sample_type == vs.INTEGER else 32
    rgb = vs.core.query_video_format(vs.RGB, form.sample_type, bits, 0, 0)
    return vs.core.std.BlankClip(clip, format=rgb.id, keep=True)


def transfer_of(properties: Mapping[str, Any]) -> str:
    """The name of the transfer function that a frame's properties tell.

    Raises:
        ValueError: Tinct does not know it.
    """
    number = int(properties.get("_Transfer", 2))
    if number not in _TRANSFERS:
        raise ValueError(
            f"the clip's transfer function (_Transfer={number}) is none that Tinct knows; convert it to BT.709, sRGB "
            "or linear with core.resize, or name the one to be taken (transfer=)"
        )
    return _TRANSFERS[number]


def matrix_of(properties: Mapping[str, Any]) -> str:
    """The name of the luma weights, by the primaries."""
    return _PRIMARIES.get(int(properties.get("_Primaries", 2)), "bt709")
