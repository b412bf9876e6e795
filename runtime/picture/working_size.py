"""The size at which the network works, and the way there and back."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.float32]

LONGEST = 4
"""The long side is at most this many times the wanted short side, so that tokens and memory stay bounded."""
NEAR = 8
"""A plate within an eighth of the wanted size is worked at its own: scaling it by so little only blurs it."""


@dataclass(frozen=True)
class WorkingSize:
    """Sizes in pixels of one plate or still on its way to the network and back.

    The plate (``plate_width`` x ``plate_height``) is scaled to ``width`` x ``height`` in its own aspect, never cropped,
    then extended at the right and the bottom to ``padded_width`` x ``padded_height`` with the pixels of the edge.
    Stills are extended in the same way as frames: what a still shows at its edge then has the same surroundings as in
    the frame it was taken from, and a token that lies in the extension carries a true colour, that of the edge.
    """

    plate_width: int
    plate_height: int
    width: int
    height: int
    padded_width: int
    padded_height: int

    @classmethod
    def fit(cls, width: int, height: int, short_side: int, multiple: int) -> "WorkingSize":
        """Working size of a plate of ``width`` x ``height`` pixels.

        The short side becomes ``short_side``, unless the long side would then exceed 4 x ``short_side``: then the long
        side becomes that and the short side what the aspect leaves. A plate that would be scaled by less than an eighth
        keeps its size. Both sides are extended to multiples of ``multiple``.

        Raises:
            ValueError: an argument is below 1.
        """
        if min(width, height, short_side, multiple) < 1:
            raise ValueError(f"{width}x{height}, short side {short_side}, multiple {multiple}: all must be at least 1")
        short, long = min(width, height), max(width, height)
        # Compared as whole numbers: a rounding error of a float scale must not cost a pixel of the exact short side.
        numerator, denominator = (short_side, short) if long <= LONGEST * short else (LONGEST * short_side, long)
        if (NEAR - 1) * denominator <= NEAR * numerator <= (NEAR + 1) * denominator:
            numerator = denominator
        scaled = [max(1, (2 * side * numerator + denominator) // (2 * denominator)) for side in (width, height)]
        padded = [-(-side // multiple) * multiple for side in scaled]
        return cls(width, height, scaled[0], scaled[1], padded[0], padded[1])

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width at working size without the extension, as arrays have them."""
        return self.height, self.width

    @property
    def padded_shape(self) -> tuple[int, int]:
        """Height and width of what the network sees."""
        return self.padded_height, self.padded_width

    def reduce(self, image: Image) -> Image:
        """Scale ``image`` (plate height, plate width[, C]) to (height, width[, C]): area average down, bilinear up.

        Raises:
            ValueError: the image has another size than the plate.
        """
        self._check(image, (self.plate_height, self.plate_width), "plate")
        if self.shape == (self.plate_height, self.plate_width):
            return np.array(image, dtype=np.float32)
        shrinks = self.width <= self.plate_width and self.height <= self.plate_height
        method = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
        return np.asarray(cv2.resize(image, (self.width, self.height), interpolation=method), dtype=np.float32)

    def pad(self, image: Image) -> Image:
        """Extend ``image`` (height, width[, C]) to (padded height, padded width[, C]) with the pixels of its edge.

        Raises:
            ValueError: the image is not of the working size.
        """
        self._check(image, self.shape, "working size")
        below, right = self.padded_height - self.height, self.padded_width - self.width
        return np.asarray(cv2.copyMakeBorder(image, 0, below, 0, right, cv2.BORDER_REPLICATE), dtype=np.float32)

    def crop(self, image: Image) -> Image:
        """Undo `pad`: a contiguous copy (height, width[, C]).

        Raises:
            ValueError: the image is not of the padded size.
        """
        self._check(image, self.padded_shape, "padded working size")
        return image[: self.height, : self.width].copy()

    @staticmethod
    def _check(image: Image, shape: tuple[int, int], what: str) -> None:
        if image.ndim not in (2, 3) or image.shape[:2] != shape:
            raise ValueError(f"an image of the {what} {shape[1]}x{shape[0]} is needed, not of shape {image.shape}")
