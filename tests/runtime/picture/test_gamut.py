"""Colours outside the gamut lose chroma and nothing else."""

import numpy as np
import pytest

from tinct.runtime.media.plate import ColourTags
from tinct.runtime.picture.colour import lab_to_srgb, srgb_to_lab
from tinct.runtime.picture.colour_loops import gamut_places, gamut_shares
from tinct.runtime.picture.gamut import gamut_of, largest_chroma


def shortened(lab: np.ndarray) -> np.ndarray:
    flat = lab.reshape(-1, 3).astype(np.float32)
    lightness, a, b = (np.ascontiguousarray(plane) for plane in flat.T)
    row_of, place = np.empty((2, a.size), np.int32)
    row_part, hue_part, share = (np.empty_like(a) for _ in range(3))
    gamut_places(lightness, a, b, row_of, place, row_part, hue_part)
    gamut_shares(*gamut_of(ColourTags(), limit=True), a, b, row_of, place, row_part, hue_part, share)
    return np.stack([lightness, a * share, b * share], axis=-1).reshape(lab.shape)


def test_colours_of_the_gamut_stay() -> None:
    axis = np.linspace(0, 1, 33, dtype=np.float32)
    lab = srgb_to_lab(np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), axis=-1).reshape(33, -1, 3))
    chroma = np.hypot(lab[..., 1], lab[..., 2])
    moved = np.linalg.norm(shortened(lab) - lab, axis=-1)
    # The border itself lies between the entries of a table.
    assert moved.max() <= 0.02 * chroma.max()
    assert (moved > 1e-4).mean() < 0.05


def test_colours_beyond_it_come_to_its_border_at_their_own_hue() -> None:
    rng = np.random.default_rng(1)
    angle, lightness = rng.uniform(0, 2 * np.pi, (2, 60, 90))
    lab = np.stack([10 + 13 * lightness, 150 * np.cos(angle), 150 * np.sin(angle)], axis=-1).astype(np.float32)
    short = shortened(lab)
    turned = np.arctan2(short[..., 2], short[..., 1]) - np.arctan2(lab[..., 2], lab[..., 1])
    np.testing.assert_allclose(np.sin(turned), 0, atol=1e-5)
    rgb = lab_to_srgb(short, clip=False)
    assert rgb.min() > -0.12
    assert rgb.max() < 1.05
    # One channel stands at the border, or nearly so.
    light = np.where(rgb > 0.04045, ((np.maximum(rgb, 0) + 0.055) / 1.055) ** 2.4, rgb / 12.92)
    assert np.minimum(np.abs(light).min(axis=-1), np.abs(1 - light).min(axis=-1)).max() < 0.05


def test_neutral_stays_exactly_neutral_and_black_takes_no_colour() -> None:
    grey = np.zeros((1, 11, 3), np.float32)
    grey[..., 0] = np.linspace(0, 100, 11)
    np.testing.assert_array_equal(shortened(grey), grey)
    np.testing.assert_allclose(shortened(np.array([[[0, 30, -20]]], np.float32))[..., 1:], 0, atol=1e-3)


@pytest.mark.parametrize("shape", [(1, 40_000), (40_000, 1), (3, 5)])
def test_any_shape_is_taken(shape: tuple[int, int]) -> None:
    lab = np.broadcast_to(np.float32((50, 200, 0)), (*shape, 3))
    np.testing.assert_allclose(shortened(lab)[..., 1], shortened(lab[:1, :1])[0, 0, 1])


def test_wider_primaries_allow_more() -> None:
    narrow, wide = largest_chroma("bt709").min(axis=0), largest_chroma("bt2020").min(axis=0)
    assert wide.mean() > narrow.mean() * 1.2


def test_without_an_upper_end_white_takes_colour() -> None:
    above_zero, below_one = largest_chroma("bt709")
    assert above_zero[-1].min() > 10
    assert (below_one[-1] < above_zero[-1]).all()
