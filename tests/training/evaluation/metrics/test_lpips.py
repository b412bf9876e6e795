"""LPIPS against a re-implementation in numpy, and its pickle reader against hostile files."""

import pickle

import numpy as np
import pytest
from skimage import data

from tinct.training.evaluation.metrics.lpips import Lpips, load_weights
from tinct.training.model.features.array_pickle import read_arrays

ALEX = ((4, 2, 0), (1, 2, 3), (1, 1, 3), (1, 1, 0), (1, 1, 0))
"""Stride, padding and size of the pooling before each convolution of AlexNet."""
VGG = ((0, 0), (0, 1), (2, 0), (0, 1), (2, 0), (0, 0), (0, 1), (2, 0), (0, 0), (0, 1), (2, 0), (0, 0), (0, 1))
"""Size of the pooling before each convolution of VGG16, and whether LPIPS reads its output."""


@pytest.fixture(scope="module")
def alex() -> Lpips:
    return Lpips("alex")


def crops(size: int) -> tuple[np.ndarray, np.ndarray]:
    photo = data.astronaut().astype(np.float32) / np.float32(255.0)
    return photo[60 : 60 + size, 180 : 180 + size], photo[66 : 66 + size, 190 : 190 + size]


def pooled(x: np.ndarray, size: int) -> np.ndarray:
    windows = np.lib.stride_tricks.sliding_window_view(x, (size, size), axis=(0, 1))[::2, ::2]
    return windows.max(axis=(-1, -2))


def convolved(x: np.ndarray, weights: dict, stride: int, padding: int) -> np.ndarray:
    """ReLU of a convolution of (H, W, C), with kernels stored as (height, width, in, out)."""
    x = np.pad(x, ((padding, padding), (padding, padding), (0, 0)))
    kernel = weights["kernel"].astype(np.float64)
    windows = np.lib.stride_tricks.sliding_window_view(x, kernel.shape[:2], axis=(0, 1))[::stride, ::stride]
    return np.maximum(np.tensordot(windows, kernel, axes=([3, 4, 2], [0, 1, 2])) + weights["bias"], 0.0)


def taps(rgb: np.ndarray, net: str, weights: dict) -> list[np.ndarray]:
    x = (2.0 * rgb.astype(np.float64) - 1.0 - [-0.030, -0.088, -0.188]) / [0.458, 0.448, 0.450]
    plan = [(*row, 1) for row in ALEX] if net == "alex" else [(1, 1, *row) for row in VGG]
    found = []
    for i, (stride, padding, pool, tap) in enumerate(plan):
        x = convolved(pooled(x, pool) if pool else x, weights[f"Conv_{i}"], stride, padding)
        if tap:
            found.append(x / np.linalg.norm(x, axis=-1, keepdims=True).clip(1e-10))
    return found


@pytest.mark.parametrize(("net", "key", "size"), [("alex", "AlexNet_0", 64), ("vgg", "VGG16_0", 32)])
def test_agrees_with_a_second_implementation(net, key, size):
    weights = load_weights(net)
    one, other = crops(size)
    pairs = zip(taps(one, net, weights[key]), taps(other, net, weights[key]), strict=True)
    expected = sum(
        ((a - b) ** 2 @ weights[f"NetLinLayer_{i}"]["Conv_0"]["kernel"][0, 0, :, 0]).mean()
        for i, (a, b) in enumerate(pairs)
    )
    assert Lpips(net)(one, other) == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize(("net", "expected"), [("alex", 0.530726), ("vgg", 0.737686)])
def test_agrees_with_the_authors_program(net, expected):
    # Values of the package lpips 0.1.4 for these crops, with normalize=True.
    photo = data.astronaut().astype(np.float32) / np.float32(255.0)
    assert Lpips(net)(photo[:128, 128:256], photo[64:192, 192:320]) == pytest.approx(expected, abs=1e-5)


def test_equal_images_are_at_distance_zero_and_noise_moves_them_apart(alex):
    photo, _ = crops(64)
    noise = np.random.default_rng(0).standard_normal(photo.shape).astype(np.float32)
    distances = [alex(np.clip(photo + level * noise, 0.0, 1.0), photo) for level in (0.0, 0.05, 0.2)]
    assert distances[0] == 0.0
    assert distances[0] < distances[1] < distances[2]


def test_is_symmetric(alex):
    one, other = crops(48)
    assert alex(one, other) == pytest.approx(alex(other, one))


def test_a_grey_version_is_farther_than_the_photo_itself_from_the_photo(alex):
    photo, _ = crops(64)
    grey = np.repeat(photo.mean(axis=2, keepdims=True), 3, axis=2)
    assert alex(grey, photo) > 0.01


def test_bad_arguments_are_refused(alex):
    small = np.zeros((20, 64, 3), np.float32)
    with pytest.raises(ValueError, match="at least 32"):
        alex(small, small)
    with pytest.raises(ValueError, match="different shapes"):
        alex(small, small[:, :40])
    with pytest.raises(ValueError, match="alex, vgg"):
        Lpips("squeeze")


class Hostile:
    def __reduce__(self):
        return (print, ("ran",))


@pytest.mark.parametrize("thing", [Hostile(), {"a": [Hostile()]}, np.array([Hostile()], dtype=object)])
def test_a_pickle_that_names_code_is_refused_and_not_run(thing, capsys):
    with pytest.raises(pickle.UnpicklingError, match="numpy arrays only"):
        read_arrays(pickle.dumps(thing))
    assert capsys.readouterr().out == ""


def test_a_pickle_of_arrays_is_read():
    array = np.arange(6, dtype=np.float32).reshape(2, 3)
    read = read_arrays(pickle.dumps({"kernel": array}, protocol=3))
    np.testing.assert_array_equal(read["kernel"], array)
