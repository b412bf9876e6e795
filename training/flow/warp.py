"""Sampling pictures where a flow leads, on the CPU. The counterpart on a torch device is `device_warp`.

A flow (H, W, 2) float32, pixels, x then y, takes the pixel p of one frame to p + flow(p) in another.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.float32]
Mask = NDArray[np.bool_]


def positions(flow: Image) -> Image:
    """(H, W, 2): p + flow(p) of each pixel p."""
    height, width = flow.shape[:2]
    return flow + np.stack(np.meshgrid(np.arange(width), np.arange(height)), -1).astype(np.float32)


def flow_to(places: Image) -> Image:
    """Inverse of `positions`: what leads each pixel to its place of ``places`` (H, W, 2)."""
    return places - positions(np.zeros_like(places))


def sample(image: Image, places: Image) -> Image:
    """Bilinear samples of (H, W[, C]) at pixel ``places`` (h, w, 2), x then y, edges replicated.

    OpenCV rounds places to 1/32 of a pixel.
    """
    return cv2.remap(image, places, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def warp(image: Image, flow: Image) -> Image:
    """`sample` of ``image`` (H, W[, C]) at p + flow(p): the other frame brought to this one."""
    return sample(image, positions(flow))


def within(places: Image, size: tuple[int, int]) -> Mask:
    """(h, w): whether pixel ``places`` (h, w, 2) lie inside a picture of ``size`` (H, W)."""
    x, y = places[..., 0], places[..., 1]
    return (x >= 0) & (y >= 0) & (x <= size[1] - 1) & (y <= size[0] - 1)


def inside(flow: Image) -> Mask:
    """(H, W): whether p + flow(p) lies inside the image."""
    return within(positions(flow), flow.shape[:2])
