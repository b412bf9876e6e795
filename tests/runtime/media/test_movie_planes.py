"""Planes made in bands are those that the formulas give for the whole picture."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from tinct.runtime.media import ColourTags, PlateInfo, ResultFrame
from tinct.runtime.media.movie_part import to_start_codes
from tinct.runtime.media.movie_planes import fill_planes
from tinct.runtime.media.movie_stream import MovieStream
from tinct.runtime.media.quantise import to_codes
from tinct.runtime.media.transfer import encode_linear
from tinct.runtime.media.ycbcr import chroma_codes, luma_codes, subsample, to_ycbcr


def planes_of(result: ResultFrame, info: PlateInfo, path: str, codec: str | None) -> tuple[MovieStream, list]:
    stream = MovieStream.of(Path(path), info, codec)
    frame = stream.new_frame()
    fill_planes(frame, result, stream.pixels, info.colour)
    dtype = np.uint8 if stream.pixels.bits == 8 else np.uint16
    planes = []
    for plane in frame.planes:
        rows = np.frombuffer(plane, dtype).reshape(plane.height, -1)
        planes.append(rows[:, : plane.width * (4 if stream.pixels.name in ("bgra", "bgr0") else 1)])
    return stream, planes


def plate(width: int, height: int, **changes: object) -> PlateInfo:
    facts = {"bit_depth": 10, "frame_rate": Fraction(24), **changes}
    return PlateInfo(Path("none"), width, height, (0,), **facts)


@pytest.mark.parametrize(
    ("path", "codec", "size", "changes"),
    [
        ("a.mov", "prores_422hq", (1000, 300), {}),
        ("a.mov", "prores_422hq", (1001, 299), {}),
        ("a.mov", "prores_4444", (640, 301), {"has_alpha": True}),
        ("a.mp4", "h264", (1000, 302), {"bit_depth": 8}),
        ("a.mp4", "h264", (1000, 302), {"colour": ColourTags(full_range=True)}),
        ("a.mkv", "ffv1", (333, 401), {"bit_depth": 16}),
        ("a.mkv", "ffv1", (500, 300), {"colour": ColourTags(transfer="linear"), "is_float": True, "bit_depth": 16}),
    ],
)
def test_ycbcr_planes_equal_the_formulas_bit_for_bit(path, codec, size, changes) -> None:
    width, height = size
    rgb = np.random.default_rng(0).uniform(-0.1, 1.1, (height, width, 3)).astype(np.float32)
    rgb[7, 5] = (np.nan, np.inf, -np.inf)
    alpha = np.random.default_rng(1).random((height, width), np.float32)
    info = plate(width, height, **changes)
    stream, planes = planes_of(ResultFrame(0, rgb, alpha), info, path, codec)
    pixels = stream.pixels
    clean = np.nan_to_num(rgb, nan=0.0, posinf=1.0, neginf=0.0)
    if info.colour.transfer == "linear":
        clean = encode_linear(clean, "bt709")
    luma, cb, cr = to_ycbcr(clean, info.colour.luma_weights)
    np.testing.assert_array_equal(planes[0], luma_codes(luma, pixels.bits, full_range=pixels.full_range))
    for plane, chroma in zip(planes[1:3], (cb, cr), strict=True):
        wanted = chroma_codes(subsample(chroma, pixels.chroma), pixels.bits, full_range=pixels.full_range)
        np.testing.assert_array_equal(plane, wanted)
    if pixels.alpha:
        np.testing.assert_array_equal(planes[3], to_codes(alpha, pixels.bits))


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("has_alpha", [False, True])
def test_rgb_planes_hold_every_code(bits: int, has_alpha: bool) -> None:
    rgb = np.random.default_rng(0).random((301, 333, 3), np.float32)
    alpha = np.random.default_rng(1).random((301, 333), np.float32)
    info = plate(333, 301, bit_depth=bits, has_alpha=has_alpha, colour=ColourTags(matrix_tag=0))
    _, planes = planes_of(ResultFrame(0, rgb, alpha if has_alpha else None), info, "a.mkv", "ffv1")
    codes = to_codes(rgb, bits)
    if bits == 16:
        wanted = [codes[..., 1], codes[..., 2], codes[..., 0], *([to_codes(alpha, 16)] if has_alpha else [])]
    else:
        fourth = to_codes(alpha, 8) if has_alpha else np.zeros((301, 333), np.uint8)
        wanted = [np.dstack([codes[..., ::-1], fourth]).reshape(301, -1)]
    for plane, expected in zip(planes, wanted, strict=True):
        np.testing.assert_array_equal(plane, expected)


def test_lengths_become_start_codes() -> None:
    assert to_start_codes(b"\0\0\0\2ab\0\0\0\1c") == b"\0\0\0\1ab\0\0\0\1c"
    assert to_start_codes(b"") == b""
