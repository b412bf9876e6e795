"""PSNR, SSIM, colourfulness and ab error against independent implementations."""

import numpy as np
import pytest
from skimage import data
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from tinct.training.evaluation.metrics.ab_error import ab_error
from tinct.training.evaluation.metrics.colourfulness import colourfulness
from tinct.training.evaluation.metrics.psnr import CEILING_DB, psnr
from tinct.training.evaluation.metrics.ssim import ssim


@pytest.fixture(scope="module")
def photo() -> np.ndarray:
    return data.astronaut()[:120, :97].astype(np.float32) / np.float32(255.0)


@pytest.fixture(params=[0.002, 0.05, 0.4])
def pair(request: pytest.FixtureRequest, photo: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    noise = np.random.default_rng(1).standard_normal(photo.shape).astype(np.float32) * request.param
    return np.clip(photo + noise, 0.0, 1.0), photo


def test_psnr_agrees_with_skimage(pair):
    result, truth = pair
    assert psnr(result, truth) == pytest.approx(peak_signal_noise_ratio(truth, result, data_range=1.0), abs=1e-3)


def test_identical_images_have_the_highest_psnr(photo):
    assert psnr(photo, photo) == CEILING_DB
    assert psnr(photo, photo + np.float32(1e-7)) <= CEILING_DB


def test_ssim_agrees_with_skimage(pair):
    result, truth = pair
    expected = structural_similarity(
        truth.astype(np.float64), result.astype(np.float64), channel_axis=2, data_range=1.0, gaussian_weights=True,
        sigma=1.5, use_sample_covariance=False,
    )  # fmt: skip
    assert ssim(result, truth) == pytest.approx(expected, abs=1e-6)


def test_ssim_of_identical_images_is_one(photo):
    assert ssim(photo, photo) == pytest.approx(1.0)


def test_colourfulness_agrees_with_the_papers_formula_on_8_bit_values(photo):
    codes = np.rint(photo * 255.0)
    red_green, yellow_blue = [], []
    for red, green, blue in codes.reshape(-1, 3):
        red_green.append(red - green)
        yellow_blue.append((red + green) / 2 - blue)
    spread = (np.var(red_green) + np.var(yellow_blue)) ** 0.5
    shift = (np.mean(red_green) ** 2 + np.mean(yellow_blue) ** 2) ** 0.5
    assert colourfulness(photo) == pytest.approx(spread + 0.3 * shift, rel=1e-5)


def test_colourfulness_orders_grey_photo_and_paint(photo):
    grey = np.repeat(photo[..., :1], 3, axis=2)
    paint = np.zeros_like(photo)
    paint[:60, :, 0] = paint[60:, :, 2] = 1.0
    assert colourfulness(grey) == 0.0
    assert 0.0 < colourfulness(photo) < colourfulness(paint)


def test_ab_error_is_the_mean_distance_in_lab_units():
    truth = np.zeros((4, 6, 2), np.float32)
    result = truth.copy()
    result[:2] = 3.0, -4.0
    assert ab_error(result, truth) == pytest.approx(2.5)


@pytest.mark.parametrize("metric", [psnr, ssim, ab_error])
def test_images_of_different_shapes_are_refused(metric):
    with pytest.raises(ValueError, match="different shapes"):
        metric(np.zeros((16, 16, 3), np.float32), np.zeros((16, 15, 3), np.float32))


def test_ssim_refuses_images_smaller_than_its_window():
    with pytest.raises(ValueError, match="at least 11x11"):
        ssim(np.zeros((10, 40, 3), np.float32), np.zeros((10, 40, 3), np.float32))
