"""Frame numbers of times, however containers and decoders round and cut them."""

import math
from fractions import Fraction

import pytest

from tinct.plugin.gstreamer.frame_times import clipped_frame, frame_during, nearest_frame, time_within

RATES = [Fraction(24), Fraction(25), Fraction(24000, 1001), Fraction(30000, 1001), Fraction(50), Fraction(18)]
ROUNDINGS = {
    "down": lambda time: math.floor(time),
    "milliseconds": lambda time: round(time / 10**6) * 10**6,
    "milliseconds, down": lambda time: math.floor(time / 10**6) * 10**6,
}


@pytest.mark.parametrize("rate", RATES, ids=str)
@pytest.mark.parametrize("rounding", ROUNDINGS)
def test_a_frame_is_known_by_its_rounded_time_even_where_it_was_cut(rate: Fraction, rounding: str) -> None:
    def begin(index: int) -> int:
        return ROUNDINGS[rounding](index * 10**9 / rate)

    for index in (*range(200), 86_400, 500_000):
        time, duration = begin(index), ROUNDINGS[rounding](10**9 / rate)
        assert nearest_frame(time, rate) == index
        assert frame_during(time, rate) == index
        inside = time_within(index, rate)
        assert time <= inside < begin(index + 1)
        assert clipped_frame(inside, time + duration - inside, rate) == index
        assert clipped_frame(time + duration - 1, 1, rate) == index  # all but its last instant was cut off
        assert clipped_frame(inside, None, rate) == index
