from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from tinct.runtime.errors import FrameRangeError, MediaError, MediaNotFoundError, UsageError
from tinct.runtime.media import open_plate
from tinct.runtime.media.timecode import timecode_to_word

ImageMaker = Callable[..., Path]


def grey(bits: int, *, seed: int = 0, channels: int = 3) -> np.ndarray:
    """A neutral picture with every kind of code, the extremes among them."""
    code = np.random.default_rng(seed).integers(0, 2**bits, (24, 33))
    code[0, :2] = 0, 2**bits - 1
    return np.repeat(code[..., None], channels, -1).astype(np.uint8 if bits == 8 else np.uint16)


@pytest.mark.parametrize(
    ("suffix", "bits"),
    [("dpx", 8), ("dpx", 10), ("dpx", 12), ("dpx", 16), ("tif", 8), ("tif", 16), ("png", 8), ("png", 16)],
)
def test_integer_codes_are_read_exactly(make_image: ImageMaker, suffix: str, bits: int) -> None:
    pixels = grey(bits)
    path = make_image(f"shot.1001.{suffix}", pixels, bits=bits)
    with open_plate(path) as plate:
        frame = plate.read(1001)
        assert (plate.info.bit_depth, plate.info.is_float) == (bits, False)
        assert plate.info.colour.transfer == ("bt709" if suffix == "dpx" else "srgb")
    assert np.array_equal(np.rint(frame.luma * (2**bits - 1)), pixels[..., 0])
    assert frame.luma.max() == 1.0
    assert not frame.was_colour


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
@pytest.mark.parametrize("channels", [("R", "G", "B"), ("Y",), ("R", "G", "B", "A"), ("main.R", "main.G", "main.B")])
def test_float_values_are_read_exactly_beyond_one_too(
    make_image: ImageMaker, dtype: type, channels: tuple[str, ...]
) -> None:
    values = np.random.default_rng(0).normal(0.5, 2, (24, 33)).astype(dtype)
    values[0, :3] = np.nan, np.inf, -np.inf
    pixels = np.repeat(values[..., None], len(channels), -1)
    path = make_image("shot.7.exr", pixels, channels=channels)
    with open_plate(path) as plate:
        frame = plate.read(7)
        assert plate.info.is_float
        assert plate.info.bit_depth == (16 if dtype is np.float16 else 32)
        assert plate.info.colour.transfer == "linear"
        assert plate.info.has_alpha == ("A" in channels)
    assert np.array_equal(frame.luma, values.astype(np.float32), equal_nan=True)
    if "A" in channels:
        assert np.array_equal(frame.alpha, values.astype(np.float32), equal_nan=True)


def test_colour_is_desaturated_with_the_luma_weights_and_told(make_image: ImageMaker) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (24, 33, 3)).astype(np.uint8)
    with open_plate(make_image("a.png", pixels)) as plate:
        frame = plate.read(0)
    assert frame.was_colour
    assert np.allclose(frame.luma, pixels / 255 @ np.array([0.2126, 0.7152, 0.0722]), atol=1e-6)


def test_alpha_is_neither_multiplied_in_nor_lost(make_image: ImageMaker) -> None:
    pixels = grey(16, channels=4)
    pixels[..., 3] = 32768
    with open_plate(make_image("a.png", pixels, oiio__UnassociatedAlpha=1)) as plate:
        frame = plate.read(0)
    assert np.array_equal(np.rint(frame.luma * 65535), pixels[..., 0])
    assert frame.alpha is not None
    assert np.allclose(frame.alpha, 32768 / 65535)


@pytest.mark.parametrize("suffix", ["exr", "dpx"])
def test_headers(make_image: ImageMaker, suffix: str) -> None:
    word = timecode_to_word("01:02:03:04")
    rate = {"FramesPerSecond": ("rational", (24000, 1001))} if suffix == "exr" else {"dpx__FrameRate": 23.976}
    pixels = grey(8).astype(np.float16) if suffix == "exr" else grey(10)
    for number in range(1001, 1005):
        path = make_image(
            f"shot.{number}.{suffix}", pixels, bits=None if suffix == "exr" else 10,
            smpte__TimeCode=("timecode", (word, 0)), PixelAspectRatio=2.0, **rate,
        )  # fmt: skip
    with open_plate(path.with_name(f"shot.####.{suffix}")) as plate:
        assert plate.info.frames == (1001, 1002, 1003, 1004)
        assert plate.info.frame_rate == Fraction(24000, 1001)
        assert plate.info.timecode == "01:02:03:04"
        assert plate.info.pixel_aspect == 2
        assert plate.info.path.name == f"shot.%04d.{suffix}"


