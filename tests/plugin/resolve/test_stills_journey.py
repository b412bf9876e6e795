"""Stills from the gallery, from markers and from files, and from which frame each is in force."""

import json
import os
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest

from fake_resolve.person import Studio, pictures, write_movie, write_sequence, write_still
from fake_resolve.versions import Edition
from tinct.plugin.resolve.errors import NothingToDo, StillsError
from tinct.plugin.resolve.marker_stills import custom_data
from tinct.plugin.resolve.send_stills import send_stills


@pytest.fixture
def studio(at_work) -> Studio:
    """A timeline of a colour reel, from which stills are grabbed, and a plate of 12 frames from 1001 on."""
    studio: Studio = at_work()
    colours = studio.folder / "colours.mov"
    reel = studio.bring(write_colour_movie(colours))
    studio.cut_in(reel, 0, 4, at=100)
    plate = studio.bring(write_sequence(studio.folder / "plate", 1001, 12), 1001, 1012)
    studio.choose(studio.cut_in(plate, 2, 8))
    studio.set()
    return studio


def write_colour_movie(path: Path) -> Path:
    import av

    still = cv2.imread(str(write_still(path.parent / "for_the_movie.png")))
    with av.open(str(path), "w") as container:
        stream = container.add_stream("prores_ks", rate=24)
        stream.height, stream.width, stream.pix_fmt = still.shape[0], still.shape[1], "yuv422p10le"
        for _ in range(4):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(still, format="bgr24")))
        container.mux(stream.encode())
    return path


def grab(studio: Studio, label: str = "") -> None:
    studio.app.resolve.OpenPage("color")
    studio.timeline.SetCurrentTimecode("01:00:04:05")
    still = studio.timeline.GrabStill()
    assert still is not None
    studio.project.GetGallery().GetCurrentStillAlbum().SetLabel(still, label)


def references(studio: Studio) -> list[tuple[str, int | None]]:
    job = studio.colour()
    assert job is not None
    return [(Path(one["path"]).name, one["frame"]) for one in job.planned[0].run.request["references"]]


def test_the_gallerys_stills_are_sent_and_the_clip_is_coloured_with_them(studio: Studio) -> None:
    grab(studio, "the sea, evening")
    grab(studio)
    sent = send_stills(studio.app.resolve, studio.said.append)

    assert [os.path.basename(path) for path in sent] == ["the_sea_evening.tif", "Stills_1_002.tif"]
    assert sorted(os.listdir(studio.tinct.stills)) == ["Stills_1_002.tif", "the_sea_evening.tif"]
    assert references(studio) == [("Stills_1_002.tif", None), ("the_sea_evening.tif", None)]
    assert len(studio.on_track()) == 1


def test_sent_again_a_still_takes_the_place_of_the_earlier_one(studio: Studio) -> None:
    grab(studio, "sea")
    for _ in range(2):
        send_stills(studio.app.resolve, studio.said.append)
    assert os.listdir(studio.tinct.stills) == ["sea.tif"]


def test_a_closed_gallery_is_told_with_what_to_do(studio: Studio) -> None:
    grab(studio)
    studio.app.edition.gallery_open = False
    with pytest.raises(StillsError, match="open the Color page with the Gallery shown"):
        send_stills(studio.app.resolve, studio.said.append)
    assert os.listdir(studio.tinct.stills) == []


def test_an_empty_album_is_told(studio: Studio) -> None:
    with pytest.raises(StillsError, match="is empty; grab stills into it first"):
        send_stills(studio.app.resolve, studio.said.append)


