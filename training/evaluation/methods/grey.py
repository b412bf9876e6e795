"""No colour at all: the floor of every table."""

from collections.abc import Iterable, Iterator

import numpy as np

from tinct.training.evaluation.methods.base import Image


class Grey:
    """Leaves every frame grey."""

    name = "grey"

    def colorize(self, lightness: Iterable[Image], reference_lab: Image) -> Iterator[Image]:
        """Yield ab = 0 for each frame; see ``Colorizer.colorize``."""
        for frame in lightness:
            yield np.zeros((*frame.shape, 2), np.float32)
