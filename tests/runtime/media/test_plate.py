from fractions import Fraction
from pathlib import Path

import pytest

from tinct.runtime.errors import FrameRangeError
from tinct.runtime.media import PlateInfo

PLATE = PlateInfo(
    path=Path("plate.mov"),
    width=64,
    height=48,
    frames=tuple(range(1001, 1101)),
    bit_depth=10,
    frame_rate=Fraction(25),
    timecode="10:00:00:00",
    has_audio=True,
)


def test_cutting_moves_timecode_and_audio() -> None:
    cut = PLATE.cut(range(1026, 1051)).cut(range(1031, 1041))
    assert cut.frames == tuple(range(1031, 1041))
    assert cut.timecode == "10:00:01:05"
    assert cut.source_start == Fraction(30, 25)
    assert cut.has_audio


def test_gaps_part_with_the_audio_but_keep_the_timecode_of_their_first_frame() -> None:
    cut = PLATE.cut((1002, 1004, 1006))
    assert not cut.has_audio
    assert cut.timecode == "10:00:00:01"


@pytest.mark.parametrize(("frames", "message"), [((1000, 1001), "no frame 1000; it has 1001 to"), ((), "at least one")])
def test_cuts_that_cannot_be_made(frames: tuple[int, ...], message: str) -> None:
    with pytest.raises(FrameRangeError, match=message):
        PLATE.cut(frames)
