"""Times of one thing that was measured often."""

from dataclasses import dataclass
from statistics import median, quantiles


@dataclass(frozen=True)
class Timings:
    """Milliseconds of a stage: median and the quartiles around it."""

    median: float
    lower: float
    upper: float
    count: int

    @classmethod
    def of(cls, seconds: list[float]) -> "Timings":
        """Sum up times in seconds, of which there must be at least one."""
        milliseconds = [1000 * value for value in seconds]
        if len(milliseconds) == 1:
            return cls(milliseconds[0], milliseconds[0], milliseconds[0], 1)
        lower, _, upper = quantiles(milliseconds, n=4, method="inclusive")
        return cls(median(milliseconds), lower, upper, len(milliseconds))
