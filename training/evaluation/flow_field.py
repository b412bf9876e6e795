"""Warping by dense backward flow, and where such a flow cannot be trusted.

A flow (H, W, 2) float32, pixels, x then y, takes the pixel p of the current frame to p + flow(p) in the previous one.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.float32]
Mask = NDArray[np.bool_]


def warp(image: Image, flow: Image) -> Image:
    """Sample ``image`` (H, W) or (H, W, C) of the previous frame at p + flow(p), bilinear, edges replicated."""
    x, y = _target(flow)
    return cv2.remap(image, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def inside(flow: Image) -> Mask:
    """(H, W): whether p + flow(p) lies inside the image."""
    x, y = _target(flow)
    height, width = x.shape
    return (x >= 0) & (y >= 0) & (x <= width - 1) & (y <= height - 1)


def round_trip(backward: Image, forward: Image) -> Image:
    """(H, W) squared pixels by which ``backward`` followed by ``forward`` (previous to current) miss."""
    return np.square(backward + warp(forward, backward)).sum(axis=-1)


def reliable(backward: Image, forward: Image) -> Mask:
    """(H, W): neither occluded nor at a motion boundary, and inside the image.

    The test is that of Ruder et al., "Artistic Style Transfer for Videos", GCPR 2016, eq. 5 and 6, as used for the
    warping error of Lai et al., "Learning Blind Video Temporal Consistency", ECCV 2018.
    """
    back = np.square(backward).sum(axis=-1)
    there = np.square(warp(forward, backward)).sum(axis=-1)
    consistent = round_trip(backward, forward) <= 0.01 * (back + there) + 0.5
    slope = sum(np.square(np.diff(backward, axis=axis, append=_last(backward, axis))).sum(axis=-1) for axis in (0, 1))
    return consistent & (slope <= 0.01 * back + 0.002) & inside(backward)


def _last(flow: Image, axis: int) -> Image:
    return flow[-1:] if axis == 0 else flow[:, -1:]


def _target(flow: Image) -> tuple[Image, Image]:
    height, width = flow.shape[:2]
    x = flow[..., 0] + np.arange(width, dtype=np.float32)
    y = flow[..., 1] + np.arange(height, dtype=np.float32)[:, None]
    return x, y
