"""Warping error: how much colour changes along the motion of the picture.

Lai et al., "Learning Blind Video Temporal Consistency", ECCV 2018, eq. 9, on chroma: the distance between a frame's
ab and the previous frame's ab warped onto it, over the pixels that are not occluded. The motion is estimated from the
luminance by Farneback's polynomial expansion, which no method or model of Tinct uses. Grey scores 0 and a true film
does not (noise, light, errors of the flow): read the value beside the true film's own.
"""

from dataclasses import dataclass

import numpy as np

from tinct.training.flow.farneback import FarnebackFlow
from tinct.training.flow.occlusion import reliable
from tinct.training.flow.warp import Image, Mask, warp


@dataclass(frozen=True)
class Correspondence:
    """Where each pixel of a frame lay in the one before: ``flow`` (H, W, 2) pixels, ``reliable`` (H, W)."""

    flow: Image
    reliable: Mask


def correspondence(previous: Image, current: Image) -> Correspondence:
    """Motion between two (H, W) L* images in 0..100, with the occlusion test of `reliable`."""
    source = FarnebackFlow()
    backward, forward = source.flow(current, previous), source.flow(previous, current)
    return Correspondence(backward, reliable(backward, forward))


def warp_error(previous_ab: Image, ab: Image, motion: Correspondence) -> float | None:
    """Mean Euclidean ab distance in Lab units of two (H, W, 2) images over reliable pixels; ``None`` without any."""
    if not motion.reliable.any():
        return None
    difference = ab - warp(previous_ab, motion.flow)
    return float(np.linalg.norm(difference, axis=-1)[motion.reliable].mean(dtype=np.float64))
