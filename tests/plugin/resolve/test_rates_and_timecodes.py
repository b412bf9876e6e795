"""Frame rates that are not the timeline's, and timecodes that do not begin at an hour."""

from fractions import Fraction

import pytest

from fake_resolve.person import Studio, pictures, shows, write_movie, write_sequence, write_still
from fake_resolve.versions import Edition
from tinct.plugin.resolve.rates import frame_rate

NTSC = Fraction(24000, 1001)


@pytest.mark.parametrize(
    ("plate", "timeline", "inclusive"),
    [
        (NTSC, NTSC, False),
        (Fraction(25), Fraction(24), True),
        (Fraction(50), Fraction(25), False),
        (Fraction(24), NTSC, True),
    ],
)
def test_a_clip_of_any_rate_lands_where_its_plate_is(
    at_work, plate: Fraction, timeline: Fraction, inclusive: bool
) -> None:
    studio: Studio = at_work(
        Edition((21, 0, 0), end_frame_inclusive=inclusive, offset_in_source_frames=inclusive), rate=timeline
    )
    reel = studio.bring(write_movie(studio.folder / "reel.mov", 34, plate))
    item = studio.cut_in(reel, offset=9, duration=11, at=13)
    studio.set(write_still(studio.folder / "still.png"))
    studio.choose(item)

    studio.colour()

    (coloured,) = studio.on_track()
    assert (coloured.GetStart(), coloured.GetDuration()) == (item.GetStart(), 11), studio.said
    media = coloured.GetMediaPoolItem()
    assert media is not None
    assert frame_rate(media.GetClipProperty("FPS")) == plate
    first = coloured._media._file.picture(coloured._offset)
    steps = (0,) if plate == timeline else (-1, 0, 1)
    assert any(shows(first, 9 + step) for step in steps)


def test_a_sequence_takes_the_rate_of_its_plate_and_not_the_projects(at_work) -> None:
    studio: Studio = at_work(rate=Fraction(25))
    plate = studio.bring(write_sequence(studio.folder / "plate", 86400, 10, "dpx.like"), 86400, 86409)
    plate.SetClipProperty("FPS", "25")
    plate.SetClipProperty("Data Level", "Full")
    studio.project._rate = Fraction(30)  # what an import takes where the file says nothing
    studio.choose(studio.cut_in(plate, 2, 5))
    studio.set(write_still(studio.folder / "still.png"))

    studio.colour()

    (coloured,) = studio.on_track()
    media = coloured.GetMediaPoolItem()
    assert media is not None
    assert media.GetClipProperty("FPS") == 25.0
    assert media.GetClipProperty("Data Level") == "Full"
    assert all(shows(picture, 2 + index) for index, picture in enumerate(pictures(coloured)))


@pytest.mark.parametrize("start", ["00:00:00:00", "10:20:30:12"])
def test_a_timeline_that_starts_elsewhere_and_a_plate_with_a_timecode(at_work, start: str) -> None:
    studio: Studio = at_work(start=start)
    reel = studio.bring(write_movie(studio.folder / "reel.mov", 12, timecode="04:18:37:05"))
    assert reel.GetClipProperty("Start TC") == "04:18:37:05"
    item = studio.cut_in(reel, 5, 4, at=3)
    studio.choose(item)
    studio.set(write_still(studio.folder / "still.png"))

    studio.colour()

    (coloured,) = studio.on_track()
    assert coloured.GetStart() == item.GetStart()
    assert all(shows(picture, 5 + index) for index, picture in enumerate(pictures(coloured)))
    media = coloured.GetMediaPoolItem()
    assert media is not None
    assert media.GetClipProperty("Start TC") == "04:18:37:08"  # two frames of handles before frame 5


@pytest.mark.parametrize(
    ("spelled", "rate"),
    [
        (23.976, NTSC),
        ("23.976", NTSC),
        ("29.97 DF", Fraction(30000, 1001)),
        (59.94, Fraction(60000, 1001)),
        (24.0, Fraction(24)),
        ("16", Fraction(16)),
        (18.5, Fraction(37, 2)),
    ],
)
def test_rates_as_resolve_spells_them(spelled: object, rate: Fraction) -> None:
    assert frame_rate(spelled) == rate
