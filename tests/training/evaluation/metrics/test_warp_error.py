"""Warp error on films whose motion is known."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter, map_coordinates

from tinct.training.evaluation.metrics.warp_error import Correspondence, correspondence, warp_error
from tinct.training.flow import occlusion

SHIFT = 3


def texture(height: int, width: int, channels: int, seed: int) -> np.ndarray:
    noise = np.random.default_rng(seed).standard_normal((height, width, channels))
    smooth = gaussian_filter(noise, (2.5, 2.5, 0))
    return (smooth / np.abs(smooth).max()).astype(np.float32)


@pytest.fixture(scope="module")
def pan() -> dict[str, np.ndarray]:
    """A camera that pans by SHIFT pixels over one picture: what was at x is at x - SHIFT in the next frame."""
    lightness = 50.0 + 45.0 * texture(96, 140, 1, 0)[..., 0]
    ab = 60.0 * texture(96, 140, 2, 1)
    return {
        "previous": lightness[:, :-SHIFT], "current": lightness[:, SHIFT:],
        "previous_ab": ab[:, :-SHIFT], "ab": ab[:, SHIFT:],
    }  # fmt: skip


def test_the_flow_finds_a_known_pan(pan):
    motion = correspondence(pan["previous"], pan["current"])
    flow = motion.flow[motion.reliable]
    assert motion.reliable.mean() > 0.7
    assert np.abs(np.median(flow, axis=0) - [SHIFT, 0]).max() < 0.1


def test_colour_that_moves_with_the_picture_has_almost_no_error(pan):
    motion = correspondence(pan["previous"], pan["current"])
    moved = warp_error(pan["previous_ab"], pan["ab"], motion)
    stuck = warp_error(pan["previous_ab"], pan["previous_ab"], motion)
    assert moved < 0.15 * stuck


def test_agrees_with_a_second_implementation(pan):
    generator = np.random.default_rng(4)
    flow = generator.uniform(-4.0, 4.0, (*pan["current"].shape, 2)).astype(np.float32)
    reliable = generator.random(pan["current"].shape) < 0.6
    y, x = np.mgrid[: flow.shape[0], : flow.shape[1]].astype(np.float64)
    places = [y + flow[..., 1], x + flow[..., 0]]
    warped = [map_coordinates(pan["previous_ab"][..., c], places, order=1, mode="nearest") for c in range(2)]
    expected = np.hypot(*(pan["ab"][..., c] - warped[c] for c in range(2)))[reliable].mean()
    # cv2.remap rounds positions to 1/32 of a pixel.
    measured = warp_error(pan["previous_ab"], pan["ab"], Correspondence(flow, reliable))
    assert measured == pytest.approx(expected, rel=0.01)


def test_a_constant_change_of_colour_is_reported_in_lab_units(pan):
    still = Correspondence(np.zeros((*pan["ab"].shape[:2], 2), np.float32), np.ones(pan["ab"].shape[:2], bool))
    assert warp_error(pan["ab"], pan["ab"] + np.float32([3.0, 4.0]), still) == pytest.approx(5.0, rel=1e-5)


def test_occluded_pixels_do_not_count(pan):
    reliable = np.ones(pan["ab"].shape[:2], bool)
    reliable[:20] = False
    current = pan["ab"].copy()
    current[:20] += 50.0
    still = Correspondence(np.zeros((*reliable.shape, 2), np.float32), reliable)
    assert warp_error(pan["ab"], current, still) == 0.0
    nowhere = Correspondence(still.flow, np.zeros_like(reliable))
    assert warp_error(pan["ab"], current, nowhere) is None


def test_what_is_uncovered_or_outside_is_unreliable():
    # A square moves 6 px to the right over a still ground: the ground behind it has no origin in the previous frame.
    backward = np.zeros((40, 60, 2), np.float32)
    forward = np.zeros((40, 60, 2), np.float32)
    backward[10:30, 26:46, 0] = -6.0
    forward[10:30, 20:40, 0] = 6.0
    reliable = occlusion.reliable(backward, forward)
    assert reliable[15:25, 30:44].all()
    assert not reliable[15:25, 20:24].any()
    assert reliable[0:5].all()
    out = np.full((20, 20, 2), 0.0, np.float32)
    out[..., 0] = 5.0
    assert not occlusion.reliable(out, -out)[:, 16:].any()
    assert occlusion.reliable(out, -out)[:, :15].all()
