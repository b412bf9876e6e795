"""No splitting, for movies that are single shots already."""

from collections.abc import Iterable
from fractions import Fraction
from typing import ClassVar

from tinct.training.data.splitting.base import Picture, Shot, between


class WholeMovie:
    """A movie is one shot."""

    NAME: ClassVar[str] = "none"
    FINDS: ClassVar[str] = "nothing"

    @property
    def parameters(self) -> dict[str, float]:
        return {}

    def split(self, frames: Iterable[Picture], rate: Fraction) -> tuple[Shot, ...]:
        return between((), sum(1 for _ in frames))
