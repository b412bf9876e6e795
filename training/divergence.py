"""Stopping early when a run goes wrong."""

from collections import Counter, deque

from torch import nn

WINDOW = 25
"""Values in a mean: a single batch says little."""
LOOKS = 10
"""How often a part must be found without gradients, one time after the other."""


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


class DeadPartWatch:
    """Tells when a part of a network gets no gradients any more.

    Units that gave 0 for all that they saw learn nothing; the rest of the network trains around them, and no loss
    shows it.
    """

    def __init__(self) -> None:
        self._found: Counter[str] = Counter()

    def dead(self, network: nn.Module) -> list[str]:
        """Look at the gradients of a step: the direct parts of ``network`` most of whose weights had only zeros,
        at this look and the 9 before it. Weights that are not trained do not count."""
        for name, part in network.named_children():
            gradients = [weight.grad for weight in part.parameters() if weight.grad is not None]
            idle = sum(not bool(gradient.any()) for gradient in gradients)
            self._found[name] = self._found[name] + 1 if 2 * idle > len(gradients) else 0
        return [name for name, looks in self._found.items() if looks >= LOOKS]
