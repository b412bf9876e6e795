"""Which frame of the plate a time names, and the other way round."""

from __future__ import annotations

import math
from fractions import Fraction

SECOND = 10**9
SLACK = Fraction(1, 10)
"""Share of a frame by which a time may lie before its frame: containers round times to milliseconds."""


def nearest_frame(time: int, rate: Fraction) -> int:
    """Index of the frame that is shown at its own ``time`` in ns."""
    return math.floor(time * rate / SECOND + Fraction(1, 2))


def frame_during(time: int, rate: Fraction) -> int:
    """Index of the frame that is on the screen at any ``time`` in ns."""
    return math.floor(time * rate / SECOND + SLACK)


def time_of(index: int, rate: Fraction) -> int:
    """Time in ns at which frame ``index`` begins, rounded down as GStreamer does."""
    return index * SECOND * rate.denominator // rate.numerator
