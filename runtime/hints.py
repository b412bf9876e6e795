"""Colours that the artist points at."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from tinct.runtime.picture.working_size import WorkingSize

Image = NDArray[np.float32]

_LEAST_COVER = 1e-4
"""Share of a working pixel that hinted plate pixels must cover; below it lies only rounding."""


@dataclass(frozen=True, eq=False)
class Hints:
    """Wanted colours at some pixels of one frame.

    ``ab``: (H, W, 2) float32 Lab units, read only where ``mask`` (H, W), bool or float, is above zero. Both at the
    plate's size or at the working size.
    """

    ab: Image
    mask: NDArray[np.float32] | NDArray[np.bool_]

    def __post_init__(self) -> None:
        if self.mask.ndim != 2 or self.ab.shape != (*self.mask.shape, 2):
            raise ValueError(f"hints need ab (H, W, 2) and mask (H, W), not {self.ab.shape} and {self.mask.shape}")
        if not np.isfinite(self.ab[self.mask > 0]).all():
            raise ValueError("hints hold a colour that is not finite; give finite Lab values wherever the mask is set")

    def reduce(self, size: WorkingSize) -> tuple[Image, Image]:
        """The hints at working size: ab (h, w, 2), zero where there is none, and mask (h, w) of 0 and 1.

        A working pixel takes the mean of the hinted plate pixels in it, and of those alone, so that unhinted
        surroundings never bleed in; one that holds no hint stays without, even beside one that does.

        Raises:
            ValueError: the hints are neither of the plate's nor of the working size.
        """
        marked = (self.mask > 0).astype(np.float32)
        ab = np.where(marked[..., None] > 0, self.ab, np.float32(0)).astype(np.float32)
        if self.mask.shape == size.shape:
            return ab, marked
        if self.mask.shape != (size.plate_height, size.plate_width):
            raise ValueError(
                f"hints of {self.mask.shape[1]}x{self.mask.shape[0]} fit neither the plate "
                f"{size.plate_width}x{size.plate_height} nor the working size {size.width}x{size.height}"
            )
        if size.width > size.plate_width or size.height > size.plate_height:
            target = (size.width, size.height)
            return (
                np.asarray(cv2.resize(ab, target, interpolation=cv2.INTER_NEAREST_EXACT), np.float32),
                np.asarray(cv2.resize(marked, target, interpolation=cv2.INTER_NEAREST_EXACT), np.float32),
            )
        cover = size.reduce(marked)
        hinted = cover > _LEAST_COVER
        mean = size.reduce(ab) / np.where(hinted, cover, np.float32(1))[..., None]
        return np.where(hinted[..., None], mean, np.float32(0)).astype(np.float32), hinted.astype(np.float32)
