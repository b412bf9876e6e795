"""*Colour selected clips*, from the timeline to the timeline, as a person goes through it."""

from pathlib import Path

import pytest

from fake_resolve.person import (
    Studio,
    is_coloured,
    pictures,
    shows,
    write_movie,
    write_sequence,
    write_still,
)
from fake_resolve.versions import Edition


@pytest.fixture(params=["18.5 free", "19.1 Studio", "21 Studio, other conventions"])
def studio(request: pytest.FixtureRequest, at_work) -> Studio:
    editions = {
        "18.5 free": Edition((18, 5, 0), studio=False),
        "19.1 Studio": Edition((19, 1, 3)),
        "21 Studio, other conventions": Edition((21, 0, 0), end_frame_inclusive=True, counts_from_number=True),
    }
    return at_work(editions[request.param])


def test_two_clips_of_a_movie_get_their_colour_on_a_new_track(studio: Studio) -> None:
    reel = studio.bring(write_movie(studio.folder / "reel.mov", 24))
    one = studio.cut_in(reel, offset=3, duration=5, at=0)
    other = studio.cut_in(reel, offset=10, duration=6, at=20)
    third = studio.cut_in(reel, offset=0, duration=4, at=40)
    studio.set(write_still(studio.folder / "still.png"))
    studio.choose(one, other)

    studio.colour()

    coloured = studio.on_track()
    assert [(item.GetStart(), item.GetDuration()) for item in coloured] == [(86400, 5), (86420, 6)], studio.said
    assert all(is_coloured(picture) for item in coloured for picture in pictures(item))
    for item, offset in zip(coloured, (3, 10), strict=True):
        assert all(shows(picture, offset + index) for index, picture in enumerate(pictures(item)))
    assert third.GetMarkers() == {}
    assert one.GetMediaPoolItem() is reel
    assert one.GetMarkers() == {}


def test_a_numbered_sequence_that_starts_at_1001(studio: Studio) -> None:
    plate = studio.bring(write_sequence(studio.folder / "plate", 1001, 16), 1001, 1016)
    item = studio.cut_in(plate, offset=4, duration=5, at=7)
    studio.set(write_still(studio.folder / "still.png"))
    studio.choose(item)

    studio.colour()

    (coloured,) = studio.on_track()
    assert (coloured.GetStart(), coloured.GetDuration()) == (86407, 5), studio.said
    assert all(shows(picture, 4 + index) for index, picture in enumerate(pictures(coloured)))
    names = [path.name for path in studio.results()]
    assert names == [f"shot.{number}.png" for number in range(1003, 1012)]  # two frames of handles each way


def test_as_a_take_the_clip_stays_where_it_is(studio: Studio) -> None:
    reel = studio.bring(write_movie(studio.folder / "reel.mov", 16))
    item = studio.cut_in(reel, offset=5, duration=6)
    studio.set(write_still(studio.folder / "still.png"), result="take")
    studio.choose(item)

    studio.colour()

    assert item.GetTakesCount() == 2
    assert item.GetSelectedTakeIndex() == 2
    assert (item.GetStart(), item.GetDuration()) == (86400, 6)
    assert all(shows(picture, 5 + index) and is_coloured(picture) for index, picture in enumerate(pictures(item)))
    assert not studio.on_track()


def test_in_place_of_the_plate_all_of_it_is_coloured(studio: Studio) -> None:
    reel = studio.bring(write_movie(studio.folder / "reel.mov", 12))
    item = studio.cut_in(reel, offset=5, duration=4)
    unchosen = studio.cut_in(reel, offset=0, duration=4, at=10)
    studio.set(write_still(studio.folder / "still.png"), result="replacement")
    studio.choose(item)

    studio.colour()

    assert Path(reel.GetClipProperty("File Path")).parent == Path(studio.tinct.results)
    for clip, offset in ((item, 5), (unchosen, 0)):
        assert all(shows(one, offset + index) and is_coloured(one) for index, one in enumerate(pictures(clip)))


def test_one_plate_used_twice_is_coloured_once_for_the_union(studio: Studio) -> None:
    reel = studio.bring(write_movie(studio.folder / "reel.mov", 30))
    items = [studio.cut_in(reel, 4, 6, at=0), studio.cut_in(reel, 8, 6, at=10), studio.cut_in(reel, 24, 3, at=20)]
    studio.set(write_still(studio.folder / "still.png"))
    studio.choose(*items)

    job = studio.colour()

    assert job is not None
    assert [one.run.request["frames"] for one in job.planned] == ["2-15", "22-28"]
    assert [len(one.shots) for one in job.planned] == [2, 1]
    assert len(studio.on_track()) == 3


def test_a_long_timeline_takes_questions_in_proportion(at_work) -> None:
    """Each call goes over to the application and takes a while; hundreds of clips must not take the square of it."""
    studio: Studio = at_work()
    reel = studio.bring(write_movie(studio.folder / "reel.mov", 30))
    studio.set(write_still(studio.folder / "still.png"))
    asked = []
    for count in (7, 28):
        studio.timeline = studio.project._add_timeline(f"{count} clips")
        studio.choose(*(studio.cut_in(reel, at, 2, at=10 * at) for at in range(count)))
        studio.app.edition.calls.clear()
        studio.colour()
        assert len(studio.on_track()) == count
        asked.append(len(studio.app.edition.calls))
    assert asked[1] < 5 * asked[0]
