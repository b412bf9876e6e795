"""Warping error: how much colour changes along the motion of the picture.

Lai et al., "Learning Blind Video Temporal Consistency", ECCV 2018, eq. 9, on chroma: the distance between a frame's
ab and the previous frame's ab warped onto it, over the pixels that are not occluded. The motion is estimated from the
luminance by Farneback's polynomial expansion, which no method or model of Tinct uses. Grey scores 0 and a true film
does not (noise, light, errors of the flow): read the value beside the true film's own.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from tinct.training.evaluation import flow_field
from tinct.training.evaluation.flow_field import Mask

Image = NDArray[np.float32]


@dataclass(frozen=True)
class Correspondence:
    """Where each pixel of a frame lay in the one before: ``flow`` (H, W, 2) pixels, ``reliable`` (H, W)."""

    flow: Image
    reliable: Mask


def correspondence(previous: Image, current: Image) -> Correspondence:
    """Motion between two (H, W) L* images in 0..100, with the occlusion test of ``flow_field.reliable``."""
    backward = _farneback(current, previous)
    forward = _farneback(previous, current)
    return Correspondence(backward, flow_field.reliable(backward, forward))


def warp_error(previous_ab: Image, ab: Image, motion: Correspondence) -> float | None:
    """Mean Euclidean ab distance in Lab units of two (H, W, 2) images over reliable pixels; ``None`` without any."""
    if not motion.reliable.any():
        return None
    difference = ab - flow_field.warp(previous_ab, motion.flow)
    return float(np.linalg.norm(difference, axis=-1)[motion.reliable].mean(dtype=np.float64))


def _farneback(source: Image, target: Image) -> Image:
    codes = [np.rint(np.clip(lightness, 0.0, 100.0) * 2.55).astype(np.uint8) for lightness in (source, target)]
    return cv2.calcOpticalFlowFarneback(
        *codes, None, pyr_scale=0.5, levels=5, winsize=15, iterations=5, poly_n=7, poly_sigma=1.5,
        flags=cv2.OPTFLOW_FARNEBACK_GAUSSIAN,
    )  # fmt: skip
