"""Peak signal-to-noise ratio of RGB images."""

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.float32]

CEILING_DB = 100.0
"""What identical images score; a finite value keeps means and JSON finite."""


def psnr(result: Image, truth: Image) -> float:
    """PSNR in dB over all pixels and channels of two sRGB-encoded (H, W, 3) float images in 0..1 (peak 1).

    Identical images score ``CEILING_DB``, and nothing scores more.

    Raises:
        ValueError: the images differ in shape.
    """
    if result.shape != truth.shape:
        raise ValueError(f"PSNR of images of different shapes: {result.shape} and {truth.shape}; resize one first")
    error = float(np.mean(np.square(np.subtract(result, truth, dtype=np.float64))))
    if error <= 10.0 ** (-CEILING_DB / 10.0):
        return CEILING_DB
    return -10.0 * float(np.log10(error))
