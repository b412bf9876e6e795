"""Training sees the motion that the runtime will give."""

import cv2
import numpy as np

from tinct.runtime.motion import create_motion
from tinct.runtime.motion.propagate import propagate
from tinct.training.data.motion import moved_from, sample


def test_training_and_runtime_move_colours_alike():
    rng = np.random.default_rng(0)
    scene = cv2.GaussianBlur(rng.random((120, 180)).astype(np.float32), (0, 0), 3)
    scene = cv2.normalize(scene, None, 0, 100, cv2.NORM_MINMAX)
    earlier, later = (np.ascontiguousarray(scene[k : k + 96, 3 * k : 3 * k + 128]) for k in (2, 4))
    ab = cv2.GaussianBlur(rng.normal(0, 100, (96, 128, 2)).astype(np.float32), (0, 0), 3)
    wanted, wanted_trust = propagate(earlier, ab, later, create_motion("dis"))
    positions, trust = moved_from(earlier, later)
    np.testing.assert_allclose(trust, wanted_trust, atol=1e-5)
    assert wanted_trust.mean() > 0.5
    sure = trust > 0
    np.testing.assert_allclose(sample(ab, positions)[sure], wanted[sure], atol=1e-3)
