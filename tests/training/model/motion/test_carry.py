"""Moving pictures in a graph is what the data set and the runtime do outside of it."""

import numpy as np
import pytest
import torch
from training_motion import TrainingMotion

from tinct.runtime.motion.trust import trusted_motion
from tinct.training.flow.dis import DisFlow
from tinct.training.flow.occlusion import agreement as known_agreement
from tinct.training.flow.trust import trust as known_trust
from tinct.training.flow.warp import warp
from tinct.training.model.motion.carry import agreement, trust
from tinct.training.model.motion.network import Flows
from tinct.training.model.motion.sampling import sample_along

HEIGHT, WIDTH = 48, 64


@pytest.fixture(scope="module")
def frames():
    import cv2

    noise = np.random.default_rng(1).random((HEIGHT, WIDTH + 8)).astype(np.float32)
    scene = cv2.normalize(cv2.GaussianBlur(noise, (0, 0), 3), None, 5, 95, cv2.NORM_MINMAX)
    return np.ascontiguousarray(scene[:, :WIDTH]), np.ascontiguousarray(scene[:, 3 : WIDTH + 3])


@pytest.fixture(scope="module")
def known(frames):
    previous, current = frames
    source = DisFlow()
    return source.flow(current, previous), source.flow(previous, current)


def planes(image):
    return torch.from_numpy(np.atleast_3d(image).transpose(2, 0, 1)[None].copy())


def flows(known):
    return Flows(planes(known[0]), planes(known[1]), ())


def test_pictures_are_read_where_the_flow_leads(frames, known):
    found = sample_along(planes(frames[0]), planes(known[0]))[0, 0].numpy()
    # OpenCV rounds places to 1/32 of a pixel
    assert np.abs(found - warp(frames[0], known[0])).max() < 0.5


def test_trust_is_that_of_the_data_set(frames, known):
    found = agreement(flows(known))[0, 0].numpy()
    np.testing.assert_allclose(found, known_agreement(*known), atol=0.03)
    pair = [(planes(one) - 50) / 25 for one in frames]
    found = trust(flows(known), *pair, l_scale=25.0)[0, 0].numpy()
    np.testing.assert_allclose(found, known_trust(*frames, *known), atol=0.05)
    assert 0.3 < found.mean() < 1


def test_a_state_is_moved_as_by_the_runtime(frames, known):
    state = np.random.default_rng(2).random((HEIGHT, WIDTH, 3)).astype(np.float32)
    motion = trusted_motion(*frames, TrainingMotion())
    moved, sure = warp(state, motion.flow), motion.validity
    pair = [(planes(one) - 50) / 50 for one in frames]
    np.testing.assert_allclose(trust(flows(known), *pair, l_scale=50.0)[0, 0].numpy(), sure, atol=0.05)
    found = sample_along(planes(state), planes(known[0]))[0].numpy().transpose(1, 2, 0)
    assert np.abs(found - moved).max() < 0.05
