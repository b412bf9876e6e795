"""The still's colours where they stand in the still: right only while nothing moves."""

from collections.abc import Iterable, Iterator

from tinct.training.evaluation.methods.base import Image


class StaticCopy:
    """Gives every frame the still's ab, pixel by pixel."""

    name = "static_copy"

    def colorize(self, lightness: Iterable[Image], reference_lab: Image) -> Iterator[Image]:
        """Yield the still's ab for each frame; see ``Colorizer.colorize``."""
        for _ in lightness:
            yield reference_lab[..., 1:].copy()
