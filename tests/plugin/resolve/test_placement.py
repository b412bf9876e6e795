"""What happened to the timeline between the snapshot and the placing, and what Resolve does not do at once."""

import pytest

from fake_resolve.person import Studio, is_coloured, pictures, shows, write_movie, write_still
from fake_resolve.timeline import Timeline
from fake_resolve.timeline_item import TimelineItem
from tinct.plugin.resolve.handover import read_handover, write_handover
from tinct.plugin.resolve.job import write_job
from tinct.plugin.resolve.plan import plan
from tinct.plugin.resolve.run_job import run_job
from tinct.plugin.resolve.settings import read_settings
from tinct.plugin.resolve.update import update


@pytest.fixture
def studio(at_work) -> Studio:
    """A clip of frames 4 to 8 whose result, frames 2 to 10, is done and not placed yet."""
    studio: Studio = at_work()
    studio.cut_in(studio.bring(write_movie(studio.folder / "reel.mov", 14)), 4, 5)
    studio.set(write_still(studio.folder / "still.png"))
    write_handover(studio.app.resolve, studio.project)
    folder, handed = read_handover(studio.tinct.root)
    planned, _ = plan(handed.shots, read_settings(folder.settings), folder)
    run_job(write_job(folder, handed.project, handed.timeline, "track", "Tinct", True, planned), studio.client)
    return studio


def clip(studio: Studio) -> TimelineItem:
    return studio.on_track("Video 1")[0]


def place(studio: Studio) -> int:
    return update(studio.app.resolve, studio.said.append)


def test_a_clip_that_was_moved_gets_its_colour_where_it_is_now(studio: Studio) -> None:
    clip(studio)._start += 30
    assert place(studio) == 1
    assert [item.GetStart() for item in studio.on_track()] == [86430]


def test_a_clip_that_was_trimmed_and_slipped_within_its_handles(studio: Studio) -> None:
    clip(studio)._offset, clip(studio)._duration = 2, 9
    assert place(studio) == 1
    (coloured,) = studio.on_track()
    assert coloured.GetDuration() == 9
    assert all(shows(one, 2 + index) and is_coloured(one) for index, one in enumerate(pictures(coloured)))


def test_a_clip_that_shows_more_than_was_coloured_is_told(studio: Studio) -> None:
    clip(studio)._duration = 8
    assert place(studio) == 0
    assert "reel.mov shows other frames than were coloured; colour it again" in studio.said
    assert not studio.on_track()


def test_a_clip_that_is_gone_is_told_with_where_its_result_is(studio: Studio) -> None:
    studio.timeline.DeleteClips([clip(studio)])
    assert place(studio) == 0
    assert "is not on the timeline any more" in studio.said[0]
    assert str(studio.results()[0]) in studio.said[0]
    assert place(studio) == 0
    assert studio.said[-1] == "there is nothing to update"


def test_what_stands_on_the_track_already_stays_and_a_further_track_is_made(studio: Studio) -> None:
    own = studio.cut_in(studio.bring(write_movie(studio.folder / "own.mov", 6)), 0, 3, at=2, track=2)
    studio.timeline.SetTrackName("video", 2, "Tinct")
    assert place(studio) == 1
    assert [track.name for track in studio.timeline._tracks] == ["Video 1", "Tinct", "Tinct"]
    assert studio.timeline.GetItemListInTrack("video", 2) == [own]
    assert len(studio.timeline.GetItemListInTrack("video", 3)) == 1


def test_a_locked_track_is_left_alone(studio: Studio) -> None:
    studio.timeline.AddTrack("video")
    studio.timeline.SetTrackName("video", 2, "Tinct")
    studio.timeline._tracks[1].locked = True
    assert place(studio) == 1
    assert [len(track.items) for track in studio.timeline._tracks] == [1, 0, 1]


def test_position_size_and_crop_are_those_of_the_clip(studio: Studio) -> None:
    clip(studio).SetProperty("ZoomX", 1.25)
    clip(studio).SetProperty("CropLeft", 12.0)
    place(studio)
    assert studio.on_track()[0].GetProperty() == clip(studio).GetProperty()


def test_where_resolve_places_it_in_no_way_it_says_where_it_belongs(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as stubborn:
        stubborn.setattr(Timeline, "_append", lambda self, info: None)
        assert place(studio) == 0
    assert "does not place" in studio.said[0]
    assert "place it by hand, from its frame 2 on" in studio.said[0]
    assert not studio.on_track()

    assert place(studio) == 1  # what could not be placed is tried again


def test_a_no_at_first_to_a_removal_is_asked_again(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reported of 21.0: the same call does it the second time."""
    place(studio)
    write_still(studio.folder / "still.png", turn=120)
    said_no: list[bool] = []
    delete = Timeline.DeleteClips

    def flaky(self: Timeline, timelineItems: list[TimelineItem], Bool: bool = False) -> bool:
        if not said_no:
            said_no.append(True)
            return False
        return delete(self, timelineItems, Bool)

    monkeypatch.setattr(Timeline, "DeleteClips", flaky)
    studio.choose(clip(studio))
    studio.colour()
    assert said_no
    assert len(studio.on_track()) == 1
    assert len(studio.results()) == 2


def test_a_clip_that_was_moved_after_it_was_placed_takes_its_result_along(studio: Studio) -> None:
    place(studio)
    clip(studio)._start += 30
    studio.choose(clip(studio))
    studio.colour()
    assert [item.GetStart() for item in studio.on_track()] == [86430]
    assert len(studio.results()) == 1


def test_of_two_clips_that_changed_places_each_has_its_own_result(studio: Studio) -> None:
    reel = clip(studio).GetMediaPoolItem()
    assert reel is not None
    other = studio.cut_in(reel, 6, 5, at=20)
    studio.choose(clip(studio), other)
    studio.colour()
    clip(studio)._start, other._start = other._start, clip(studio)._start
    studio.colour()
    coloured = sorted(studio.on_track(), key=TimelineItem.GetStart)
    assert [item.GetStart() for item in coloured] == [86400, 86420]
    for item, offset in zip(coloured, (6, 4), strict=True):
        assert all(shows(picture, offset + index) for index, picture in enumerate(pictures(item)))
    assert len(studio.results()) == 2


def test_a_clip_that_was_slipped_is_placed_anew_from_the_same_file(studio: Studio) -> None:
    studio.choose(clip(studio))
    studio.set(studio.folder / "still.png", handles=20)
    studio.colour()
    files = studio.results()
    clip(studio)._offset += 1
    studio.colour()
    (coloured,) = studio.on_track()
    assert all(shows(picture, 5 + index) for index, picture in enumerate(pictures(coloured)))
    assert studio.results() == files


def test_the_timeline_that_was_open_stays_open(studio: Studio) -> None:
    other = studio.project._add_timeline("Another")
    assert place(studio) == 1
    assert studio.project.GetCurrentTimeline() is other
    assert len(studio.on_track()) == 1
