"""The picture that shows methods side by side."""

import numpy as np
import pytest

from tinct.training.evaluation.clip import Clip
from tinct.training.evaluation.contact_sheet import ContactSheet


def red_clip(frames: int, height: int = 30, width: int = 50) -> Clip:
    codes = np.zeros((frames, height, width, 3), np.uint8)
    codes[..., 0] = 200
    return Clip("red", codes)


def test_rows_are_the_asked_frames_that_exist_and_the_last():
    assert ContactSheet(red_clip(70), ["grey"]).rows == (1, 10, 30, 60, 69)
    assert ContactSheet(red_clip(11), ["grey"]).rows == (1, 10)
    assert ContactSheet(red_clip(4), ["grey"]).rows == (1, 3)


@pytest.mark.parametrize("methods", [["flow"], [f"method{i}" for i in range(8)]])
@pytest.mark.parametrize("size", [(30, 50), (300, 2000), (200, 90)])
def test_the_sheet_is_at_most_1600_pixels_wide(methods, size):
    image = ContactSheet(red_clip(3, *size), methods).render()
    assert image.shape[1] <= 1600
    assert image.dtype == np.uint8


def test_columns_hold_grey_true_and_the_methods_in_order():
    clip = red_clip(3)
    sheet = ContactSheet(clip, ["grey", "flow"])
    assert sheet.columns == ("grey", "true", "flow")
    green = np.zeros((30, 50, 3), np.float32)
    green[..., 1] = 1.0
    sheet.add("flow", 2, green)
    image = sheet.render().astype(int)
    third = image.shape[1] // 3
    last_row = image[-image.shape[0] // 4]
    grey, true, flow = (last_row[third * i + third // 2] for i in range(3))
    assert np.ptp(grey) <= 2
    assert tuple(true) == (200, 0, 0)
    assert tuple(flow) == (0, 255, 0)


def test_frames_that_are_not_on_the_sheet_are_left_out():
    sheet = ContactSheet(red_clip(30), ["flow"])
    before = sheet.render()
    sheet.add("flow", 5, np.ones((30, 50, 3), np.float32))
    np.testing.assert_array_equal(sheet.render(), before)
