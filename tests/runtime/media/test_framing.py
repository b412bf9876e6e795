"""A still of which a part counts is the still that has this part alone."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from tinct.runtime.errors import StillError, UsageError
from tinct.runtime.media import StillFile, read_still
from tinct.runtime.media.framing import Framing


def picture() -> np.ndarray:
    """(40, 60, 3) uint8 with another colour at each pixel, grey in the right third."""
    y, x = np.mgrid[:40, :60]
    rgb = np.stack([x * 4, y * 6, 255 - x * 2 - y * 2], axis=-1).astype(np.uint8)
    rgb[:, 40:] = rgb[:, 40:, :1]
    return rgb


@pytest.fixture
def path(tmp_path: Path) -> Path:
    cv2.imwrite(str(tmp_path / "still.png"), picture()[..., ::-1])
    return tmp_path / "still.png"


@pytest.mark.parametrize(("turn", "way"), [(0, None), (90, cv2.ROTATE_90_CLOCKWISE), (180, cv2.ROTATE_180), (270, 2)])
def test_the_part_is_cut_out_and_then_turned(path: Path, tmp_path: Path, turn: int, way: int | None) -> None:
    part = picture()[10:30, 6:36]
    part = part if way is None else cv2.rotate(part, way)
    cv2.imwrite(str(tmp_path / "part.png"), part[..., ::-1])
    framing = Framing((0.1, 0.25, 0.6, 0.75), turn)
    still = read_still(path, framing=framing)
    assert still.digest == read_still(tmp_path / "part.png").digest
    assert np.array_equal(StillFile(path, still.digest, framing=framing).rgb, still.rgb)


def test_a_part_that_is_grey_is_refused(path: Path) -> None:
    with pytest.raises(StillError, match=r"the still .* that counts is grey"):
        read_still(path, framing=Framing((0.7, 0.0, 1.0, 1.0)))


def test_the_least_part_is_a_pixel(path: Path) -> None:
    assert Framing((0.999, 0.999, 1.0, 1.0)).of(np.zeros((4, 4, 3), np.float32)).shape == (1, 1, 3)


@pytest.mark.parametrize("crop", [(0.5, 0, 0.5, 1), (-0.1, 0, 1, 1), (0, 0, 1, 1.1), (0, 0.9, 1, 0.1)])
def test_no_part_of_a_picture(crop: tuple[float, float, float, float]) -> None:
    with pytest.raises(UsageError, match="no part of a picture"):
        Framing(crop)
    with pytest.raises(UsageError, match="0, 90, 180, 270 degrees, not by 45"):
        Framing(turn=45)
