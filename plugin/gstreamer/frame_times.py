"""Which frame of the plate a time names, and the other way round. Times are in ns, and frames count from 0."""

from __future__ import annotations

import math
from fractions import Fraction

SECOND = 10**9
SLACK = Fraction(1, 10)
"""Share of a frame by which a time may lie before its frame: containers round times to milliseconds."""


def nearest_frame(time: int, rate: Fraction) -> int:
    """The frame that begins at about ``time``."""
    return math.floor(time * rate / SECOND + Fraction(1, 2))


def frame_during(time: int, rate: Fraction) -> int:
    """The frame that is on the screen at ``time``."""
    return math.floor(time * rate / SECOND + SLACK)


def clipped_frame(time: int, duration: int | None, rate: Fraction) -> int:
    """The frame of which a decoder has cut off what lies before ``time``, where a seek led: it is known by its end."""
    return frame_during(time, rate) if duration is None else nearest_frame(time + duration, rate) - 1


def time_within(index: int, rate: Fraction) -> int:
    """A time at which no other frame than ``index`` is on the screen, however its own times are rounded: its middle."""
    return (2 * index + 1) * SECOND * rate.denominator // (2 * rate.numerator) if index else 0
