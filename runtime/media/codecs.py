"""The movie codecs that results are written with."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tinct.runtime.errors import UnknownNameError, UsageError
from tinct.runtime.media.plate import PlateInfo


@dataclass(frozen=True)
class MovieCodec:
    """One codec: FFmpeg's encoder and options, its containers, and which pixel formats it is given.

    ``chroma`` is ``"420"``, ``"422"`` or ``"444"``; ``depths`` are the bit depths it is used at. ``keeps_full_range``:
    full-range plates stay full range (else they become legal range). ``even_only``: subsampled chroma needs even sides,
    so odd sizes get 4:4:4. ``intra``: every frame is a key frame.
    """

    name: str
    encoder: str
    containers: tuple[str, ...]
    chroma: str
    depths: tuple[int, ...]
    options: Mapping[str, str] = field(default_factory=dict)
    alpha: bool = False
    rgb: bool = False
    keeps_full_range: bool = False
    even_only: bool = False
    smallest: tuple[int, int] = (16, 16)
    intra: bool = True


_LISTED = (
    MovieCodec("prores_422hq", "prores_ks", (".mov",), "422", (10,), {"profile": "hq"}),
    MovieCodec("prores_4444", "prores_ks", (".mov",), "444", (10,), {"profile": "4444"}, alpha=True),
    MovieCodec("dnxhr_hqx", "dnxhd", (".mxf", ".mov"), "422", (10,), {"profile": "dnxhr_hqx"}, smallest=(256, 120)),
    MovieCodec("ffv1", "ffv1", (".mkv",), "444", (8, 10, 12, 16),
               {"level": "3", "slicecrc": "1", "slices": "4", "g": "1"},
               alpha=True, rgb=True, keeps_full_range=True),
    MovieCodec("h264", "libx264", (".mp4", ".mov", ".mkv"), "420", (8, 10), {"crf": "10", "preset": "medium"},
               keeps_full_range=True, even_only=True, intra=False),
    MovieCodec("h265", "libx265", (".mp4", ".mov", ".mkv"), "420", (8, 10), {"crf": "10", "preset": "medium"},
               keeps_full_range=True, even_only=True, intra=False),
)  # fmt: skip

_BY_NAME = {codec.name: codec for codec in _LISTED}

CODECS: tuple[str, ...] = tuple(_BY_NAME)
"""Names of the codecs that `find_codec` knows."""

_DEFAULTS = {".mov": "prores_422hq", ".mkv": "ffv1", ".mp4": "h264", ".mxf": "dnxhr_hqx"}

MOVIE_SUFFIXES: tuple[str, ...] = tuple(_DEFAULTS)
"""Containers that results are written in."""


def find_codec(path: Path, name: str | None) -> MovieCodec:
    """Return the codec called ``name``, or the default one of the container that ``path`` names.

    Raises:
        UnknownNameError: no codec of that name.
        UsageError: the container is not written, or does not take the codec.
    """
    if name is not None and name not in _BY_NAME:
        raise UnknownNameError(f"There is no codec '{name}'; choose one of {', '.join(CODECS)}.")
    suffix = path.suffix.lower()
    if suffix not in _DEFAULTS:
        raise UsageError(f"{path}: Tinct does not write {suffix} movies; use one of {', '.join(MOVIE_SUFFIXES)}.")
    codec = _BY_NAME[name or _DEFAULTS[suffix]]
    if suffix not in codec.containers:
        raise UsageError(f"{path}: {codec.name} does not go into {suffix}; use {' or '.join(codec.containers)}.")
    return codec


@dataclass(frozen=True)
class PixelFormat:
    """The pixels an encoder is given: FFmpeg's name, and what it means."""

    name: str
    bits: int
    chroma: str
    """``"420"``, ``"422"``, ``"444"`` or ``"rgb"``."""
    alpha: bool
    full_range: bool


def choose_pixel_format(path: Path, codec: MovieCodec, info: PlateInfo) -> PixelFormat:
    """Return the pixel format in which ``codec`` takes a result like ``info``: the plate's depth, or the nearest above.

    Raises:
        UsageError: the codec does not take the size.
    """
    width, height = codec.smallest
    if info.width < width or info.height < height:
        raise UsageError(
            f"{path}: {codec.name} takes sizes from {width}x{height}, the plate is "
            f"{info.width}x{info.height}; use ffv1 in .mkv."
        )
    wanted = 16 if info.is_float else info.bit_depth
    bits = next((depth for depth in codec.depths if depth >= wanted), codec.depths[-1])
    alpha = codec.alpha and info.has_alpha
    is_rgb = info.colour.matrix_tag == 0
    if codec.rgb and is_rgb:
        eight = "bgra" if alpha else "bgr0"
        return PixelFormat(eight if bits == 8 else f"gbr{'a' * alpha}p{bits}le", bits, "rgb", alpha, False)
    odd = info.width % 2 or info.height % 2
    chroma = "444" if codec.even_only and odd else codec.chroma
    name = f"yuv{'a' * alpha}{chroma}p" + (f"{bits}le" if bits > 8 else "")
    return PixelFormat(name, bits, chroma, alpha, info.colour.full_range and codec.keeps_full_range and not is_rgb)
