"""Structural similarity with a Gaussian window.

Wang et al., "Image Quality Assessment: From Error Visibility to Structural Similarity", IEEE TIP 2004, eq. 13, with the
paper's window (11x11, sigma 1.5) and constants (K1 = .01, K2 = .03).
"""

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.float32]

WINDOW, SIGMA = 11, 1.5
C1, C2 = 0.01**2, 0.03**2


def ssim(result: Image, truth: Image) -> float:
    """Mean SSIM of two sRGB-encoded (H, W, 3) float images in 0..1: per channel, averaged; -1..1, 1 is equal.

    Only pixels whose window lies inside the image count.

    Raises:
        ValueError: the images differ in shape, or a side is shorter than the window.
    """
    if result.shape != truth.shape:
        raise ValueError(f"SSIM of images of different shapes: {result.shape} and {truth.shape}; resize one first")
    if min(result.shape[:2]) < WINDOW:
        raise ValueError(f"SSIM needs images of at least {WINDOW}x{WINDOW} pixels, not {result.shape[:2]}")
    x, y = result.astype(np.float64), truth.astype(np.float64)
    mean_x, mean_y = _blur(x), _blur(y)
    variance_x = _blur(x * x) - mean_x**2
    variance_y = _blur(y * y) - mean_y**2
    covariance = _blur(x * y) - mean_x * mean_y
    similarity = ((2 * mean_x * mean_y + C1) * (2 * covariance + C2)) / (
        (mean_x**2 + mean_y**2 + C1) * (variance_x + variance_y + C2)
    )
    edge = WINDOW // 2
    return float(similarity[edge:-edge, edge:-edge].mean())


def _blur(image: NDArray[np.float64]) -> NDArray[np.float64]:
    return cv2.GaussianBlur(image, (WINDOW, WINDOW), SIGMA, borderType=cv2.BORDER_REFLECT)
