"""The interface of motion sources that run outside the network."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.float32]


@dataclass(frozen=True)
class Motion:
    """Backward motion from the current frame to the previous one.

    ``flow``: (H, W, 2) float32, pixels, x then y: the current pixel (x, y) lay at (x, y) + flow in the previous frame.
    ``validity``: (H, W) float32 0..1: 1 where the flow is trusted (forward and backward agree, inside the image).
    """

    flow: Image
    validity: Image


class MotionSource(ABC):
    """Estimates motion between two luminance images at working size."""

    NAME: ClassVar[str]

    @abstractmethod
    def estimate(self, previous: Image, current: Image) -> Motion:
        """Motion between ``previous`` and ``current``, both (H, W) float32 L* in 0..100. Pure: no state is kept."""
