"""A session's results put onto the plate: on the backend's device where that can, else on the processor."""

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from tinct.runtime.backends.base import Backend
from tinct.runtime.backends.device_composition import DeviceComposition
from tinct.runtime.media.plate import ColourTags
from tinct.runtime.picture.compose import compose, compose_enlarged
from tinct.runtime.picture.upsample import Enlargement, upsample_chroma
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

    def rgb(self, luma: Image, lightness: Image, step: StepResult, *, chroma: float, ab: Image | None = None) -> Image:
        """The frame's colours (H, W, 3) as `compose` makes them.

        Args:
            luma: (H, W) float32, the plate's.
            lightness: (H, W) float32 L* of it.
            step: the session's result.
            chroma: factor on the colour.
            ab: the result's colour as `enlarged` gives it, where it is at hand; the processor then composes.

        Raises:
            BackendError: the device failed.
        """
        if ab is not None:
            return compose(luma, ab, self._tags, chroma=chroma, limit=self._limit, lightness=lightness)
        if self._device is not None and _larger(luma, step.ab) and np.isfinite(luma).all():
            return self._device.rgb(luma, step.ab, step.lightness, lightness, chroma=chroma)
        enlargement = Enlargement(step.ab, step.lightness, lightness)
        return compose_enlarged(luma, enlargement, self._tags, chroma=chroma, limit=self._limit)


def enlarged(step: StepResult, lightness: Image, mask: Image | None) -> Image:
    """The colour of a session's result at the size of its plate, of that ``lightness`` (H, W) L*, where ``mask`` (H, W)
    0..1 lets it through; ab (H, W, 2) in Lab units."""
    ab = upsample_chroma(step.ab, step.lightness, lightness)
    if mask is not None:
        ab *= mask[..., None]
    return ab


def _larger(luma: Image, ab: Image) -> bool:
    return all(full > small for full, small in zip(luma.shape, ab.shape[:2], strict=True))
