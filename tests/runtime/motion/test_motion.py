"""Motion sources, warping, and the propagation of the previous colour."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinct.runtime.errors import UnknownNameError
from tinct.runtime.motion import create_motion, motion_names
from tinct.runtime.motion.dis import agreement
from tinct.runtime.motion.trust import trusted_motion
from tinct.runtime.motion.warp import warp


def motion_between(previous, current, source):
    """Flow and validity of the trusted motion."""
    motion = trusted_motion(previous, current, source)
    return motion.flow, motion.validity


def texture(height, width, seed=0):
    """A smooth random picture, L* 0..100."""
    noise = np.random.default_rng(seed).random((height, width)).astype(np.float32)
    return cv2.normalize(cv2.GaussianBlur(noise, (0, 0), 3), None, 0, 100, cv2.NORM_MINMAX)


def shifted(image, right, down):
    """``image`` moved by whole pixels, its edge repeated."""
    rows = np.clip(np.arange(image.shape[0]) - down, 0, image.shape[0] - 1)
    columns = np.clip(np.arange(image.shape[1]) - right, 0, image.shape[1] - 1)
    return np.ascontiguousarray(image[rows][:, columns])


@pytest.fixture(params=[name for name in motion_names() if name != "none"])
def source(request):
    return create_motion(request.param)


def test_none_is_no_source_and_an_unknown_name_lists_the_known():
    assert create_motion("none") is None
    with pytest.raises(UnknownNameError, match=r"'raft'.*dis"):
        create_motion("raft")


def test_warp_reads_where_the_flow_points():
    image = np.arange(20, dtype=np.float32).reshape(4, 5)
    flow = np.zeros((4, 5, 2), np.float32)
    np.testing.assert_array_equal(warp(image, flow), image)
    flow[..., 0] = 1.5
    np.testing.assert_allclose(warp(image, flow)[1], [6.5, 7.5, 8.5, 9, 9])
    flow[..., 0], flow[..., 1] = 0, -1
    np.testing.assert_array_equal(warp(np.dstack([image, -image]), flow)[2], np.stack([image[1], -image[1]], -1))


def test_flow_leads_from_the_current_to_the_previous_frame(source):
    previous = texture(96, 128)
    motion = source.estimate(previous, shifted(previous, right=4, down=-3))
    inner = motion.flow[16:-16, 16:-16]
    np.testing.assert_allclose(np.median(inner, axis=(0, 1)), [-4, 3], atol=0.1)
    assert motion.validity[16:-16, 16:-16].mean() > 0.95


@pytest.mark.parametrize("pan", [(5, 2), (40, 12), (0, -50)])
def test_slow_and_fast_pans_are_found(source, pan):
    scene = sum(2**k * cv2.resize(texture(400 >> k, 640 >> k, seed=k), (640, 400)) for k in range(6))
    right, down = pan
    later, earlier = (np.ascontiguousarray(scene[88 - y : 312 - y, 128 - x : 512 - x]) / 63 for x, y in (pan, (0, 0)))
    motion = source.estimate(earlier, later)
    height, width = later.shape
    seen = np.s_[max(0, down) : height + min(0, down), max(0, right) : width + min(0, right)]
    missed = np.linalg.norm(motion.flow[seen] + np.array(pan), axis=-1)
    assert np.mean(missed < 0.5) > 0.95
    assert motion.validity[seen].mean() > 0.95


def test_what_came_in_from_outside_is_not_valid(source):
    previous = texture(96, 128)
    motion = source.estimate(previous, shifted(previous, right=8, down=0))
    assert motion.validity[:, :4].mean() < 0.1


def test_unrelated_frames_are_hardly_valid(source):
    motion = source.estimate(texture(96, 128, seed=1), texture(96, 128, seed=2))
    assert motion.validity.mean() < 0.6


def test_equal_frames_do_not_move(source):
    image = texture(96, 128)
    motion = source.estimate(image, image)
    assert np.abs(motion.flow).max() < 0.05
    assert motion.validity.min() == 1


def test_the_same_frames_give_the_same_bits_on_any_number_of_threads(source):
    previous = texture(144, 256)
    current = warp(previous, texture(144, 256, seed=4)[..., None].repeat(2, 2) / 10)
    threads = cv2.getNumThreads()
    try:
        first = source.estimate(previous, current)
        for count in (1, 2, 5):
            cv2.setNumThreads(count)
            source.estimate(current, previous)
            again = create_motion(source.NAME).estimate(previous, current)
            np.testing.assert_array_equal(again.flow, first.flow)
            np.testing.assert_array_equal(again.validity, first.validity)
    finally:
        cv2.setNumThreads(threads)


@given(height=st.integers(1, 80), width=st.integers(1, 80))
def test_any_size(height, width):
    image = texture(80, 80)[:height, :width]
    motion = create_motion("dis").estimate(image, image)
    assert motion.flow.shape == (height, width, 2)
    assert motion.validity.shape == (height, width)
    assert motion.flow.dtype == motion.validity.dtype == np.float32


@pytest.mark.parametrize("size", [(9, 128), (18, 1152), (1152, 18), (1, 400)])
def test_flat_and_tall_pictures(source, size):
    motion = source.estimate(texture(*size), texture(*size, seed=1))
    assert np.isfinite(motion.flow).all()


def test_two_sizes_are_refused(source):
    with pytest.raises(ValueError, match="one size"):
        source.estimate(texture(32, 32), texture(32, 48))


def test_agreement_falls_with_the_distance_that_the_way_back_misses_by():
    backward = np.zeros((40, 200, 2), np.float32)
    forward = np.zeros_like(backward)
    assert (agreement(backward, forward) == 1).all()
    forward[..., 0] = 3
    np.testing.assert_allclose(agreement(backward, forward)[:, 3:-3], np.exp(-1.0), rtol=1e-6)
    backward[..., 0], forward[..., 0] = -40, 40
    agrees = agreement(backward, forward)
    assert (agrees[:, 40:] == 1).all()
    assert not agrees[:, :40].any()  # came in from outside


def test_propagation_moves_colour_with_the_picture(source):
    previous = texture(96, 128)
    ab = np.dstack([texture(96, 128, seed=7), -texture(96, 128, seed=8)])
    flow, validity = motion_between(previous, shifted(previous, right=5, down=2), source)
    moved = warp(ab, flow)
    trusted = validity[16:-16, 16:-16] > 0.9
    error = np.abs(moved - shifted(ab, right=5, down=2))[16:-16, 16:-16][trusted]
    assert trusted.mean() > 0.9
    assert error.mean() < 1.0


def test_propagation_distrusts_another_lightness(source):
    previous = texture(96, 128)
    current = previous.copy()
    current[:, 64:] = np.clip(current[:, 64:] + 24, 0, 100)
    _, validity = motion_between(previous, current, source)
    assert validity[:, :48].mean() > 0.9
    assert validity[:, 80:].mean() < 0.1


def test_propagation_guesses_from_the_edge_where_nothing_is_known(source):
    previous = texture(96, 128)
    ab = np.full((96, 128, 2), 30, np.float32)
    flow, validity = motion_between(previous, shifted(previous, 20, 0), source)
    moved = warp(ab, flow)
    assert (validity == 0).any()
    np.testing.assert_array_equal(moved, ab)
