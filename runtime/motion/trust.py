"""How far motion is trusted, and with it the colours that it moves."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from tinct.runtime.motion.base import Motion, MotionSource
from tinct.runtime.motion.warp import warp

Image = NDArray[np.float32]

LIGHTNESS_TOLERANCE = 10.0
"""Difference of L* at which the trust in a moved colour has fallen to 1/e."""


def trusted_motion(previous: Image, lightness: Image, motion_source: MotionSource) -> Motion:
    """Motion from the frame of that ``lightness`` back to the ``previous`` one, both (H, W) L* 0..100, trusted as far
    as they look alike: the motion's own validity times ``exp(-(d / 10)^2)``, d being the difference of L* between the
    frame and the moved previous frame. A colour that was moved to a place of another lightness belongs to something
    else."""
    motion = motion_source.estimate(previous, lightness)
    difference = lightness - warp(previous, motion.flow)
    likeness = np.exp(-np.square(difference / np.float32(LIGHTNESS_TOLERANCE)))
    return replace(motion, validity=np.asarray(motion.validity * likeness, np.float32))