def test_a_marker_puts_a_still_in_force_from_its_frame_on(studio: Studio) -> None:
    """A person puts markers named Tinct on the clip: the note is a file, or a still that was sent."""
    first, second = write_still(studio.folder / "first.png"), write_still(studio.folder / "second.png", turn=120)
    (clip,) = [item for item in studio.on_track("Video 1") if item.GetName().startswith("shot")]
    clip.AddMarker(2, "Blue", "Tinct", str(first), 1)
    clip.AddMarker(6, "Blue", "tinct still", "second", 1)
    os.rename(second, os.path.join(studio.tinct.stills, "second.png"))

    assert references(studio) == [("first.png", None), ("second.png", 1007)]
    shown = [picture.reshape(-1, 3).mean(axis=0) for picture in pictures(studio.on_track()[0])]
    jumps = [float(np.abs(after - before).max()) for before, after in pairwise(shown)]
    assert int(np.argmax(jumps)) == 3  # between frames 1006 and 1007
    assert len(clip.GetMarkers()) == 2


def test_a_scripts_marker_says_it_in_its_custom_data(studio: Studio) -> None:
    still = write_still(studio.folder / "still.png")
    (clip,) = [item for item in studio.on_track("Video 1") if item.GetName().startswith("shot")]
    clip.AddMarker(5, "Green", "look", "", 1, custom_data(still=str(still)))
    assert references(studio) == [("still.png", None)]


def test_a_marker_that_names_no_still_that_is_there_leaves_the_clip_out(studio: Studio) -> None:
    (clip,) = [item for item in studio.on_track("Video 1") if item.GetName().startswith("shot")]
    clip.AddMarker(5, "Blue", "Tinct", "sunset", 1)
    assert studio.colour() is None
    assert "there is no still 'sunset'" in studio.said[0]


def test_a_files_still_with_a_frame_counts_on_the_plate_that_has_it(studio: Studio) -> None:
    """Frames in the settings are the plate's own numbers; a movie that lacks them goes without that still."""
    still, later = write_still(studio.folder / "still.png"), write_still(studio.folder / "later.png", turn=120)
    studio.set(still)
    settings = json.loads(Path(studio.tinct.settings).read_text())
    settings["parameters"]["stills"].append({"path": str(later), "frame": 1005})
    Path(studio.tinct.settings).write_text(json.dumps(settings))
    studio.choose(studio.cut_in(studio.bring(write_movie(studio.folder / "reel.mov", 6)), 0, 4, at=50))

    job = studio.colour()

    assert job is not None
    named = [[Path(one["path"]).name for one in two.run.request["references"]] for two in job.planned]
    assert named == [["still.png", "later.png"], ["still.png"]]


def test_hints_count_on_the_frames_that_are_coloured(studio: Studio) -> None:
    """They are for the plate with those numbers; another plate would refuse them."""
    hints = [{"frame": frame, "x": 20, "y": 15, "colour": [0, 0, 1]} for frame in (3, 1005)]
    studio.set(write_still(studio.folder / "still.png"), parameters={"hints": json.dumps(hints)})
    studio.choose(studio.cut_in(studio.bring(write_movie(studio.folder / "reel.mov", 6)), 0, 5, at=50))
    job = studio.colour()
    assert job is not None
    assert [[hint["frame"] for hint in one.run.request["hints"]] for one in job.planned] == [[1005], [3]]
    assert len(studio.on_track()) == 2


def test_clips_selected_in_the_media_pool_are_chosen_from_19_on(studio: Studio) -> None:
    studio.set(write_still(studio.folder / "still.png"), clips="media pool")
    plate = next(clip for clip in studio.project.GetMediaPool()._root._clips if clip.GetName().startswith("shot"))
    studio.project.GetMediaPool()._selected = [plate]
    job = studio.colour()
    assert job is not None
    assert [one.run.title for one in job.planned] == [plate.GetName()]


def test_before_19_no_script_knows_what_is_selected_in_the_media_pool(at_work) -> None:
    older: Studio = at_work(Edition((18, 6, 6)))
    older.cut_in(older.bring(write_movie(older.folder / "older.mov", 6)), 0, 4)
    older.set(clips="media pool")
    with pytest.raises(NothingToDo, match="use a clip colour instead"):
        older.colour()
