"""A compositor's day with Tinct in Nuke: a node, stills, previews, renders, and what is not rendered twice."""

import os
import signal
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from fake_nuke.artist import FIRST, LAST, Artist, is_grey, same, write_picture
from fake_nuke.events import ProgressTask
from tinct.plugin.client import Client
from tinct.plugin.nuke.cache import RECORD
from tinct.runtime.run.pipeline import ColorizeRequest, StillAt, colorize_plate


def test_a_node_is_found_by_its_name_and_shows_the_plate_at_first(artist: Artist) -> None:
    assert artist.node.name() == "Tinct1"
    assert (artist.node["first"].value(), artist.node["last"].value()) == (FIRST, LAST)
    assert is_grey(artist.sees(FIRST))


def test_stills_a_preview_and_the_whole_range(artist: Artist) -> None:
    artist.add_still("red.png")
    assert artist.node["still"].values() == ["start: red.png"]
    artist.nuke.frame = 1005
    assert artist.render("preview").startswith("frame 1005: rendered")
    assert not is_grey(artist.sees(1005))
    assert is_grey(artist.sees(1004))  # nothing else is rendered yet

    assert artist.render().startswith(f"frames {FIRST}-{LAST}: rendered")
    shown = artist.sees_all()
    assert not any(is_grey(values) for values in shown.values())
    artist.nuke.edit(artist.node, "view", "confidence")
    confidence = artist.sees(1003)
    assert is_grey(confidence)
    assert 0 <= confidence.min() <= confidence.max() <= 1
    assert not np.array_equal(confidence, shown[1003])


def test_an_unchanged_range_is_not_rendered_twice(artist: Artist) -> None:
    artist.add_still("red.png")
    artist.render()
    first = artist.sees_all()
    assert "were in the cache" in artist.render()
    assert len(same(first, artist.sees_all())) == LAST - FIRST + 1
    artist.nuke.edit(artist.node, "chroma", 0.5)
    assert "changed since it was rendered" in artist.status
    assert "rendered" in artist.render()
    assert same(first, artist.sees_all()) == []
    artist.nuke.edit(artist.node, "chroma", 1.0)
    assert "were in the cache" in artist.render()  # back to what was rendered before
    assert len(same(first, artist.sees_all())) == LAST - FIRST + 1


def test_a_still_swapped_in_mid_shot_renders_the_frames_from_there_alone(artist: Artist) -> None:
    artist.add_still("red.png")
    artist.render()
    before = artist.sees_all()
    artist.add_still("blue.png", frame=1007)
    assert artist.node["still"].values() == ["start: red.png", "1007: blue.png"]
    assert "changed since it was rendered" in artist.status
    assert f"rendered: 1007-{LAST};" in artist.render()
    after = artist.sees_all()
    assert same(before, after) == list(range(FIRST, 1007))

    artist.node["still"].setValue("1007: blue.png")
    artist.press("removeStill")
    artist.add_still("green.png", frame=1007)
    assert f"rendered: 1007-{LAST};" in artist.render()
    assert same(after, artist.sees_all()) == list(range(FIRST, 1007))

    artist.node["still"].setValue("start: red.png")
    artist.press("removeStill")
    artist.add_still("blue.png")
    assert f"rendered: {FIRST}-1006;" in artist.render()


def test_parts_put_together_equal_one_run_of_tinct_colorize(artist: Artist, tmp_path: Path) -> None:
    artist.add_still("red.png")
    artist.render()
    artist.add_still("blue.png", frame=1005)
    artist.add_still("green.png", frame=1005)
    artist.render()
    stills = (
        StillAt(artist.footage / "red.png"),
        StillAt(artist.footage / "blue.png", 1005),
        StillAt(artist.footage / "green.png", 1005),
    )
    request = ColorizeRequest(
        input=artist.footage / "plate.%04d.exr", references=stills, output=tmp_path / "straight.%04d.exr",
        model="fake", backend="fake", working_size=64, passes=("confidence",),
    )  # fmt: skip
    colorize_plate(request)
    read = artist.nuke.make("Read", file=str(tmp_path / "straight.%04d.exr"), first=FIRST, last=LAST)
    assert len(same(artist.sees_all(), artist.sees_all(read))) == LAST - FIRST + 1


