"""Motion between training frames: the same estimate that the runtime makes (a test holds the two together)."""

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.float32]
Levels = NDArray[np.uint8]
ROUND_TRIP_PIXELS = 1.5
LIGHTNESS_TOLERANCE = 10.0


def moved_from(previous: Image, current: Image) -> tuple[Image, Image]:
    """Where ``current``'s pixels lay in ``previous``, both (H, W) L* 0..100.

    Returns sampling positions (H, W, 2) in pixels, x then y, and the trust (H, W) 0..1: forward and backward flow agree
    inside the image (``exp`` of the squared miss / 1.5^2), times ``exp(-(d / 10)^2)`` of the difference of lightness.
    """
    backward, forward = flow_between(lightness_levels(previous), lightness_levels(current))
    height, width = current.shape
    positions = backward + np.stack(np.meshgrid(np.arange(width), np.arange(height)), -1).astype(np.float32)
    returned = sample(forward, positions)
    gap = np.square(backward + returned).sum(-1)
    inside = (positions >= 0).all(-1) & (positions[..., 0] <= width - 1) & (positions[..., 1] <= height - 1)
    agrees = np.exp(-gap / ROUND_TRIP_PIXELS**2) * inside
    difference = current - sample(previous, positions)
    return positions, (agrees * np.exp(-np.square(difference / LIGHTNESS_TOLERANCE))).astype(np.float32)


def lightness_levels(lightness: Image) -> Levels:
    """L* 0..100 as the 8 bits that flow is estimated on."""
    return np.rint(np.clip(lightness, 0, 100) * 2.55).astype(np.uint8)


def flow_between(earlier: Levels, later: Levels) -> tuple[Image, Image]:
    """DIS flow (Kroeger et al. 2016) backward (later to earlier) and forward, (H, W, 2) in pixels, x then y."""
    search = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    search.setFinestScale(0)
    search.setPatchStride(4)
    search.setGradientDescentIterations(12)
    search.setVariationalRefinementIterations(1)
    return search.calc(later, earlier, None), search.calc(earlier, later, None)


def sample(image: Image, positions: Image) -> Image:
    """Bilinear samples of (H, W[, C]) at pixel ``positions`` (H, W, 2), edges replicated."""
    return cv2.remap(image, positions, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
