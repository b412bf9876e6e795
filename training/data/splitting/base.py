"""The interface of the ways to split a movie into shots."""

from collections.abc import Iterable
from fractions import Fraction
from typing import ClassVar, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
"""(h, w, 3) sRGB-encoded RGB."""

LEAST_SHOT = 8
"""Frames that a shot has at least; a cut sooner after another is not one."""


class Shot(NamedTuple):
    """The frames of one shot, both ends among them."""

    first: int
    last: int

    @property
    def frames(self) -> int:
        """How many frames it has."""
        return self.last - self.first + 1


class Splitter(Protocol):
    """Finds the shots of a movie. ``FINDS``: "cuts", "fades" (to black) or "nothing"."""

    NAME: ClassVar[str]
    FINDS: ClassVar[str]

    @property
    def parameters(self) -> dict[str, float]:
        """What decides the result, for the manifest."""

    def split(self, frames: Iterable[Picture], rate: Fraction) -> tuple[Shot, ...]:
        """Take all ``frames`` of a movie in order, scaled down alike, and return its shots in order.

        The frames of a gradual transition may belong to no shot. ``rate``: frames a second.
        """


def between(cuts: Iterable[int], count: int) -> tuple[Shot, ...]:
    """The shots of ``count`` frames; each of ``cuts`` is the first frame of a shot."""
    if not count:
        return ()
    firsts = [0, *sorted({cut for cut in cuts if 0 < cut < count})]
    return tuple(Shot(first, after - 1) for first, after in zip(firsts, [*firsts[1:], count], strict=True))
