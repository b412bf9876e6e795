"""From file to file: the result's luminance is the plate's, in the formats that studios use."""

from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from tinct.runtime.media import ColourTags, PlateInfo, ResultFrame, open_plate, open_writer
from tinct.runtime.run.pipeline import ColorizeRequest, StillAt, colorize_plate

LINEAR, VIDEO = ColourTags(transfer="linear", matrix_tag=0), ColourTags(transfer="bt709")


@pytest.fixture
def still(tmp_path: Path) -> Path:
    y, x = np.mgrid[:90, :160]
    path = tmp_path / "still.png"
    cv2.imwrite(str(path), np.stack([40 + x, 60 + y, 230 - x], axis=-1).astype(np.uint8))
    return path


def make_plate(path: Path, luma: np.ndarray, *, count: int, bits: int, is_float: bool, colour: ColourTags) -> None:
    """Write ``count`` frames of the grey ``luma``, each moved by a pixel, with Tinct's own writer."""
    height, width = luma.shape
    info = PlateInfo(Path("none"), width, height, tuple(range(1, count + 1)), bits, is_float, colour, Fraction(24))
    with open_writer(path, info) as writer:
        for number in info.frames:
            grey = np.roll(luma, number, axis=1)
            writer.write(ResultFrame(number, np.repeat(grey[..., None], 3, axis=-1)))
        writer.commit()


def picture(height: int, width: int) -> np.ndarray:
    """Shapes, a ramp to black and to white, and grain."""
    y, x = np.mgrid[:height, :width].astype(np.float32)
    luma = 0.5 + 0.4 * np.sin(x / width * 9) * np.cos(y / height * 7) + 0.2 * ((x // 16 + y // 16) % 2)
    grain = np.random.default_rng(0).normal(0, 0.02, luma.shape)
    return np.clip(luma * np.linspace(0, 1.2, width) + grain, 0, 1).astype(np.float32)


def coloured(plate: Path, still: Path, output: Path, *, chroma: float = 1.5) -> None:
    colorize_plate(
        ColorizeRequest(plate, (StillAt(still),), output, model="fake", backend="fake", working_size=64, chroma=chroma)
    )


def difference(plate: Path, result: Path) -> float:
    """Largest difference in luma over all frames; the result must have colour."""
    with open_plate(plate) as before, open_plate(result) as after:
        assert len(before.info.frames) == len(after.info.frames)
        pairs = list(zip(before.frames(), after.frames(), strict=True))
    assert all(after.was_colour for _, after in pairs)
    return max(float(np.abs(before.luma - after.luma).max()) for before, after in pairs)


@pytest.mark.parametrize(("bits", "most"), [(16, 1e-4), (32, 1e-6)])
def test_linear_exr_with_highlights_keeps_its_luminance(tmp_path: Path, still: Path, bits: int, most: float) -> None:
    plate, result = tmp_path / "in" / "p.%04d.exr", tmp_path / "out" / "r.%04d.exr"
    luma = picture(90, 160) ** 2 * np.float32(4)
    make_plate(plate, luma, count=2, bits=bits, is_float=True, colour=LINEAR)
    # Half floats hold luminance this well only for colours inside the gamut: blue takes up what red and green lose.
    coloured(plate, still, result, chroma=0.4)
    # Full scale of this plate is 4.
    assert difference(plate, result) <= 4 * most


@pytest.mark.parametrize("size", [(97, 61), (64, 64), (61, 211)])
@pytest.mark.parametrize("bits", [8, 16])
def test_integer_images_keep_their_luma_within_one_code_at_odd_sizes(
    tmp_path: Path, still: Path, bits: int, size: tuple[int, int]
) -> None:
    plate, result = tmp_path / "in" / "p.%04d.png", tmp_path / "out" / "r.%04d.png"
    make_plate(plate, picture(*size), count=2, bits=bits, is_float=False, colour=ColourTags(transfer="srgb"))
    coloured(plate, still, result)
    assert difference(plate, result) <= 1 / (2**bits - 1)


@pytest.mark.parametrize("name", ["r.mkv", "r.%04d.dpx"])
def test_ten_bit_film_keeps_its_luma_within_one_code(tmp_path: Path, still: Path, name: str) -> None:
    plate, result = tmp_path / "p.mkv", tmp_path / name
    make_plate(plate, picture(90, 160), count=3, bits=10, is_float=False, colour=VIDEO)
    coloured(plate, still, result)
    # Video range has 876 steps from black to white at ten bits.
    assert difference(plate, result) <= 1 / 876


def test_four_k_exr_keeps_its_luminance(tmp_path: Path, still: Path) -> None:
    plate, result = tmp_path / "in" / "p.%04d.exr", tmp_path / "out" / "r.%04d.exr"
    make_plate(plate, picture(2160, 3840), count=1, bits=32, is_float=True, colour=LINEAR)
    coloured(plate, still, result)
    assert difference(plate, result) <= 1e-6
