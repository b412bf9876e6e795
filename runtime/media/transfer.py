"""Display encodings for scene-linear plates that leave in an integer format."""

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.float32]


def encode_linear(values: Image, transfer: str) -> Image:
    """Return scene-linear ``values`` (any shape, float32) encoded with ``transfer``, clipped to 0..1; NaN becomes 0.

    ``srgb``: IEC 61966-2-1:1999, equations 5 and 6. ``bt709``: ITU-R BT.709-6, item 1.2 (the camera's curve).
    """
    linear = np.clip(np.nan_to_num(values, nan=0.0, posinf=1.0, neginf=0.0), 0.0, 1.0)
    if transfer == "srgb":
        curve = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    elif transfer == "bt709":
        curve = np.where(linear < 0.018, 4.5 * linear, 1.099 * linear**0.45 - 0.099)
    else:
        raise ValueError(f"no encoding is called {transfer!r}; use 'srgb' or 'bt709'")
    return curve.astype(np.float32)
