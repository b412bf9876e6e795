"""Colourfulness of natural images."""

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.float32]


def colourfulness(rgb: Image) -> float:
    """M3 of Hasler and Suesstrunk, "Measuring colourfulness in natural images", SPIE 2003, of an sRGB (H, W, 3) image.

    ``rgb`` is float in 0..1; the result is on the paper's scale of 8-bit code values: 0 is grey, 33 moderately, 59
    quite, 109 extremely colourful.
    """
    red, green, blue = np.moveaxis(rgb.astype(np.float64) * 255.0, -1, 0)
    red_green = red - green
    yellow_blue = 0.5 * (red + green) - blue
    spread = np.hypot(red_green.std(), yellow_blue.std())
    shift = np.hypot(red_green.mean(), yellow_blue.mean())
    return float(spread + 0.3 * shift)
