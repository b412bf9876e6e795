"""The checks against their inequalities written out, and on a scene whose occlusion is known."""

import numpy as np
import pytest

from tinct.training.flow.occlusion import agreement, consistent, motion_boundary, reliable, round_trip


@pytest.fixture
def square():
    """A square moves 6 px to the right over a still ground."""
    backward, forward = np.zeros((2, 40, 60, 2), np.float32)
    backward[10:30, 26:46, 0] = -6.0
    forward[10:30, 20:40, 0] = 6.0
    return backward, forward


def bilinear(flow, x, y):
    height, width = flow.shape[:2]
    x, y = min(max(x, 0), width - 1), min(max(y, 0), height - 1)
    left, top = int(x), int(y)
    right, below = min(left + 1, width - 1), min(top + 1, height - 1)
    u, v = x - left, y - top
    upper = flow[top, left] * (1 - u) + flow[top, right] * u
    return upper * (1 - v) + (flow[below, left] * (1 - u) + flow[below, right] * u) * v


def test_the_inequality_of_sundaram_pixel_by_pixel():
    generator = np.random.default_rng(0)
    backward = (np.round(generator.uniform(-3, 3, (9, 11, 2)) * 32) / 32).astype(np.float32)
    forward = (-backward + generator.normal(0, 0.6, backward.shape)).astype(np.float32)
    mask, miss, soft = consistent(backward, forward), round_trip(backward, forward), agreement(backward, forward)
    seen = set()
    for y in range(9):
        for x in range(11):
            b = backward[y, x].astype(float)
            f = bilinear(forward.astype(float), x + b[0], y + b[1])
            square, bound = ((b + f) ** 2).sum(), 0.01 * ((b**2).sum() + (f**2).sum()) + 0.5
            assert miss[y, x] == pytest.approx(square, rel=1e-4, abs=1e-5)
            if abs(square - bound) > 1e-4:
                assert mask[y, x] == (square <= bound)
            seen.add(bool(mask[y, x]))
            inside = 0 <= x + b[0] <= 10 and 0 <= y + b[1] <= 8
            assert soft[y, x] == pytest.approx(np.exp(-square / 3**2) * inside, rel=1e-3, abs=1e-6)
    assert seen == {False, True}


def test_what_is_uncovered_is_occluded(square):
    mask = reliable(*square)
    assert mask[15:25, 30:44].all()
    assert not mask[15:25, 20:24].any()
    assert mask[0:5].all()


def test_what_tears_is_a_boundary(square):
    torn = motion_boundary(square[0])
    assert torn[15:25, [25, 45]].all()
    assert torn[[9, 29], 30:40].all()
    assert not torn[15:25, 30:40].any()
    assert not torn[:, -1].any()
    assert not torn[-1].any()


def test_what_leads_outside_is_not_reliable():
    out = np.zeros((20, 20, 2), np.float32)
    out[..., 0] = 5.0
    assert not reliable(out, -out)[:, 16:].any()
    assert reliable(out, -out)[:, :15].all()
    assert not agreement(out, -out)[:, 16:].any()


def test_everything_may_be_occluded():
    out = np.full((5, 7, 2), 50.0, np.float32)
    assert not reliable(out, out).any()
    assert not agreement(out, out).any()
