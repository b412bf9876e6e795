"""A mask limits where colour goes."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from tinct.runtime.errors import FrameRangeError, MediaNotFoundError, UsageError
from tinct.runtime.run.pipeline import ColorizeRequest, StillAt, colorize_plate

HEIGHT, WIDTH = 64, 96
FRAMES = (11, 12, 13)

Job = Callable[..., dict[int, np.ndarray]]


@pytest.fixture
def job(tmp_path: Path) -> Job:
    """Colour three frames; returns pictures (H, W, 3) as integers by number."""
    folder = tmp_path / "plate"
    folder.mkdir()
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    for number in FRAMES:
        cv2.imwrite(str(folder / f"p.{number:04}.png"), (128 + 60 * np.sin((x + number) / 9)).astype(np.uint8))
    still = tmp_path / "still.png"
    cv2.imwrite(str(still), np.stack([60 + x, 40 + y, 220 - x - y // 2], axis=-1).clip(0, 255).astype(np.uint8))
    request = ColorizeRequest(
        folder / "p.%04d.png", (StillAt(still),), tmp_path, model="fake", backend="fake", working_size=64
    )

    def run(output: str, **changes: object) -> dict[int, np.ndarray]:
        colorize_plate(replace(request, output=tmp_path / output / "r.%04d.png", **changes))
        return {n: cv2.imread(str(tmp_path / output / f"r.{n:04}.png")).astype(int) for n in FRAMES}

    return run


def spread(picture: np.ndarray) -> np.ndarray:
    return np.ptp(picture, axis=-1)


def test_a_picture_limits_every_frame_and_its_soft_edge_fades(job: Job, tmp_path: Path) -> None:
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    mask[:, 32:64] = np.linspace(0, 255, 32).astype(np.uint8)
    mask[:, 64:] = 255
    cv2.imwrite(str(tmp_path / "mask.png"), mask)
    free, masked = job("free"), job("masked", mask=tmp_path / "mask.png")
    for number in FRAMES:
        assert spread(masked[number][:, :32]).max() == 0
        np.testing.assert_array_equal(masked[number][:, 64:], free[number][:, 64:])
        share = spread(masked[number][:, 32:64]).mean(axis=0) / spread(free[number][:, 32:64]).mean(axis=0)
        assert share[0] < 0.1
        assert 0.3 < share[14:18].mean() < 0.7
        assert share[-1] > 0.9


def test_a_sequence_limits_each_frame_by_its_own(job: Job, tmp_path: Path) -> None:
    (tmp_path / "matte").mkdir()
    for number in FRAMES:
        matte = np.full((HEIGHT, WIDTH), 255 * (number == 12), np.uint8)
        cv2.imwrite(str(tmp_path / "matte" / f"m.{number:04}.png"), matte)
    result = job("out", mask=tmp_path / "matte")
    assert [spread(result[number]).max() > 20 for number in FRAMES] == [False, True, False]


def test_a_matte_in_alpha_is_the_mask(job: Job, tmp_path: Path) -> None:
    matte = np.zeros((HEIGHT, WIDTH, 4), np.uint8)
    matte[:32, :, 3] = 255
    cv2.imwrite(str(tmp_path / "matte.png"), matte)
    result = job("out", mask=tmp_path / "matte.png")
    assert spread(result[11][:32]).max() > 20
    assert spread(result[11][32:]).max() == 0


def test_masks_that_do_not_fit_are_refused(job: Job, tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "small.png"), np.zeros((HEIGHT // 2, WIDTH), np.uint8))
    with pytest.raises(UsageError, match=r"the mask .*small\.png is 96x32 and the plate .* is 96x64"):
        job("out", mask=tmp_path / "small.png")
    cv2.imwrite(str(tmp_path / "m.0011.png"), np.zeros((HEIGHT, WIDTH), np.uint8))
    cv2.imwrite(str(tmp_path / "m.0013.png"), np.zeros((HEIGHT, WIDTH), np.uint8))
    with pytest.raises(FrameRangeError, match=r"m\.%04d\.png"):
        job("out", mask=tmp_path / "m.%04d.png")
    cv2.imwrite(str(tmp_path / "m.0012.png"), np.zeros((HEIGHT, WIDTH), np.uint8))
    (tmp_path / "m.0013.png").unlink()
    with pytest.raises(FrameRangeError, match="lacks 13 of the plate"):
        job("out", mask=tmp_path / "m.%04d.png")
    with pytest.raises(MediaNotFoundError, match=r"nosuch\.png"):
        job("out", mask=tmp_path / "nosuch.png")
    assert not (tmp_path / "out").exists()
