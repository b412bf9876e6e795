import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinct.runtime.errors import FrameRangeError
from tinct.runtime.media.frame_range import format_frames, parse_frames, select_frames


@pytest.mark.parametrize(
    ("text", "frames"),
    [
        ("7", (7,)),
        ("1001-1003", (1001, 1002, 1003)),
        ("1001-1007x3", (1001, 1004, 1007)),
        ("1-3, 3-4,10", (1, 2, 3, 4, 10)),
        ("-2-1", (-2, -1, 0, 1)),
    ],
)
def test_ranges_are_read(text: str, frames: tuple[int, ...]) -> None:
    assert parse_frames(text) == frames


@pytest.mark.parametrize("text", ["", "a-b", "5-1", "1-10x0", "1--", "1-2-3", "1,,2", "1-999999999"])
def test_what_is_not_a_range_is_refused_and_named(text: str) -> None:
    with pytest.raises(FrameRangeError, match="frame"):
        parse_frames(text)


@given(st.sets(st.integers(-50, 2000), min_size=1, max_size=60))
def test_written_ranges_read_back(frames: set[int]) -> None:
    assert set(parse_frames(format_frames(frames, most=1000))) == frames


def test_frames_that_are_not_there_are_named() -> None:
    with pytest.raises(FrameRangeError, match=r"shot has no frame 4-5,9; it has 1-3,7"):
        select_frames((1, 2, 3, 7), "1-5,9", name="shot")
