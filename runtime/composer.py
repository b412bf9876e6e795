"""A session's results put onto the plate: on the backend's device where that can, else on the processor."""

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from tinct.runtime.backends.base import Backend
from tinct.runtime.backends.device_composition import DeviceComposition
from tinct.runtime.media.plate import ColourTags
from tinct.runtime.picture.compose import compose
from tinct.runtime.picture.upsample import upsample_chroma
from tinct.runtime.session import StepResult

Image = NDArray[np.float32]


class Composer:
    """Composes the frames of one plate, one at a time."""

    def __init__(self, backend: Backend, tags: ColourTags, plate: tuple[int, int], *, limit: bool) -> None:
        """Nothing is loaded before the first frame.

        Args:
            backend: what the session runs on.
            tags: the plate's.
            plate: its height and width.
            limit: as in `compose`.
        """
        self._backend, self._tags, self._plate, self._limit = backend, tags, plate, limit

    @cached_property
    def _device(self) -> DeviceComposition | None:
        if self._limit and self._tags.space is not None and self._tags.space.scene:
            return None  # no graph keeps a scene below 1
        return self._backend.composition(self._tags, self._plate, limit=self._limit)

    def rgb(self, luma: Image, lightness: Image, step: StepResult, *, chroma: float) -> Image:
        """The frame's colours (H, W, 3) as `compose` makes them.

        Args:
            luma: (H, W) float32, the plate's.
            lightness: (H, W) float32 L* of it.
            step: the session's result.
            chroma: factor on the colour.

        Raises:
            BackendError: the device failed.
        """
        if self._device is not None and _larger(luma, step.ab) and np.isfinite(luma).all():
            return self._device.rgb(luma, step.ab, step.lightness, lightness, chroma=chroma)
        return self.rgb_of(luma, lightness, upsample_chroma(step.ab, step.lightness, lightness), chroma=chroma)

    def rgb_of(self, luma: Image, lightness: Image, ab: Image, *, chroma: float) -> Image:
        """The same with chroma ``ab`` (H, W, 2) at the plate's size, which the processor composes: masks and passes
        want it at hand."""
        return compose(luma, ab, self._tags, chroma=chroma, limit=self._limit, lightness=lightness)


def _larger(luma: Image, ab: Image) -> bool:
    return all(full > small for full, small in zip(luma.shape, ab.shape[:2], strict=True))
