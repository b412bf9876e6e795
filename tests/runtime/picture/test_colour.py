"""Lab values against independent libraries, L* of plates, and odd input."""

import numpy as np
import pytest
from skimage import color as reference

from tinct.runtime.media.plate import ColourTags
from tinct.runtime.picture.colour import lab_to_srgb, luma_to_lightness, srgb_to_lab


@pytest.fixture
def rgb() -> np.ndarray:
    """A grid over the whole cube, dark ends included, as (H, W, 3)."""
    axis = np.concatenate([np.linspace(0, 0.1, 9), np.linspace(0.15, 1, 15)])
    return np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), axis=-1).reshape(24, -1, 3).astype(np.float32)


def test_srgb_to_lab_agrees_with_scikit_image(rgb: np.ndarray) -> None:
    # scikit-image rounds the white point to five digits: that moves a and b by up to 0.006.
    np.testing.assert_allclose(srgb_to_lab(rgb), reference.rgb2lab(rgb), atol=0.01)


def test_srgb_to_lab_agrees_with_the_definition_in_double_precision(rgb: np.ndarray) -> None:
    code = rgb.astype(np.float64)
    light = np.where(code <= 0.04045, code / 12.92, ((code + 0.055) / 1.055) ** 2.4)
    xyz = light @ reference.colorconv.xyz_from_rgb.T
    ratio = xyz / reference.colorconv.xyz_from_rgb.sum(axis=1)
    f = np.where(ratio > (6 / 29) ** 3, np.cbrt(ratio), ratio / (3 * (6 / 29) ** 2) + 4 / 29)
    lab = np.stack([116 * f[..., 1] - 16, 500 * (f[..., 0] - f[..., 1]), 200 * (f[..., 1] - f[..., 2])], axis=-1)
    np.testing.assert_allclose(srgb_to_lab(rgb), lab, atol=1e-3)


def test_lab_to_srgb_agrees_with_scikit_image(rgb: np.ndarray) -> None:
    np.testing.assert_allclose(lab_to_srgb(reference.rgb2lab(rgb).astype(np.float32)), rgb, atol=1e-3)


def test_lab_and_srgb_are_inverse_to_each_other_beyond_the_gamut_too() -> None:
    lab = np.random.default_rng(1).uniform((5, -90, -90), (100, 90, 90), (40, 50, 3)).astype(np.float32)
    rgb = lab_to_srgb(lab, clip=False)
    assert rgb.min() < -0.1
    assert rgb.max() > 1.1
    inside = ((rgb >= 0) & (rgb <= 1)).all(axis=-1)
    np.testing.assert_allclose(srgb_to_lab(rgb)[inside], lab[inside], atol=2e-3)
    assert lab_to_srgb(lab).min() == 0
    assert lab_to_srgb(lab).max() == 1


def test_greys_have_no_colour() -> None:
    grey = np.repeat(np.linspace(0, 1, 256, dtype=np.float32)[None, :, None], 3, axis=2)
    assert np.abs(srgb_to_lab(grey)[..., 1:]).max() < 1e-4
    np.testing.assert_allclose(lab_to_srgb(srgb_to_lab(grey)), grey, atol=2e-6)


@pytest.mark.parametrize("transfer", ["srgb", "bt709"])
def test_display_referred_luma_has_the_lightness_of_that_grey(transfer: str) -> None:
    luma = np.linspace(0, 1, 1024, dtype=np.float32).reshape(4, 256)
    expected = reference.rgb2lab(np.repeat(luma[..., None], 3, axis=2))[..., 0]
    np.testing.assert_allclose(luma_to_lightness(luma, ColourTags(transfer=transfer)), expected, atol=1e-3)


def test_linear_luma_is_luminance() -> None:
    luma = np.array([[0, 0.001, 0.18, 0.5, 1]], np.float32)
    lightness = luma_to_lightness(luma, ColourTags(transfer="linear"))
    np.testing.assert_allclose(lightness, [[0, 0.9033, 49.4961, 76.0693, 100]], atol=1e-3)


@pytest.mark.parametrize("transfer", ["linear", "srgb", "bt709"])
def test_lightness_stays_in_range_whatever_a_float_plate_holds(transfer: str) -> None:
    luma = np.array([[np.nan, np.inf, -np.inf, -3, 40000, 1, 0]], np.float32)
    lightness = luma_to_lightness(luma, ColourTags(transfer=transfer))
    np.testing.assert_allclose(lightness, [[0, 0, 0, 0, 100, 100, 0]], atol=2e-5)


@pytest.mark.parametrize("shape", [(1, 1), (1, 70001), (70001, 1), (517, 911)])
def test_every_pixel_is_converted_whatever_the_shape(shape: tuple[int, int]) -> None:
    luma = np.random.default_rng(2).random(shape, dtype=np.float32)
    expected = reference.rgb2lab(np.repeat(luma[..., None], 3, axis=2))[..., 0]
    np.testing.assert_allclose(luma_to_lightness(luma, ColourTags(transfer="srgb")), expected, atol=1e-3)


def test_wrong_images_are_refused_by_name() -> None:
    with pytest.raises(ValueError, match="luma must be float32 of any x any, got float64"):
        luma_to_lightness(np.zeros((4, 4)), ColourTags())
    with pytest.raises(ValueError, match="rgb must be float32 of any x any x 3"):
        srgb_to_lab(np.zeros((4, 4), np.float32))
    with pytest.raises(ValueError, match="transfer 'log' is unknown"):
        luma_to_lightness(np.zeros((4, 4), np.float32), ColourTags(transfer="log"))