def test_a_longer_range_takes_over_the_parts_that_are_whole(artist: Artist) -> None:
    artist.add_still("red.png")
    artist.add_still("blue.png", frame=1005)
    artist.nuke.edit(artist.node, "last", 1008)
    assert f"rendered: {FIRST}-1004, 1005-1008;" in artist.render()
    artist.nuke.edit(artist.node, "last", LAST)
    assert f"rendered: 1005-{LAST};" in artist.render()
    artist.nuke.edit(artist.node, "last", 1003)
    assert "were in the cache" in artist.render()
    assert is_grey(artist.sees(1004))  # outside the range the plate shows


def test_frames_before_the_first_still_stay_grey_and_the_panel_says_so(artist: Artist) -> None:
    artist.add_still("red.png", frame=1004)  # the first still is in force from the start wherever it is added
    assert artist.node["still"].values() == ["start: red.png"]
    artist.node["stills"].setValue(artist.node["stills"].value().replace("null", "1004"))
    assert "stay grey" in artist.render()
    assert is_grey(artist.sees(1003))
    assert not is_grey(artist.sees(1004))


def test_a_preview_takes_a_rendered_frame_as_it_is(artist: Artist) -> None:
    artist.add_still("red.png")
    artist.render()
    shown = artist.sees(1006)
    artist.nuke.frame = 1006
    assert artist.render("preview") == "frame 1006 is rendered as it stands"
    assert np.array_equal(artist.sees(1006), shown)


def test_a_changed_plate_is_rendered_again_and_the_result_has_another_name(artist: Artist) -> None:
    artist.add_still("red.png")
    artist.render()
    before, frames = artist.node["resultFile"].value(), artist.sees_all()
    plate = artist.footage / "plate.1006.exr"
    values = np.full((64, 96, 3), 0.25, np.float32)
    write_picture(plate, values, "float")
    assert f"rendered: {FIRST}-{LAST};" in artist.render()
    assert np.allclose(artist.sees(1006) @ (0.2126, 0.7152, 0.0722), 0.25, atol=1e-4)
    assert artist.node["resultFile"].value() != before
    old = artist.nuke.make("Read", file=before, first=FIRST, last=LAST)
    assert len(same(frames, artist.sees_all(old))) == len(frames)  # an older script still shows what it showed

    plate.write_bytes(plate.read_bytes())  # a new date is enough: who would compare every frame?
    assert f"rendered: {FIRST}-{LAST};" in artist.render()


def test_a_plate_that_is_written_meanwhile_is_no_result(artist: Artist) -> None:
    def write(text: str) -> bool:
        if text.startswith("frame 1004"):
            write_picture(artist.footage / "plate.1002.exr", np.full((64, 96, 3), 0.25, np.float32), "float")
        return False

    ProgressTask.cancel_at = write
    artist.add_still("red.png")
    assert "was written while it was coloured" in artist.render()
    ProgressTask.cancel_at = None
    assert "rendered" in artist.render()
    assert np.allclose(artist.sees(1002) @ (0.2126, 0.7152, 0.0722), 0.25, atol=1e-4)


def test_cancel_keeps_what_is_done_and_the_next_render_goes_on(artist: Artist) -> None:
    ProgressTask.cancel_at = lambda text: text.startswith("frame 1003")
    artist.add_still("red.png")
    assert "stopped" in artist.render()
    assert ProgressTask.open == []
    assert not artist.node["rendered"].value()
    ProgressTask.cancel_at = None
    assert f"rendered: {FIRST}-{LAST};" in artist.render()
    assert artist.nuke.messages == []


def test_what_was_left_of_another_still_is_not_gone_on_with(artist: Artist) -> None:
    """A session died before it said that its segment was done; the still has changed since, under its name, size and
    time, so that the cache does not see it. The run does."""
    artist.add_still("red.png")
    artist.render()
    (record,) = artist.cache.glob(f"segments/*/{RECORD}")
    record.unlink()
    red, green = artist.footage / "red.png", (artist.footage / "green.png").read_bytes()
    before = red.stat()
    red.write_bytes(green + bytes(before.st_size - len(green)))
    os.utime(red, ns=(before.st_atime_ns, before.st_mtime_ns))

    assert f"rendered: {FIRST}-{LAST};" in artist.render()
    assert artist.nuke.messages == []
    for values in artist.sees_all().values():  # green.png has as much green as blue, red.png nine times as much
        assert abs(values[..., 1].mean() - values[..., 2].mean()) < 0.1


