"""Motion by dense inverse search (Kroeger et al., "Fast Optical Flow using Dense Inverse Search", ECCV 2016)."""

from typing import ClassVar

import cv2
import numpy as np

from tinct.runtime.motion.base import Image, Motion, MotionSource
from tinct.runtime.motion.inverse_search import MARGIN, SIDE, STEP, find_patches, spread
from tinct.runtime.motion.warp import sampling_positions, warp

ROUND_TRIP_PIXELS = 3.0
"""Distance between a place and where it comes back to, there and back, at which the trust has fallen to 1/e."""
CHECKING = 1
"""Finest level of the way that only checks the other: half resolution is near enough, at a third of the time."""


class DisMotion(MotionSource):
    """DIS down to full resolution, valid where the way there, searched down to half resolution, agrees.

    The result depends on the two images only: nothing is kept between calls, and the thread count does not matter.
    """

    NAME: ClassVar[str] = "dis"

    def estimate(self, previous: Image, current: Image) -> Motion:
        """Motion between ``previous`` and ``current``, both (H, W) float32 L* in 0..100.

        Raises:
            ValueError: the images differ in size.
        """
        if previous.shape != current.shape or previous.ndim != 2:
            raise ValueError(f"motion needs two (H, W) images of one size, not {previous.shape} and {current.shape}")
        earlier, later = pyramid(previous), pyramid(current)
        height, width = current.shape
        backward, forward = search(later, earlier), search(earlier, later, finest=CHECKING)
        backward, forward = (np.ascontiguousarray(flow[:height, :width]) for flow in (backward, forward))
        return Motion(flow=backward, validity=agreement(backward, forward))


def agreement(backward: Image, forward: Image) -> Image:
    """How well two flows (H, W, 2) are inverse to each other, (H, W) float32 0..1.

    ``exp(-|b(x) + f(x + b)|^2 / 3^2)`` where x + b lies inside the image, else 0.
    """
    height, width = backward.shape[:2]
    gap = _squared_length(backward + warp(forward, backward))
    x, y = sampling_positions(backward)
    inside = (x >= 0) & (x <= width - 1) & (y >= 0) & (y <= height - 1)
    return np.asarray(np.exp(gap / np.float32(-(ROUND_TRIP_PIXELS**2))) * inside, np.float32)


def _squared_length(flow: Image) -> Image:
    """(H, W, 2) to (H, W); written out because a sum over an axis of two is five times slower."""
    squares = np.square(flow)
    return squares[..., 0] + squares[..., 1]


def pyramid(lightness: Image) -> list[Image]:
    """An L* image (H, W) and its halves, each half the one before it, while a patch fits; extended at the right and
    the bottom where not even one does."""
    height, width = lightness.shape
    below, right = max(0, SIDE - height), max(0, SIDE - width)
    whole = np.pad(lightness, ((0, below), (0, right)), mode="edge") if below or right else lightness
    levels = [np.ascontiguousarray(whole, np.float32)]
    while min(levels[-1].shape) >= 2 * SIDE:
        height, width = levels[-1].shape
        half = cv2.resize(levels[-1], (width // 2, height // 2), interpolation=cv2.INTER_AREA)
        levels.append(np.asarray(half, np.float32))
    return levels


def search(source: list[Image], target: list[Image], *, finest: int = 0) -> Image:
    """Flow (H, W, 2) that leads from each pixel of a picture to its place in another, from the `pyramid` of each,
    searched down to 1/2^finest of the resolution, or to what there is of it."""
    finest = min(finest, len(source) - 1)
    height, width = source[-1].shape
    flow = np.zeros((-(-height // 2), -(-width // 2), 2), np.float32)
    for light, other in zip(source[finest:][::-1], target[finest:][::-1], strict=True):
        flow = _refined(light, other, flow)
    height, width = source[0].shape
    if not finest:
        return flow
    return np.asarray(cv2.resize(flow, (width, height)) * np.float32(2**finest), np.float32)


def _refined(light: Image, other: Image, coarse: Image) -> Image:
    """The flow of a level from that of the next coarser one."""
    height, width = light.shape
    wide = np.asarray(cv2.copyMakeBorder(other, *(MARGIN,) * 4, cv2.BORDER_REPLICATE), np.float32)
    found = np.empty((_steps(height), _steps(width), 2), np.float32)
    find_patches(light, _slope(light, (1, 0)), _slope(light, (0, 1)), wide, coarse, found)
    flow = np.empty((height, width, 2), np.float32)
    spread(light, wide, found, flow)
    return flow


def _steps(length: int) -> int:
    """Patches that cover that many pixels."""
    return -(-(length - SIDE) // STEP) + 1


def _slope(light: Image, along: tuple[int, int]) -> Image:
    """The derivative of a picture, in L* a pixel: to the right (1, 0) or downwards (0, 1)."""
    slope = cv2.Sobel(light, cv2.CV_32F, *along, ksize=3, scale=1 / 8, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(slope, np.float32)
