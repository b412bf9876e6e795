"""Compiled loops: where they are kept, what they are given, and that their polynomials are the curves."""

import numba
import numpy as np
import pytest
from numba.core.caching import CacheImpl

from tinct.runtime.compiled import compiled, pixels
from tinct.runtime.media.plate import ColourTags
from tinct.runtime.picture.colour import luma_to_lightness
from tinct.runtime.picture.colour_loops import BRIGHTEST, encoded, hue_of


def test_where_no_folder_can_be_written_loops_are_compiled_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CacheImpl, "_locator_classes", [])
    with pytest.raises(RuntimeError, match="no locator"):
        numba.njit(cache=True)(lambda x: x + 1)
    assert compiled(lambda x: x + 1)(2) == 3


def test_loops_are_given_one_kind_of_array() -> None:
    image = np.arange(24, dtype=np.float32).reshape(3, 4, 2)
    assert np.shares_memory(pixels(image[1:], 2), image)
    image.setflags(write=False)
    for given in (image, image[:, ::2], np.asfortranarray(image)):
        found = pixels(given, 2)
        assert found.flags.c_contiguous
        assert found.flags.writeable
        np.testing.assert_array_equal(found, given.reshape(-1, 2))


def test_codes_of_linear_light_are_the_standards() -> None:
    light = np.linspace(-0.1, BRIGHTEST, 20_001, dtype=np.float32)
    exact = light.astype(np.float64)
    wanted = np.where(exact > 0.0031308, 1.055 * np.maximum(exact, 1e-9) ** (1 / 2.4) - 0.055, 12.92 * exact)
    np.testing.assert_allclose([encoded(x) for x in light], wanted, atol=2e-6)


@pytest.mark.parametrize("transfer", ["linear", "srgb", "bt709"])
def test_lightness_is_the_standards(transfer: str) -> None:
    luma = np.linspace(0, 1, 65_537, dtype=np.float32)[None]
    light = luma.astype(np.float64)
    if transfer != "linear":
        light = np.where(light > 0.04045, ((light + 0.055) / 1.055) ** 2.4, light / 12.92)
    root = np.where(light > (6 / 29) ** 3, np.cbrt(light), light / (3 * (6 / 29) ** 2) + 4 / 29)
    np.testing.assert_allclose(luma_to_lightness(luma, ColourTags(transfer=transfer)), 116 * root - 16, atol=1e-4)


def test_hue_is_the_angle() -> None:
    angle = np.linspace(0, 359.9, 3_600)
    a, b = (50 * curve(np.radians(angle)).astype(np.float32) for curve in (np.cos, np.sin))
    found = np.array([hue_of(*pair) for pair in zip(a, b, strict=True)])
    np.testing.assert_allclose((found - angle + 180) % 360 - 180, 0, atol=2e-4)