def test_the_cancel_button_stops_too_and_pressing_render_twice_is_refused(artist: Artist) -> None:
    artist.add_still("red.png")
    artist.press("render")
    artist.press("render")
    assert "is rendering; wait, or press Cancel" in artist.nuke.messages.pop()
    artist.node["status"].setValue("rendering still")
    artist.press("cancel")
    assert "stopped" in artist.wait()


def test_a_worker_that_is_killed_in_mid_render_is_started_again(artist: Artist, folder: Path) -> None:
    killed = []

    def kill(text: str) -> bool:
        if text.startswith("frame 1004") and not killed:
            with Client(folder=str(folder), start=False) as client:
                killed.append(client.status()["pid"])
            os.kill(killed[0], signal.SIGKILL)
        return False

    ProgressTask.cancel_at = kill
    artist.add_still("red.png")
    assert f"rendered: {FIRST}-{LAST};" in artist.render()
    assert killed
    assert not any(is_grey(values) for values in artist.sees_all().values())


def test_each_button_is_one_step_of_undo_and_progress_is_none(artist: Artist) -> None:
    artist.nuke.steps.done.clear()
    artist.add_still("red.png")
    artist.add_still("blue.png", frame=1007)
    artist.render()
    assert [name for name, _ in artist.nuke.steps.done] == ["Tinct: add still", "Tinct: add still", "Tinct: result"]
    assert artist.nuke.undo() == "Tinct: result"
    assert is_grey(artist.sees(FIRST))
    assert artist.nuke.undo() == "Tinct: add still"
    assert artist.node["stills"].value().count("path") == 1
    assert "were in the cache" not in artist.render()
    assert not is_grey(artist.sees(FIRST))


def test_an_outdated_list_of_stills_takes_no_wrong_one_out(artist: Artist) -> None:
    for name in ("red.png", "green.png", "blue.png"):
        artist.add_still(name)
    artist.node["still"].setValue("start: blue.png")
    artist.nuke.undo()  # what the pulldown shows
    artist.nuke.undo()  # blue.png
    artist.press("removeStill")
    assert "choose the still again" in artist.nuke.messages[0]
    assert artist.node["still"].values() == ["start: red.png", "start: green.png"]
    artist.press("removeStill")
    assert artist.node["still"].values() == ["start: green.png"]
    artist.press("removeStill")
    artist.press("removeStill")
    assert artist.node["stills"].value() == "[]"


def test_a_node_deleted_while_it_renders_and_a_closed_script_trouble_nobody(artist: Artist) -> None:
    artist.add_still("red.png")
    artist.press("render")
    sys.modules["nuke"].delete(artist.node)
    threads = [thread for thread in threading.enumerate() if thread.name.startswith("Tinct")]
    artist.nuke.main_thread.run_until(lambda: not any(thread.is_alive() for thread in threads))
    artist.nuke.main_thread.run_until(lambda: not artist.nuke.main_thread.waiting)
    assert artist.nuke.messages == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"stills": "[]"}, "stills is empty; add one"),
        ({"stills": "hero.png"}, "stills is no list"),
        ({"stills": '[{"path": "/no/such.png", "frame": null}]'}, "/no/such.png"),
        ({"passes": "depth"}, "passes names 'depth'"),
        ({"model": "grand"}, "grand"),
        ({"chroma": 9.0}, "chroma is 9 and must be from 0 to 4"),
        ({"first": 1013}, "last is 1012 and lies before first"),
        ({"last": 1020}, "1013"),
    ],
)
def test_what_is_wrong_is_said_once_with_its_name(artist: Artist, change: dict[str, object], said: str) -> None:
    artist.add_still("red.png")
    for name, value in change.items():
        artist.node[name].setValue(value)
    artist.render()
    assert len(artist.nuke.messages) == 1
    assert said in artist.nuke.messages[0]
    assert said in artist.status
    assert is_grey(artist.sees(FIRST))
