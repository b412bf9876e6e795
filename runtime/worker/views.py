"""Pictures of a plate and its result for a screen: 8 bits, sRGB, no larger than they are shown."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from tinct.runtime.composer import enlarged
from tinct.runtime.media.plate import ColourTags
from tinct.runtime.picture.colour import lab_to_srgb, luma_to_lightness, srgb_to_lab
from tinct.runtime.picture.compose import compose
from tinct.runtime.picture.screen import screen_rgb
from tinct.runtime.session import StepResult

Image = NDArray[np.float32]
Bytes = NDArray[np.uint8]

CHROMA_LIGHTNESS = 60.0
"""L* at which chroma is shown by itself."""
LARGEST_VIEW = 4096


@dataclass(frozen=True, eq=False)
class ShownFrame:
    """A frame and what became of it.

    ``luma``: (H, W) float32 of the plate, as large as it is shown; ``mask``: (H, W) 0..1 or None.
    """

    luma: Image
    step: StepResult
    mask: Image | None
    tags: ColourTags
    chroma: float

    def result(self) -> Bytes:
        """(h, w, 3) the result."""
        return to_bytes(screen_rgb(self._rgb, self.tags))

    def plate(self) -> Bytes:
        """(h, w, 3) the plate."""
        return to_bytes(screen_rgb(np.repeat(self.luma[..., None], 3, axis=-1), self.tags))

    def colours(self) -> Bytes:
        """(h, w, 3) the chroma alone, on middle grey."""
        ab = self._ab * np.float32(self.chroma)
        lightness = np.full((*ab.shape[:2], 1), CHROMA_LIGHTNESS, np.float32)
        return to_bytes(lab_to_srgb(np.concatenate([lightness, ab], axis=-1)))

    def confidence(self) -> Bytes:
        """(h, w) the confidence, 255 where it is whole."""
        height, width = self.luma.shape
        return to_bytes(cv2.resize(self.step.confidence, (width, height), interpolation=cv2.INTER_LINEAR))

    def pixel(self, x: int, y: int) -> dict[str, Any]:
        """Facts of the pixel ``x``, ``y``: ``plate`` (luma as in the file), ``rgb`` (result, likewise), ``lab`` (of the
        result on a screen) and ``confidence``, 0..1; None in place of what is not finite."""
        rgb = self._rgb[y, x]
        screen = screen_rgb(rgb[None, None], self.tags)
        height, width = self.step.confidence.shape
        row, column = y * height // self.luma.shape[0], x * width // self.luma.shape[1]
        return {
            "plate": _finite(self.luma[y, x]),
            "rgb": [_finite(value) for value in rgb],
            "lab": [_finite(value) for value in srgb_to_lab(screen)[0, 0]],
            "confidence": _finite(self.step.confidence[row, column]),
        }

    @cached_property
    def _rgb(self) -> Image:
        limit = self.tags.space is None
        return compose(self.luma, self._ab, self.tags, chroma=self.chroma, limit=limit, lightness=self._lightness)

    @cached_property
    def _lightness(self) -> Image:
        return luma_to_lightness(self.luma, self.tags)

    @cached_property
    def _ab(self) -> Image:
        return enlarged(self.step, self._lightness, self.mask)


VIEWS: Mapping[str, Callable[[ShownFrame], Bytes]] = {
    "view": ShownFrame.result,
    "plate_view": ShownFrame.plate,
    "chroma_view": ShownFrame.colours,
    "confidence_view": ShownFrame.confidence,
}
"""Outputs of a call of ``render`` that are pictures for a screen."""


def shown(names: Sequence[str], largest: int, frame: ShownFrame) -> dict[str, Bytes]:
    """The views ``names`` of a whole frame, made at a size with no side over ``largest`` pixels."""
    mask = None if frame.mask is None else reduced(frame.mask, largest)
    small = replace(frame, luma=reduced(frame.luma, largest), mask=mask)
    return {name: VIEWS[name](small) for name in names}


def reduced(picture: Any, largest: int) -> Any:
    """``picture`` (H, W) or (H, W, 3), float32 or uint8, with no side over ``largest`` pixels, by area."""
    height, width = picture.shape[:2]
    scale = largest / max(height, width)
    if scale >= 1:
        return picture
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return cv2.resize(picture, size, interpolation=cv2.INTER_AREA)


def to_bytes(picture: Any) -> Bytes:
    """0..1 as 0..255, not-a-number as 0."""
    rounded: Bytes = np.rint(np.clip(np.nan_to_num(picture), 0, 1) * 255).astype(np.uint8)
    return rounded


def _finite(value: Any) -> float | None:
    return float(value) if np.isfinite(value) else None
