from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tinct.runtime.errors import MediaNotFoundError, StillError
from tinct.runtime.media import StillFile, read_still

ImageMaker = Callable[..., Path]


def colours(dtype: type = np.uint8, peak: float = 255) -> np.ndarray:
    return (np.random.default_rng(0).random((40, 60, 3)) * peak).astype(dtype)


@pytest.mark.parametrize(
    ("suffix", "dtype", "peak"), [("png", np.uint8, 255), ("png", np.uint16, 65535), ("tif", np.uint16, 65535)]
)
def test_encoded_pixels_are_taken_as_they_are(make_image: ImageMaker, suffix: str, dtype: type, peak: int) -> None:
    pixels = colours(dtype, peak)
    still = read_still(make_image(f"a.{suffix}", pixels))
    assert still.rgb.dtype == np.float32
    assert np.allclose(still.rgb * peak, pixels, atol=0.01)


def test_jpeg(make_image: ImageMaker) -> None:
    pixels = np.full((48, 64, 3), (200, 90, 40), np.uint8)
    assert np.abs(read_still(make_image("a.jpg", pixels)).rgb * 255 - pixels).max() < 6


def test_scene_linear_exr_is_encoded_and_clipped(make_image: ImageMaker) -> None:
    pixels = np.full((40, 60, 3), (0.18, 4.0, -0.5), np.float16)
    pixels[0, 0] = np.nan
    rgb = read_still(make_image("a.exr", pixels)).rgb
    assert np.allclose(rgb[1, 1], (1.055 * 0.18 ** (1 / 2.4) - 0.055, 1.0, 0.0), atol=1e-3)
    assert np.array_equal(rgb[0, 0], (0, 0, 0))


def test_orientation_is_honoured(make_image: ImageMaker) -> None:
    pixels = colours()
    plain = read_still(make_image("a.tif", pixels))
    turned = read_still(make_image("b.tif", np.ascontiguousarray(np.rot90(pixels, 1)), Orientation=6))
    assert np.array_equal(plain.rgb, turned.rgb)
    assert plain.digest == turned.digest


@pytest.mark.parametrize("orientation", range(1, 9))
def test_all_eight_orientations(make_image: ImageMaker, orientation: int) -> None:
    # EXIF 2.3, tag 274: which side of the picture the stored row 0 and column 0 are.
    upright = colours()
    stored = {
        1: upright, 2: upright[:, ::-1], 3: upright[::-1, ::-1], 4: upright[::-1],
        5: upright.swapaxes(0, 1), 6: np.rot90(upright, 1),
        7: upright[::-1, ::-1].swapaxes(0, 1), 8: np.rot90(upright, -1),
    }[orientation]  # fmt: skip
    still = read_still(make_image("a.tif", np.ascontiguousarray(stored), Orientation=orientation))
    assert np.array_equal(np.rint(still.rgb * 255), upright)


def test_alpha_is_ignored(make_image: ImageMaker) -> None:
    pixels = np.concatenate([colours(), np.full((40, 60, 1), 7, np.uint8)], axis=-1)
    still = read_still(make_image("a.png", pixels, oiio__UnassociatedAlpha=1))
    assert np.allclose(still.rgb * 255, colours(), atol=0.01)


def test_the_digest_tells_pixels_apart_not_files(make_image: ImageMaker) -> None:
    pixels = colours()
    a, b = read_still(make_image("a.png", pixels)), read_still(make_image("b.tif", pixels))
    pixels[3, 3, 0] ^= 1
    c = read_still(make_image("c.png", pixels))
    assert a.digest == b.digest != c.digest
    assert len(a.digest) == 64


def test_pixels_cannot_be_changed_behind_the_digest(make_image: ImageMaker) -> None:
    still = read_still(make_image("a.png", colours()))
    with pytest.raises(ValueError, match="read-only"):
        still.rgb[0, 0, 0] = 1


def grey_noise(spread: int) -> np.ndarray:
    random = np.random.default_rng(0)
    base = random.integers(30, 220, (80, 90, 1))
    return (base + random.integers(-spread, spread + 1, (80, 90, 3))).astype(np.uint8)


@pytest.mark.parametrize("spread", [0, 1])
def test_grey_stills_are_refused(make_image: ImageMaker, spread: int) -> None:
    with pytest.raises(StillError, match=r"a\.png is grey"):
        read_still(make_image("a.png", grey_noise(spread)))


def test_one_channel_is_grey(make_image: ImageMaker) -> None:
    with pytest.raises(StillError, match="grey"):
        read_still(make_image("a.png", grey_noise(0)[..., :1]))


def test_a_little_colour_is_colour(make_image: ImageMaker) -> None:
    pixels = grey_noise(0)
    pixels[:10, :10] = (200, 40, 30)
    assert read_still(make_image("a.png", pixels)).rgb.shape == (80, 90, 3)


def test_stills_that_cannot_be_used(make_image: ImageMaker, tmp_path: Path) -> None:
    with pytest.raises(MediaNotFoundError, match=r"no still .*gone\.png"):
        read_still(tmp_path / "gone.png")
    broken = make_image("broken.png", colours())
    broken.write_bytes(broken.read_bytes()[:2000])
    with pytest.raises(StillError, match=r"broken\.png cannot be decoded"):
        read_still(broken)
    (tmp_path / "text.txt").write_text("hello")
    with pytest.raises(StillError, match=r"text\.txt is not an image"):
        read_still(tmp_path / "text.txt")
    with pytest.raises(StillError, match="is not an image"):
        read_still(tmp_path)
    with pytest.raises(StillError, match="smallest side"):
        read_still(make_image("tiny.png", colours()[:9]))


def test_a_still_file_gives_the_pixels_it_had_and_says_so_when_they_are_others(make_image: ImageMaker) -> None:
    path = make_image("a.png", colours())
    still = read_still(path)
    file = StillFile(path, still.digest)
    assert np.array_equal(file.rgb, still.rgb)
    make_image("a.png", colours()[::-1])
    with pytest.raises(StillError, match="was changed since"):
        _ = file.rgb
    path.unlink()
    with pytest.raises(StillError, match="is gone"):
        _ = file.rgb
