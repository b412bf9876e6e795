"""Which part of a still counts, and which way up."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinct.runtime.errors import UsageError

Image = NDArray[np.float32]

TURNS = (0, 90, 180, 270)


@dataclass(frozen=True)
class Framing:
    """``crop``: left, top, right and bottom of the part, as shares (0..1) of the upright picture; None: all of it.
    ``turn``: degrees clockwise by which the part is turned then, of `TURNS`."""

    crop: tuple[float, float, float, float] | None = None
    turn: int = 0

    def __post_init__(self) -> None:
        """Refuse what is no part of a picture.

        Raises:
            UsageError: the crop has no picture in it, or the turn is another.
        """
        if self.turn not in TURNS:
            raise UsageError(f"a picture can be turned by {', '.join(map(str, TURNS))} degrees, not by {self.turn}")
        if self.crop is None:
            return
        left, top, right, bottom = self.crop
        if not (0 <= left < right <= 1 and 0 <= top < bottom <= 1):
            raise UsageError(
                f"the crop {left:g},{top:g},{right:g},{bottom:g} is no part of a picture: shares of 0 to 1"
            )

    @property
    def enlargement(self) -> float:
        """How much longer the picture's sides are than those of the part, the larger of the two ratios."""
        if self.crop is None:
            return 1.0
        left, top, right, bottom = self.crop
        return 1 / min(right - left, bottom - top)

    def of(self, rgb: Image) -> Image:
        """The part of ``rgb`` (H, W, C), turned: (h, w, C), at least one pixel."""
        if self.crop is not None:
            left, top, right, bottom = self.crop
            height, width = rgb.shape[:2]
            x, y = math.floor(left * width), math.floor(top * height)
            rgb = rgb[y : max(y + 1, round(bottom * height)), x : max(x + 1, round(right * width))]
        return np.ascontiguousarray(np.rot90(rgb, -self.turn // 90))


WHOLE = Framing()
