"""Pictures on a device are those on the CPU."""

import cv2
import numpy as np
import pytest
import torch
from skimage.color import rgb2lab

from tinct.training.colour import srgb_to_lab
from tinct.training.data import device_pictures


@pytest.fixture
def picture():
    """(66, 90, 3) uint8: not a multiple of 4, so that no plane of I420 begins a row."""
    noise = np.random.default_rng(3).random((66, 90, 3)).astype(np.float32)
    return cv2.normalize(cv2.GaussianBlur(noise, (0, 0), 3), None, 0, 255, cv2.NORM_MINMAX).astype(np.uint8)


def channels_first(image):
    return torch.from_numpy(np.ascontiguousarray(image)).movedim(-1, 0)[None]


def test_i420_is_decoded_as_opencv_does(picture):
    planes = cv2.cvtColor(picture, cv2.COLOR_RGB2YUV_I420)
    decoded = device_pictures.i420_to_rgb(torch.from_numpy(planes.reshape(1, -1)), picture.shape[:2])
    wanted = cv2.cvtColor(planes, cv2.COLOR_YUV2RGB_I420)
    np.testing.assert_allclose(decoded[0].movedim(0, -1) * 255, wanted, atol=1.0)


def test_lab_is_that_of_the_libraries(picture):
    rgb = np.concatenate([picture, np.zeros_like(picture), np.full_like(picture, 255)]).astype(np.float32) / 255
    lab = device_pictures.srgb_to_lab(channels_first(rgb))[0].numpy()
    np.testing.assert_allclose(lab, srgb_to_lab(rgb), atol=0.7)  # OpenCV looks its values up
    np.testing.assert_allclose(lab, rgb2lab(rgb), atol=0.05)
    np.testing.assert_allclose(lab[-1, -1], [100, 0, 0], atol=0.01)


@pytest.mark.parametrize(("window", "method"), [((3, 7, 60, 80), cv2.INTER_AREA), ((3, 7, 20, 30), cv2.INTER_LINEAR)])
def test_windows_are_cut_as_on_the_cpu(picture, window, method):
    top, left, height, width = window
    piece = picture[top : top + height, left : left + width].astype(np.float32)
    wanted = cv2.resize(piece, (40, 32), interpolation=method)
    result = device_pictures.cut(channels_first(picture).float(), window, (32, 40))[0].movedim(0, -1).numpy()
    assert np.abs(result - wanted).mean() < 1  # of 255; area and triangle filters differ a little
