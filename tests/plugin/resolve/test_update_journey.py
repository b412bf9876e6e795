"""A still is swapped, work is stopped, the worker dies, the project is closed: what is coloured again, what is not."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from fake_resolve.person import Studio, is_coloured, pictures, write_movie, write_still
from tinct.plugin.client import Client, ColorizeProgress, WorkerUnavailable
from tinct.plugin.resolve.colour_clips import colour_clips
from tinct.plugin.resolve.handover import Handover, read_handover, write_handover
from tinct.plugin.resolve.job import has_ended, read_jobs, read_states, write_job
from tinct.plugin.resolve.plan import plan
from tinct.plugin.resolve.processes import last_words
from tinct.plugin.resolve.project_folder import ProjectFolder
from tinct.plugin.resolve.run_job import run_job
from tinct.plugin.resolve.settings import read_settings
from tinct.plugin.resolve.update import stop, update
from tinct.runtime.run.checkpoint import CHECKPOINT_FRAMES


@pytest.fixture(params=["track", "take", "replacement"])
def placed(request: pytest.FixtureRequest, at_work) -> Studio:
    """A project with one coloured clip."""
    studio: Studio = at_work()
    reel = studio.bring(write_movie(studio.folder / "reel.mov", 8))
    studio.choose(studio.cut_in(reel, 1, 4))
    studio.set(write_still(studio.folder / "still.png"), result=request.param)
    studio.colour()
    return studio


def shown(studio: Studio) -> list[list[int]]:
    """Colours of the top clip's first and last frame."""
    item = (studio.on_track() or studio.on_track("Video 1"))[0]
    return [picture.reshape(-1, 3).mean(axis=0).round().astype(int).tolist() for picture in pictures(item)[::3]]


def test_nothing_is_coloured_twice(placed: Studio) -> None:
    before, files = shown(placed), [(path, path.stat().st_mtime_ns) for path in placed.results()]
    placed.said.clear()

    placed.colour()

    assert any("is there already" in line for line in placed.said)
    assert [(path, path.stat().st_mtime_ns) for path in placed.results()] == files
    assert shown(placed) == before
    assert len(placed.on_track()) in (0, 1)


def test_a_changed_still_is_put_in_place_of_the_earlier_result(placed: Studio) -> None:
    before = shown(placed)
    write_still(placed.folder / "still.png", turn=120)

    placed.colour()

    assert len(placed.results()) == 2
    assert shown(placed) != before
    item = placed.on_track("Video 1")[0]
    assert item.GetTakesCount() in (0, 2)
    assert len(placed.on_track()) in (0, 1)


def test_only_the_clip_whose_marker_names_another_still_is_coloured_again(at_work) -> None:
    studio: Studio = at_work()
    items = []
    for name in ("one", "two"):
        reel = studio.bring(write_movie(studio.folder / f"{name}.mov", 8))
        items.append(studio.cut_in(reel, 1, 4, at=10 * len(items)))
    studio.choose(*items)
    studio.set(write_still(studio.folder / "still.png"))
    studio.colour()
    first = {path.name: path.stat().st_mtime_ns for path in studio.results()}
    other = write_still(studio.folder / "other.png", turn=120)
    items[1].AddMarker(3, "Blue", "Tinct", str(other), 1)
    studio.said.clear()

    studio.colour()

    again = {path.name: path.stat().st_mtime_ns for path in studio.results()}
    assert {name: again[name] for name in first} == first
    assert [name for name in again if name not in first and name.startswith("two")]
    assert len(again) == 3
    assert any(line == "one.mov: is there already" for line in studio.said)
    assert len(studio.on_track()) == 2


def test_a_coloured_clip_on_top_stands_for_its_plate(at_work) -> None:
    studio: Studio = at_work()
    reel = studio.bring(write_movie(studio.folder / "reel.mov", 8))
    plate = studio.cut_in(reel, 1, 4)
    studio.set(write_still(studio.folder / "still.png"))
    studio.timeline.SetCurrentTimecode("01:00:00:02")
    studio.colour()
    assert studio.timeline.GetCurrentVideoItem() is studio.on_track()[0]
    write_still(studio.folder / "still.png", turn=120)

    job = studio.colour()

    assert job is not None
    assert job.planned[0].shots[0].item_id == plate.GetUniqueId()
    assert len(studio.on_track()) == 1
    assert studio.on_track()[0]._media._file.path == job.planned[0].run.result


LONG = 6 * CHECKPOINT_FRAMES  # many, lest a run end before it hears that it was stopped
STOP = CHECKPOINT_FRAMES + 3


@pytest.fixture
def long_clip(at_work) -> Studio:
    studio: Studio = at_work()
    studio.choose(studio.cut_in(studio.bring(write_movie(studio.folder / "reel.mkv", LONG)), 0, LONG))
    studio.set(write_still(studio.folder / "still.png"))
    return studio


class Watched(Client):
    """A client of the worker that does something at a frame."""

    then: Callable[[], object] | None = None

    def colorize(self, request, progress=None, cancelled=None, timeout=None):
        def at_frame(one: ColorizeProgress) -> None:
            if progress is not None:
                progress(one)
            if one.done == STOP and self.then is not None:
                then, self.then = self.then, None
                then()

        return super().colorize(request, at_frame, cancelled, timeout)


