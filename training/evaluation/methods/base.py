"""The interface of everything that the evaluation compares."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.float32]


class Colorizer(Protocol):
    """Colours one clip from one still, frame by frame; holds no memory of a clip after its iterator is gone."""

    @property
    def name(self) -> str:
        """What the method is called in tables: lower case, no spaces."""
        ...

    def colorize(self, lightness: Iterable[Image], reference_lab: Image) -> Iterator[Image]:
        """Yield the ab of each frame, the first included, before the next frame is asked for.

        ``lightness``: (H, W) float32 L* in 0..100 per frame. ``reference_lab``: the still as (H, W, 3) float32 Lab.
        Yields (H, W, 2) float32 in Lab units, at the size of the frames.
        """
        ...


@runtime_checkable
class Costed(Protocol):
    """A method that is a network, of known cost."""

    @property
    def cost(self) -> Mapping[str, float]:
        """``gflop``: 10^9 operations (2 x multiply-accumulate) a frame at 224x384, its still encoded; ``parameters``:
        of the network, in millions."""
        ...