def test_holes_are_named_and_may_be_left_out(make_image: ImageMaker, tmp_path: Path) -> None:
    for number in (1001, 1002, 1005, 1007):
        make_image(f"shot.{number}.png", grey(8))
    pattern = tmp_path / "shot.%04d.png"
    with pytest.raises(FrameRangeError, match=r"missing: 1003-1004,1006.*leave them out.*1001-1002,1005,1007"):
        open_plate(pattern)
    with pytest.raises(FrameRangeError, match=r"lacks frames 1003-1004"):
        open_plate(pattern, frames="1001-1005")
    with open_plate(pattern, frames="1001-1002,1005") as plate:
        assert [frame.number for frame in plate.frames()] == [1001, 1002, 1005]
        with pytest.raises(FrameRangeError, match="no frame 1007; it has 1001-1002,1005"):
            plate.read(1007)


def test_a_folder_and_one_file_of_it(make_image: ImageMaker, tmp_path: Path) -> None:
    for number in (8, 9, 10):
        make_image(f"seq/{number:04d}.png", grey(8, seed=number))
    with open_plate(tmp_path / "seq") as plate:
        assert plate.info.frames == (8, 9, 10)
        ninth = plate.read(9).luma
    with open_plate(tmp_path / "seq" / "0009.png") as single:
        assert single.info.frames == (9,)
        assert np.array_equal(single.read(9).luma, ninth)
    with pytest.raises(UsageError, match="first frame"):
        open_plate(tmp_path / "seq", first_frame=1)


def test_mixed_sizes_are_refused_at_the_frame(make_image: ImageMaker, tmp_path: Path) -> None:
    make_image("a.1.png", grey(8))
    make_image("a.2.png", grey(8)[:20])
    make_image("a.3.png", grey(8))
    with open_plate(tmp_path / "a.%d.png") as plate, pytest.raises(MediaError, match=r"a\.2\.png is 33x20.*33x24"):
        list(plate.frames())
    (tmp_path / "a.3.png").unlink()
    with pytest.raises(MediaError, match=r"a\.2\.png is 33x20"):
        open_plate(tmp_path / "a.%d.png")


def test_mixed_depths_are_refused(make_image: ImageMaker, tmp_path: Path) -> None:
    make_image("a.1.png", grey(8))
    make_image("a.2.png", grey(16))
    with pytest.raises(MediaError, match="16 bits per channel, the first frame 8"):
        open_plate(tmp_path / "a.%d.png")


@pytest.mark.parametrize("suffix", ["exr", "dpx", "tif", "png", "jpg"])
@pytest.mark.parametrize("part", [0.0, 0.6])
def test_truncated_images_name_the_file(make_image: ImageMaker, suffix: str, part: float) -> None:
    pixels = grey(8) if suffix != "exr" else grey(8).astype(np.float16)
    path = make_image(f"bad.5.{suffix}", pixels)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * part)])
    with pytest.raises(MediaError, match=rf"bad\.5\.{suffix}"), open_plate(path) as plate:
        plate.read(5)


def test_nothing_there(tmp_path: Path) -> None:
    with pytest.raises(MediaNotFoundError, match="No file fits"):
        open_plate(tmp_path / "shot.%04d.exr")
    with pytest.raises(MediaNotFoundError, match="no file or folder"):
        open_plate(tmp_path / "shot.0001.exr")
    with pytest.raises(MediaError, match="no numbered images"):
        open_plate(tmp_path)


def test_sizes_over_and_under_the_limits(make_image: ImageMaker, monkeypatch: pytest.MonkeyPatch) -> None:
    path = make_image("a.png", grey(8))
    monkeypatch.setattr("tinct.runtime.media.image_size.MAX_PIXELS", 700)
    with pytest.raises(MediaError, match="33x24, 792 pixels; the limit is 700"):
        open_plate(path)
    with pytest.raises(MediaError, match="33x8; the smallest side"):
        open_plate(make_image("b.png", grey(8)[:8]))


def test_channels_that_are_no_picture_are_named(make_image: ImageMaker) -> None:
    path = make_image("z.exr", np.zeros((24, 33, 2), np.float16), channels=("Z", "N.x"))
    with pytest.raises(MediaError, match=r"no R, G, B or Y channels; it has .*Z"):
        open_plate(path)


def test_orientation_is_honoured(make_image: ImageMaker) -> None:
    upright = grey(8)
    # Orientation 6: the stored picture has to be turned clockwise to stand upright.
    path = make_image("a.tif", np.ascontiguousarray(np.rot90(upright, 1)), Orientation=6)
    with open_plate(path) as plate:
        assert (plate.info.width, plate.info.height) == (33, 24)
        assert np.array_equal(np.rint(plate.read(0).luma * 255), upright[..., 0])
