"""GStreamer's packed grey and RGB formats as float32 pictures, and back."""

from __future__ import annotations

import sys
from typing import Any, NamedTuple

import numpy as np

from tinct.plugin.sample_codes import from_codes, to_codes


class PixelFormat(NamedTuple):
    """How a format lies in memory: NumPy's type of a sample, samples of a pixel, and which of them are what.

    ``colours``: one for grey, three for red, green, blue.
    """

    sample: str
    samples: int
    colours: tuple[int, ...]
    alpha: int | None = None

    @property
    def bits(self) -> int:
        """Bits of a sample."""
        return 8 * np.dtype(self.sample).itemsize


_NATIVE = "<u2" if sys.byteorder == "little" else ">u2"
GREY = {
    "GRAY8": PixelFormat("u1", 1, (0,)),
    "GRAY16_LE": PixelFormat("<u2", 1, (0,)),
    "GRAY16_BE": PixelFormat(">u2", 1, (0,)),
}
COLOUR = {
    "RGB": PixelFormat("u1", 3, (0, 1, 2)),
    "RGBA": PixelFormat("u1", 4, (0, 1, 2), 3),
    "RGBx": PixelFormat("u1", 4, (0, 1, 2)),
    "BGR": PixelFormat("u1", 3, (2, 1, 0)),
    "BGRA": PixelFormat("u1", 4, (2, 1, 0), 3),
    "BGRx": PixelFormat("u1", 4, (2, 1, 0)),
    "RGBA64_LE": PixelFormat("<u2", 4, (0, 1, 2), 3),
    "ARGB64_LE": PixelFormat("<u2", 4, (1, 2, 3), 0),
    "ARGB64": PixelFormat(_NATIVE, 4, (1, 2, 3), 0),
}
FORMATS = {**GREY, **COLOUR}
"""By GStreamer's names: what comes in. Out comes one of `COLOUR`."""


def result_formats(name: str) -> list[str]:
    """Formats in which the result of a plate in format ``name`` may leave, the one that loses nothing first."""
    plate = FORMATS[name]

    def distance(other: str) -> tuple[bool, bool]:
        given = COLOUR[other]
        return given.bits != plate.bits, (given.alpha is None) != (plate.alpha is None)

    others = sorted((other for other in COLOUR if other != name), key=distance)
    return [name, *others] if name in COLOUR else others


def read_picture(rows: Any, width: int, form: PixelFormat) -> tuple[Any, Any]:
    """The picture in ``rows`` (H, stride) uint8: luma (H, W) or RGB (H, W, 3), float32 0..1, and alpha or None."""
    pixels = _pixels(rows, width, form)
    colours = pixels[..., form.colours[0]] if len(form.colours) == 1 else pixels[..., list(form.colours)]
    alpha = None if form.alpha is None else from_codes(pixels[..., form.alpha], form.bits)
    return np.ascontiguousarray(from_codes(colours, form.bits)), alpha


def write_picture(rgb: Any, alpha: Any, rows: Any, form: PixelFormat) -> None:
    """Write ``rgb`` (H, W, 3) float32 and ``alpha`` (H, W) float32 or None (opaque) into ``rows`` (H, stride) uint8."""
    pixels = _pixels(rows, rgb.shape[1], form)
    codes = to_codes(rgb, form.bits)
    for channel, index in enumerate(form.colours):
        pixels[..., index] = codes[..., channel]
    if form.samples == 4:
        index = form.alpha if form.alpha is not None else 6 - sum(form.colours)
        pixels[..., index] = 2**form.bits - 1 if alpha is None else to_codes(alpha, form.bits)


def _pixels(rows: Any, width: int, form: PixelFormat) -> Any:
    """A view (H, W, samples) of rows of bytes."""
    used = width * form.samples * np.dtype(form.sample).itemsize
    return rows[:, :used].view(form.sample).reshape(len(rows), width, form.samples)
