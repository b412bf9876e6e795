"""Frame rates as Resolve spells them: 23.976, "29.97 DF", 24.0."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from tinct.plugin.resolve.errors import NothingToDo


def frame_rate(spelled: Any) -> Fraction:
    """The exact rate: 23.976 is 24000/1001, as SMPTE has it, and 29.97 is 30000/1001.

    Raises:
        NothingToDo: it is no rate.
    """
    words = str(spelled).split()
    try:
        value = Fraction(words[0])
    except (ValueError, IndexError, ZeroDivisionError):
        value = Fraction(0)
    if value <= 0:
        raise NothingToDo(f"Resolve gives {spelled!r} for a frame rate; set one in the timeline's or clip's settings")
    whole = round(value)
    drop = Fraction(whole * 1000, 1001)
    if whole and abs(value - drop) < Fraction(1, 200) and value != whole:
        return drop
    return Fraction(whole) if abs(value - whole) < Fraction(1, 2000) else value.limit_denominator(1001)
