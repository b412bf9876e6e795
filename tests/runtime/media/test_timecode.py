from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinct.runtime.media.timecode import advance_timecode, parse_timecode, timecode_from_word, timecode_to_word

NTSC = Fraction(30000, 1001)


@pytest.mark.parametrize(
    ("start", "frames", "rate", "end"),
    [
        ("01:00:00:00", 24, Fraction(24), "01:00:01:00"),
        ("01:00:00:00", 25, Fraction(24000, 1001), "01:00:01:01"),
        ("00:00:59;29", 1, NTSC, "00:01:00;02"),
        ("00:09:59;29", 1, NTSC, "00:10:00;00"),
        ("00:00:00;00", 17982, NTSC, "00:10:00;00"),
        ("00:00:00;00", 107892, NTSC, "01:00:00;00"),
        ("00:00:59;59", 1, Fraction(60000, 1001), "00:01:00;04"),
        ("00:00:59:29", 1, NTSC, "00:01:00:00"),
        ("23:59:59:23", 1, Fraction(24), "00:00:00:00"),
    ],
)
def test_counting(start: str, frames: int, rate: Fraction, end: str) -> None:
    assert advance_timecode(start, frames, rate) == end
    assert advance_timecode(end, -frames, rate) == start


@given(st.integers(0, 2_589_407), st.integers(0, 100_000))
def test_drop_frame_counting_never_yields_a_dropped_number(begin: int, more: int) -> None:
    timecode = advance_timecode(advance_timecode("00:00:00;00", begin, NTSC), more, NTSC)
    _, minutes, rest = timecode.split(":")
    assert not (int(minutes) % 10 and rest in ("00;00", "00;01"))
    assert timecode == advance_timecode("00:00:00;00", begin + more, NTSC)


@pytest.mark.parametrize("timecode", ["01:02:03:04", "23:59:59:23", "10:00:00;29"])
def test_header_words_read_back(timecode: str) -> None:
    word = timecode_to_word(timecode)
    assert word is not None
    assert timecode_from_word(word) == timecode


def test_word_is_binary_coded_decimal() -> None:
    assert timecode_to_word("12:34:56:17") == 0x12345617


@pytest.mark.parametrize("text", ["", "1:2:3:4", "24:00:00:00", "00:60:00:00", "xx:00:00:00"])
def test_what_is_not_a_timecode_is_none(text: str) -> None:
    assert parse_timecode(text) is None


def test_frame_numbers_above_39_have_no_word() -> None:
    assert timecode_to_word("00:00:00:59") is None
