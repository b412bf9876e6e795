"""Frame rates as exact fractions."""

from fractions import Fraction

_NTSC = tuple(Fraction(base * 1000, 1001) for base in (24, 30, 48, 60, 120))


def nearest_frame_rate(rate: float | Fraction) -> Fraction:
    """Return the exact frames per second that a rounded ``rate`` stands for: 23.976 is 24000/1001, 24.0 is 24."""
    whole = Fraction(round(rate))
    for exact in (whole, *_NTSC):
        if exact and abs(exact - Fraction(rate)) < Fraction(2, 1000):
            return exact
    return Fraction(rate).limit_denominator(1001)
