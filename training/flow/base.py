"""The interface of flow sources."""

from abc import ABC, abstractmethod
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.float32]
Levels = NDArray[np.uint8]


class FlowError(ValueError):
    """Flow cannot be had."""


class FlowSource(ABC):
    """Estimates dense flow between pictures of luminance. Pure: nothing is kept from one call to the next."""

    NAME: ClassVar[str]
    ONE_CORE: ClassVar[bool] = True
    """Whether a call keeps one core busy, so that as many may run at once as there are cores."""

    @property
    @abstractmethod
    def fingerprint(self) -> str:
        """All that its flows depend on beside the pictures: settings, library version, weights."""

    def flow(self, source: Image, target: Image) -> Image:
        """Flow (..., H, W, 2) float32 in pixels, x then y, from each pixel of ``source`` to its place in ``target``.

        Both are (..., H, W) L* 0..100: one picture, or a batch of them with any leading dimensions.

        Raises:
            FlowError: the shapes differ or are no pictures, or a value is not a number.
        """
        if source.shape != target.shape or source.ndim < 2 or 0 in source.shape:
            raise FlowError(f"flow leads between (..., H, W) pictures of one size, not {source.shape}, {target.shape}")
        if not (np.isfinite(source).all() and np.isfinite(target).all()):
            raise FlowError("flow was asked for between pictures that hold values that are not numbers")
        size = source.shape[-2:]
        flow = self._estimate(*(np.ascontiguousarray(one, np.float32).reshape(-1, *size) for one in (source, target)))
        return flow.reshape(*source.shape, 2)

    @abstractmethod
    def _estimate(self, source: Image, target: Image) -> Image:
        """Flow (N, H, W, 2) between (N, H, W) L*, both contiguous, finite float32."""


def lightness_levels(lightness: Image) -> Levels:
    """L* 0..100 as the 8 bits that OpenCV estimates flow on."""
    return np.rint(np.clip(lightness, 0, 100) * 2.55).astype(np.uint8)
