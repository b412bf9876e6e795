"""Training sees the anchors that the runtime will give."""

from itertools import pairwise

import cv2
import numpy as np
import pytest
import torch
from training_motion import TrainingMotion

from tinct.runtime.motion.anchor import SEARCH_EVERY, Anchor
from tinct.runtime.motion.trust import trusted_motion
from tinct.training.flow.anchor import LEAST_TRUST, anchor_run, compose_anchors, read_anchored
from tinct.training.flow.trust import moved_from

HEIGHT, WIDTH, COUNT = 96, 128, 10
SURE = 0.3


@pytest.fixture(scope="module")
def pictures():
    """Lab pictures of a scene that the camera moves over by (3, 1) pixels a frame; what it shows changes a little."""
    rng = np.random.default_rng(0)
    scene = cv2.GaussianBlur(rng.random((HEIGHT + 24, WIDTH + 52, 3)).astype(np.float32), (0, 0), 3)
    scene = cv2.normalize(scene, None, 0, 100, cv2.NORM_MINMAX)
    cuts = [scene[k : k + HEIGHT, 3 * k : 3 * k + WIDTH].copy() for k in range(COUNT + 1)]
    for number, cut in enumerate(cuts):
        cv2.circle(cut, (40 + 4 * number, 60), 9, (80, -40, 50), -1)
    return cuts


@pytest.fixture(scope="module")
def motion(pictures):
    lights = [np.ascontiguousarray(one[..., 0]) for one in pictures]
    return lights, [moved_from(a, b) for a, b in pairwise(lights)]


def test_training_and_runtime_anchor_alike(pictures, motion):
    (reference, *lights), chain = motion
    places, trust = anchor_run(reference, lights, chain, begun=True)
    source = TrainingMotion()
    anchor, before, inner = None, reference, np.s_[4:-4, 4:-4]
    for i, light in enumerate(lights):
        step = trusted_motion(before, light, source)
        anchor = Anchor.begun(0, step) if anchor is None else anchor.carried(step)
        if anchor.age >= SEARCH_EVERY:
            anchor = anchor.searched(reference, light, source)
        before = light
        # DIS sees L* in 8 bits, rounded one way or the other; at the picture's edge a rounding leads in or out of it
        np.testing.assert_allclose(trust[i][inner], anchor.trust[inner], atol=0.03)
        assert np.abs(trust[i] - anchor.trust).mean() < 1e-3
        known = anchor.trust > SURE
        grid = np.stack(np.meshgrid(np.arange(WIDTH), np.arange(HEIGHT)), -1)
        np.testing.assert_allclose(places[i][known], (grid + anchor.flow)[known], atol=0.1)
        wanted, wanted_trust = anchor.read(pictures[0], light)
        tensors = (
            torch.from_numpy(x)[None] for x in (pictures[0].transpose(2, 0, 1), light[None], places[i], trust[i])
        )
        ab, read = read_anchored(*tensors, l_scale=1.0)
        np.testing.assert_allclose(read[0, 0].numpy()[inner], wanted_trust[inner], atol=0.02)
        known &= wanted_trust > SURE
        assert known.mean() > 0.3
        np.testing.assert_allclose(ab[0].movedim(0, -1).numpy()[known], wanted[known], atol=1.5)
        assert np.abs(wanted[known] - pictures[i + 1][known][:, 1:]).mean() < 1


def test_on_a_device_places_are_composed_alike(motion):
    (reference, *lights), chain = motion
    chain, lights = chain[:3], lights[:3]  # nothing is searched again so soon
    positions, sure = (torch.from_numpy(np.stack(one))[None] for one in zip(*chain, strict=True))
    first, first_trust = (torch.from_numpy(one)[None] for one in moved_from(reference, lights[0]))
    for begun in (True, False):
        places, trust = anchor_run(reference, lights, chain, begun=begun)
        composed, likely = compose_anchors(positions, sure, first, first_trust, torch.tensor([float(begun)]))
        np.testing.assert_allclose(likely[0].numpy(), trust, atol=2e-3)
        known = trust > SURE
        assert known.mean() > 0.4
        np.testing.assert_allclose(composed[0].numpy()[known], places[known], atol=0.05)


def test_a_reference_of_another_view_anchors_nothing(motion):
    (_, *lights), chain = motion
    other = np.random.default_rng(5).uniform(0, 100, lights[0].shape).astype(np.float32)
    assert moved_from(other, lights[0])[1].mean() < LEAST_TRUST
    places, trust = anchor_run(other, lights, chain, begun=False)
    assert places.shape == (COUNT, HEIGHT, WIDTH, 2)
    assert not trust.any()
