"""Clips that cannot be coloured are named with the reason, and the others are coloured."""

from fractions import Fraction

import pytest

from fake_resolve.person import Studio, write_movie, write_still
from fake_resolve.pool import MediaPoolItem
from fake_resolve.timeline_item import TimelineItem
from fake_resolve.versions import Edition
from tinct.plugin.resolve.errors import NothingToDo


def spoil(studio: Studio, how: str, item: TimelineItem) -> None:
    clip = item.GetMediaPoolItem()
    assert clip is not None
    if how == "retimed":
        item._speed = Fraction(2)
    elif how == "backwards":
        item._speed = Fraction(-1)
    elif how == "generator":
        item._media, item._properties = None, None
    elif how == "compound":
        item._media = MediaPoolItem(studio.app.edition, "Compound Clip 1", None, Fraction(24), "Compound")
    elif how == "offline":
        (studio.folder / "spoilt.mov").unlink()
    elif how == "without a rate":
        clip._properties["FPS"] = ""
    elif how == "interlaced":
        clip.SetClipProperty("Field Dominance", "Upper Field")


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ("retimed", "it is retimed"),
        ("backwards", "it runs backwards"),
        ("generator", "a generator"),
        ("compound", "a compound clip"),
        ("offline", "its media is offline"),
        ("interlaced", "it is interlaced"),
        ("without a rate", "Resolve gives '' for a frame rate"),
    ],
)
def test_a_clip_is_left_out_by_name_and_the_other_is_coloured(at_work, how: str, reason: str) -> None:
    studio: Studio = at_work()
    good = studio.cut_in(studio.bring(write_movie(studio.folder / "good.mov", 6)), 0, 4)
    spoilt = studio.cut_in(studio.bring(write_movie(studio.folder / "spoilt.mov", 12)), 2, 5, at=10)
    studio.set(write_still(studio.folder / "still.png"))
    studio.choose(good, spoilt)
    spoil(studio, how, spoilt)

    studio.colour()

    (line,) = [line for line in studio.said if line.startswith("left out")]
    assert spoilt.GetName() in line
    assert reason in line
    assert [item.GetStart() for item in studio.on_track()] == [good.GetStart()]


def test_a_retime_is_seen_in_18_5_too_through_the_exported_timeline(at_work) -> None:
    studio: Studio = at_work(Edition((18, 5, 0)))
    reel = studio.bring(write_movie(studio.folder / "reel.mov", 12))
    fast, good = studio.cut_in(reel, 0, 4), studio.cut_in(reel, 4, 4, at=10)
    fast._speed = Fraction(2)
    studio.set(write_still(studio.folder / "still.png"))
    studio.choose(fast, good)

    studio.colour()

    assert any("it is retimed (speed 2)" in line for line in studio.said)
    assert [item.GetStart() for item in studio.on_track()] == [good.GetStart()]


def test_a_single_picture_is_left_out(at_work) -> None:
    studio: Studio = at_work()
    still = write_still(studio.folder / "card.png")
    clip = MediaPoolItem(studio.app.edition, "card.png", None, Fraction(24), "Still")
    clip._properties["File Path"] = str(still)
    studio.choose(studio.cut_in(clip, 0, 10))
    studio.set(still)

    assert studio.colour() is None
    assert any("a single picture" in line for line in studio.said)


def test_without_a_still_a_clip_is_left_out_with_what_to_do(at_work) -> None:
    studio: Studio = at_work()
    studio.choose(studio.cut_in(studio.bring(write_movie(studio.folder / "reel.mov", 6)), 0, 4))
    studio.set()

    assert studio.colour() is None
    assert "it has no still; send stills from the gallery" in studio.said[0]
    assert studio.tinct.settings in studio.said[-1]


def test_where_nothing_is_chosen_it_says_how_to_choose(at_work) -> None:
    studio: Studio = at_work()
    studio.cut_in(studio.bring(write_movie(studio.folder / "reel.mov", 6)), 0, 4, at=100)
    studio.set(write_still(studio.folder / "still.png"))

    with pytest.raises(NothingToDo, match="give clips the colour Purple, or put the playhead on one"):
        studio.colour()
