"""Distance of chroma in Lab."""

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.float32]


def ab_error(result: Image, truth: Image) -> float:
    """Mean over pixels of the Euclidean distance of two (H, W, 2) ab images, in Lab units (Delta E 1976 without L).

    Raises:
        ValueError: the images differ in shape.
    """
    if result.shape != truth.shape:
        raise ValueError(f"ab error of images of different shapes: {result.shape} and {truth.shape}; resize one first")
    return float(np.linalg.norm(result - truth, axis=-1).mean(dtype=np.float64))
