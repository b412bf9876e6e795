"""Stopping early when a run goes wrong."""

from collections import deque

WINDOW = 25
"""Values in a mean: a single batch says little."""


class DivergenceWatch:
    """Tells when a loss that had come down stays up.

    The mean of the last 25 values seen is compared with the lowest such mean so far.
    """

    def __init__(self, factor: float) -> None:
        """``factor``: how many times the lowest mean is too much."""
        self.factor = factor
        self.lowest = float("inf")
        self._last: deque[float] = deque(maxlen=WINDOW)

    @property
    def mean(self) -> float:
        """Of the last values."""
        return sum(self._last) / len(self._last)

    def diverges(self, value: float) -> bool:
        """Take a value of a positive loss; True when the run should stop."""
        self._last.append(value)
        if len(self._last) < WINDOW:
            return False
        self.lowest = min(self.lowest, self.mean)
        return self.mean > self.factor * self.lowest
