"""What a session remembers from one frame to the next."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.float32]


@dataclass(frozen=True)
class TemporalState:
    """Everything a step takes from the past; a value, never changed in place.

    ``frame``: number of the frame that made it. ``luminance``: (h, w) L* 0..100 and ``ab``: (h, w, 2) Lab units, both at
    the padded working size. ``reference_set``: id of the stills that were in force. ``model``: name and version of the bundle.
    """

    frame: int
    luminance: Image
    ab: Image
    reference_set: str
    model: str
