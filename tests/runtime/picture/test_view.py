"""The view of a scene: what a shoulder must be."""

import numpy as np

from tinct.runtime.media.linear_space import LinearSpace
from tinct.runtime.media.plate import ColourTags
from tinct.runtime.picture.colour import luma_to_lightness
from tinct.runtime.picture.view import view_gain


def seen(luminance: np.ndarray) -> np.ndarray:
    return luminance / view_gain(luminance)


def test_shadows_and_middle_grey_stay_and_highlights_stay_apart_below_white() -> None:
    low = np.linspace(-1, 0.5, 400, dtype=np.float32)
    np.testing.assert_allclose(seen(low), low, atol=1e-7)
    high = np.float32(2) ** np.linspace(-1, 10, 400, dtype=np.float32)
    view = seen(high)
    assert (np.diff(view) > 0).all()
    assert view.max() < 1
    np.testing.assert_allclose(view, 1 - 1 / (4 * high), rtol=1e-6)


def test_there_is_no_step_and_no_corner_at_the_knee() -> None:
    around = np.linspace(0.49, 0.51, 2001, dtype=np.float64).astype(np.float32)
    slope = np.diff(seen(around).astype(np.float64)) / np.diff(around.astype(np.float64))
    np.testing.assert_allclose(slope[10:-10].reshape(-1, 20).mean(axis=1), 1, atol=0.05)


def test_what_cannot_be_seen_stays_as_it_is() -> None:
    odd = np.float32([-0.5, np.nan, np.inf, -np.inf])
    np.testing.assert_array_equal(view_gain(odd), 1)


def test_the_network_sees_the_scene_through_it() -> None:
    identity = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
    space = LinearSpace("test", identity, (0.3, 0.6, 0.1), scene=True)
    luminance = np.float32([[0.001, 0.18, 0.5, 0.7, 1, 16, 65000]])
    found = luma_to_lightness(luminance, ColourTags(transfer="linear", space=space))
    wanted = luma_to_lightness(seen(luminance), ColourTags(transfer="linear"))
    np.testing.assert_allclose(found, wanted, atol=1e-4)
