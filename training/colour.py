"""Conversions between sRGB and CIE Lab (D65) for training and evaluation."""

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.float32]


def srgb_to_lab(rgb: Image) -> Image:
    """Convert sRGB-encoded (H, W, 3) float32 in 0..1 to Lab float32: L* 0..100, a and b about -128..127."""
    return cv2.cvtColor(np.ascontiguousarray(rgb, np.float32), cv2.COLOR_RGB2Lab)


def lab_to_srgb(lab: Image) -> Image:
    """Convert Lab (H, W, 3) to sRGB-encoded float32, clipped to 0..1."""
    rgb = cv2.cvtColor(np.ascontiguousarray(lab, np.float32), cv2.COLOR_Lab2RGB)
    return np.clip(rgb, 0.0, 1.0)
