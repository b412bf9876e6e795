"""Chroma enlargement: no worse than bilinear on pictures, better at edges, nothing invented."""

import cv2
import numpy as np
import pytest
from skimage import data

from tinct.runtime.picture.colour import lab_to_srgb, srgb_to_lab
from tinct.runtime.picture.upsample import upsample_chroma


def reduced(image: np.ndarray, factor: float) -> np.ndarray:
    size = (round(image.shape[1] / factor), round(image.shape[0] / factor))
    return cv2.resize(np.ascontiguousarray(image), size, interpolation=cv2.INTER_AREA)


def psnr(lab: np.ndarray, ab: np.ndarray) -> float:
    error = lab_to_srgb(np.concatenate([lab[..., :1], ab], axis=-1)) - lab_to_srgb(lab)
    return float(-10 * np.log10(np.mean(np.square(error))))


@pytest.mark.parametrize("name", ["astronaut", "coffee", "chelsea", "rocket"])
@pytest.mark.parametrize("factor", [1.25, 2, 4, 7.5])
@pytest.mark.parametrize("grain", [0, 4])
def test_photographs_come_out_better_than_bilinear(name: str, factor: float, grain: float) -> None:
    lab = srgb_to_lab(getattr(data, name)()[:320, :320].astype(np.float32) / np.float32(255))
    lightness = lab[..., 0] + np.random.default_rng(1).normal(0, grain, lab.shape[:2]).astype(np.float32)
    small = reduced(lab[..., 1:], factor)
    plain = cv2.resize(small, lightness.shape[::-1], interpolation=cv2.INTER_LINEAR)
    assert psnr(lab, upsample_chroma(small, reduced(lightness, factor), lightness)) > psnr(lab, plain)


def edge(step: float, side: int = 96) -> tuple[np.ndarray, np.ndarray]:
    rows, columns = np.mgrid[:side, :side]
    right = columns + 0.35 * rows >= side // 2 + 17
    ab = np.where(right[..., None], (40, -30), (-20, 40)).astype(np.float32)
    return (40 + step * right).astype(np.float32), ab


@pytest.mark.parametrize(
    ("factor", "step", "most"),
    [(2, 40, 0.4), (2, 15, 0.7), (2, 0, 1), (4, 40, 0.25), (4, 15, 0.55), (4, 0, 0.95), (8, 40, 0.2), (8, 0, 0.95)],
)
def test_colour_bleeds_less_than_bilinear_and_never_more(factor: int, step: float, most: float) -> None:
    lightness, ab = edge(step)
    small = reduced(ab, factor)
    plain = cv2.resize(small, lightness.shape[::-1], interpolation=cv2.INTER_LINEAR)
    ours = upsample_chroma(small, reduced(lightness, factor), lightness)
    assert np.abs(ours - ab).sum() <= most * np.abs(plain - ab).sum()


def test_texture_without_colour_gets_none() -> None:
    lightness = np.random.default_rng(2).uniform(10, 90, (80, 120)).astype(np.float32)
    uniform = np.full((20, 30, 2), (12, -7), np.float32)
    full = upsample_chroma(uniform, reduced(lightness, 4), lightness)
    np.testing.assert_allclose(full, np.broadcast_to(np.float32((12, -7)), full.shape), atol=1e-4)


@pytest.mark.parametrize("step", [0, 15, 40])
@pytest.mark.parametrize("grain", [0, 4])
def test_no_halo_beside_an_edge(step: float, grain: float) -> None:
    lightness, ab = edge(step)
    lightness += np.random.default_rng(4).normal(0, grain, lightness.shape).astype(np.float32)
    full = upsample_chroma(reduced(ab, 4), reduced(lightness, 4), lightness)
    assert full.min() >= ab.min() - 1e-4
    assert full.max() <= ab.max() + 1e-4


@pytest.mark.parametrize("full", [(33, 47), (48, 64), (1, 1)])
def test_a_plate_no_larger_than_the_working_size_gets_the_area_average(full: tuple[int, int]) -> None:
    ab = np.random.default_rng(3).normal(0, 20, (48, 64, 2)).astype(np.float32)
    result = upsample_chroma(ab, np.full((48, 64), 50, np.float32), np.full(full, 50, np.float32))
    assert result.shape == (*full, 2)
    np.testing.assert_allclose(result.mean(axis=(0, 1)), ab.mean(axis=(0, 1)), atol=0.05)
    if full == (48, 64):
        np.testing.assert_array_equal(result, ab)


@pytest.mark.parametrize(("small", "full"), [((9, 16), (1080, 1920)), ((31, 17), (321, 178)), ((1, 1), (5, 7))])
def test_one_colour_stays_one_colour_at_any_size(small: tuple[int, int], full: tuple[int, int]) -> None:
    lightness = np.linspace(0, 100, full[0] * full[1], dtype=np.float32).reshape(full)
    ab = np.full((*small, 2), 25, np.float32)
    lightness_small = cv2.resize(lightness, small[::-1], interpolation=cv2.INTER_AREA).reshape(small)
    result = upsample_chroma(ab, lightness_small, lightness)
    assert result.dtype == np.float32
    np.testing.assert_allclose(result, np.full((*full, 2), 25, np.float32), atol=1e-3)


def test_the_same_bits_come_out_wherever_the_images_lie_in_memory() -> None:
    rng = np.random.default_rng(5)
    lightness, ab = rng.uniform(0, 100, (270, 481)).astype(np.float32), rng.normal(0, 20, (68, 121, 2))
    images = (ab.astype(np.float32), cv2.resize(lightness, (121, 68), interpolation=cv2.INTER_AREA), lightness)

    def moved(image: np.ndarray, offset: int) -> np.ndarray:
        memory = np.empty(image.size + 32, np.float32)
        start = -(memory.ctypes.data // 4) % 16 + offset
        memory[start : start + image.size] = image.ravel()
        return memory[start : start + image.size].reshape(image.shape)

    once = upsample_chroma(*images)
    for offset in range(1, 16):
        np.testing.assert_array_equal(upsample_chroma(*(moved(image, offset) for image in images)), once)


def test_sizes_that_do_not_belong_together_are_refused() -> None:
    ab = np.zeros((4, 6, 2), np.float32)
    with pytest.raises(ValueError, match="lightness_small must be float32 of 4 x 6"):
        upsample_chroma(ab, np.zeros((4, 5), np.float32), np.zeros((8, 12), np.float32))
    with pytest.raises(ValueError, match="ab_small must be float32"):
        upsample_chroma(ab.astype(np.float64), np.zeros((4, 6), np.float32), np.zeros((8, 12), np.float32))