def test_stopped_work_leaves_nothing_on_the_timeline_and_goes_on_later(long_clip: Studio) -> None:
    studio = long_clip
    client = Watched(folder=studio.client.folder, start=False, timeout=30.0)
    client.then = lambda: stop(studio.app.resolve, studio.said.append)
    with client:
        job = colour_clips(studio.app.resolve, studio.said.append, client=client)
    assert job is not None
    assert [state.state for state in read_states(job).values()] == ["cancelled"]
    assert not studio.on_track()
    assert not studio.results()

    studio.colour()

    assert len(studio.on_track()) == 1
    assert "cancelled; what is done is kept" in " ".join(studio.said)


def test_the_work_goes_on_while_resolve_is_closed_though_the_worker_is_killed(
    at_work, folder: Path, installation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The menu's way: a process of its own colours, and *Update from panel* places what came meanwhile."""
    studio: Studio = at_work()
    studio.client.stop()
    monkeypatch.setenv("TINCT_INSTALLATION", installation)
    monkeypatch.setenv("TINCT_WORKER_FOLDER", str(folder))
    studio.choose(studio.cut_in(studio.bring(write_movie(studio.folder / "reel.mkv", 60)), 0, 60))
    studio.set(write_still(studio.folder / "still.png"))
    manager = studio.app.resolve.GetProjectManager()

    job = colour_clips(studio.app.resolve, studio.said.append, wait=0)
    assert job is not None
    (marker,) = studio.on_track("Video 1")[0].GetMarkers().values()
    assert marker["color"] == "Yellow"
    assert manager.SaveProject()
    until = time.monotonic() + 60
    while not any(state.done for state in read_states(job).values()) and time.monotonic() < until:
        time.sleep(0.01)
    with Client(folder=str(folder), start=False) as other:
        os.kill(other.status()["pid"], signal.SIGKILL)
    while not has_ended(read_states(job)) and time.monotonic() < until:
        time.sleep(0.05)

    loaded = manager.LoadProject("Reel 1")
    assert loaded is not None
    studio.project, studio.timeline = loaded, loaded.GetCurrentTimeline()
    assert update(studio.app.resolve, studio.said.append) == 1, last_words(job.beside(".log"))
    (item,) = studio.on_track()
    assert is_coloured(pictures(item)[-1])
    assert studio.on_track("Video 1")[0].GetMarkers() == {}
    assert [one.is_placed() for one in read_jobs(studio.tinct)] == [True]
    assert update(studio.app.resolve, studio.said.append) == 0


def test_a_late_result_does_not_take_the_place_of_a_newer_one(at_work) -> None:
    """A job with the first still ends after one with the second, which is what the person wanted last."""
    studio: Studio = at_work()
    studio.choose(studio.cut_in(studio.bring(write_movie(studio.folder / "reel.mov", 8)), 1, 4))
    studio.set(write_still(studio.folder / "still.png"))
    _, handed = handed_over(studio)
    planned, _ = plan(handed.shots, read_settings(studio.tinct.settings), studio.tinct)
    late = write_job(studio.tinct, handed.project, handed.timeline, "track", "Tinct", True, planned)
    write_still(studio.folder / "still.png", turn=120)
    studio.colour()
    newer = shown(studio)

    run_job(late, studio.client)
    assert update(studio.app.resolve, studio.said.append) == 0
    assert shown(studio) == newer


def test_a_clip_that_is_being_coloured_is_not_coloured_a_second_time(at_work) -> None:
    studio: Studio = at_work()
    studio.choose(studio.cut_in(studio.bring(write_movie(studio.folder / "reel.mov", 8)), 1, 4))
    studio.set(write_still(studio.folder / "still.png"))
    _, handed = handed_over(studio)
    planned, _ = plan(handed.shots, read_settings(studio.tinct.settings), studio.tinct)
    job = write_job(studio.tinct, handed.project, handed.timeline, "track", "Tinct", True, planned)

    assert studio.colour() is None
    assert "is being coloured already" in studio.said[0]
    job.cancel()
    assert studio.colour() is not None
    assert len(studio.on_track()) == 1


def handed_over(studio: Studio) -> tuple[ProjectFolder, Handover]:
    write_handover(studio.app.resolve, studio.project)
    return read_handover(studio.tinct.root)


def test_where_nothing_can_be_started_the_clip_says_so(at_work, monkeypatch: pytest.MonkeyPatch) -> None:
    studio: Studio = at_work()
    studio.choose(studio.cut_in(studio.bring(write_movie(studio.folder / "reel.mov", 8)), 1, 4))
    studio.set(write_still(studio.folder / "still.png"))
    record = studio.folder / "record.json"
    record.write_text('{"interpreter": "/nowhere/python"}')
    monkeypatch.setenv("TINCT_INSTALLATION", str(record))
    with pytest.raises(WorkerUnavailable, match="run tinct install resolve again"):
        colour_clips(studio.app.resolve, studio.said.append)
    (marker,) = studio.on_track("Video 1")[0].GetMarkers().values()
    assert marker["color"] == "Red"
    assert "/nowhere/python" in marker["note"]

    studio.colour()
    assert studio.on_track("Video 1")[0].GetMarkers() == {}


def test_after_saving_and_loading_a_coloured_clip_is_known(placed: Studio) -> None:
    manager = placed.app.resolve.GetProjectManager()
    manager.SaveProject()
    loaded = manager.LoadProject("Reel 1")
    assert loaded is not None
    placed.project, placed.timeline = loaded, loaded.GetCurrentTimeline()
    before = shown(placed)
    write_still(placed.folder / "still.png", turn=120)

    placed.colour()

    assert shown(placed) != before
    assert len(placed.on_track()) in (0, 1)
    assert placed.on_track("Video 1")[0].GetTakesCount() in (0, 2)
