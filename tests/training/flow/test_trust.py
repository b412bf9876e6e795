"""Training sees the motion that the runtime will give."""

import cv2
import numpy as np
import pytest
from training_motion import TrainingMotion

from tinct.runtime.motion import create_motion
from tinct.runtime.motion.dis import agreement as runtime_agreement
from tinct.runtime.motion.trust import trusted_motion
from tinct.runtime.motion.warp import warp
from tinct.training.flow.dis import DisFlow
from tinct.training.flow.occlusion import agreement
from tinct.training.flow.trust import moved_from
from tinct.training.flow.warp import sample


def frames(height=96, width=128):
    rng = np.random.default_rng(0)
    scene = cv2.GaussianBlur(rng.random((height + 24, width + 52)).astype(np.float32), (0, 0), 3)
    scene = cv2.normalize(scene, None, 0, 100, cv2.NORM_MINMAX)
    return tuple(np.ascontiguousarray(scene[k : k + height, 3 * k : 3 * k + width]) for k in (2, 4))


def test_training_and_runtime_move_colours_alike():
    earlier, later = frames()
    ab = cv2.GaussianBlur(np.random.default_rng(1).normal(0, 100, (96, 128, 2)).astype(np.float32), (0, 0), 3)
    motion = trusted_motion(earlier, later, TrainingMotion())
    wanted, wanted_trust = warp(ab, motion.flow), motion.validity
    positions, trust = moved_from(earlier, later)
    np.testing.assert_allclose(trust, wanted_trust, atol=1e-5)
    assert wanted_trust.mean() > 0.5
    sure = trust > 0
    np.testing.assert_allclose(sample(ab, positions)[sure], wanted[sure], atol=1e-3)


@pytest.mark.parametrize("size", [(96, 128), (97, 131), (224, 384)])
def test_training_and_runtime_find_the_same_motion(size):
    earlier, later = frames(*size)
    motion = create_motion("dis").estimate(earlier, later)
    flow, forward = DisFlow().flow(later, earlier), DisFlow().flow(earlier, later)
    apart = np.linalg.norm(motion.flow - flow, axis=-1)
    assert np.median(apart) < 0.01
    assert np.quantile(apart, 0.95) < 0.3
    np.testing.assert_allclose(agreement(flow, forward), runtime_agreement(flow, forward), atol=1e-6)


def test_the_runtimes_cheaper_check_trusts_alike():
    earlier, later = frames()
    wanted = TrainingMotion().estimate(earlier, later).validity
    found = create_motion("dis").estimate(earlier, later).validity
    assert 0.5 < wanted.mean() < 0.99
    assert np.abs(found - wanted).mean() < 0.03
