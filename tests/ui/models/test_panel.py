"""The panel without Qt, on a worker with the fake backend."""

import dataclasses
from pathlib import Path

import cv2
import numpy as np
import pytest

from tinct.runtime.project import ProjectStill, load_project

FIRST = 1001


def test_the_first_frame_is_seen_in_colour(bench) -> None:
    bench.settle()
    viewer = bench.panel.viewer
    assert (viewer.frame, viewer.mark) == (FIRST, "")
    shown = viewer.shown()
    assert (shown.width, shown.height, shown.picture.width) == (96, 64, 64)
    red, green, blue = shown.picture.pixel(20, 20)
    assert len({red, green, blue}) > 1
    viewer.look("plate")
    assert len(set(viewer.shown().picture.pixel(20, 20))) == 1


def test_scrubbing_shows_a_preview_and_then_the_frame_of_a_pass(bench) -> None:
    bench.settle()
    viewer, marks = bench.panel.viewer, []
    viewer.changed.connect(lambda: marks.append(viewer.mark))
    viewer.go_to(FIRST + 5)
    bench.settle()
    assert "preview" in marks
    jumped = viewer.shown().picture.data
    viewer.go_to(FIRST)
    for number in range(FIRST, FIRST + 6):
        viewer.go_to(number)
        bench.settle()
    assert viewer.shown().picture.data == jumped


def test_a_still_is_added_in_mid_shot_and_undone(bench, stills) -> None:
    bench.settle()
    panel = bench.panel
    panel.viewer.go_to(FIRST + 3)
    bench.settle()
    before = panel.viewer.shown().picture.data
    panel.stills.add([stills[1]], panel.viewer.frame)
    assert [(one.first, one.last) for one in panel.stills.in_use()] == [(FIRST, FIRST + 2), (FIRST + 3, FIRST + 6)]
    bench.settle()
    assert panel.viewer.shown().picture.data != before
    panel.document.undo()
    bench.settle()
    assert panel.viewer.shown().picture.data == before
    panel.document.redo()
    bench.settle()
    assert panel.viewer.shown().picture.data != before


def test_stills_from_before_a_shot_count_as_they_do_in_its_render(bench, stills) -> None:
    panel = bench.panel
    before = [ProjectStill(stills[0], frame) for frame in (FIRST - 5, FIRST - 2, FIRST + 3)]
    panel.document.edit_shots("", ["a"], lambda shot: dataclasses.replace(shot, stills=tuple(before)))
    assert [(one.place, one.first, one.last) for one in panel.stills.in_use()] == [
        (0, FIRST, FIRST - 1),
        (1, FIRST, FIRST + 2),
        (2, FIRST + 3, FIRST + 6),
    ]
    bench.settle()


def test_what_was_seen_before_a_later_still_stays_seen(bench, stills) -> None:
    bench.settle()
    panel = bench.panel
    for frame in (FIRST + 1, FIRST + 2, FIRST + 3, FIRST + 4):
        panel.viewer.go_to(frame)
        bench.settle()
    panel.stills.add([stills[1]], FIRST + 3)
    assert list(panel.confidence.curve(panel.viewer.variant)) == [FIRST, FIRST + 1, FIRST + 2]
    panel.viewer.go_to(FIRST + 2)
    assert panel.viewer.is_current  # at once
    panel.viewer.go_to(FIRST + 4)
    assert not panel.viewer.is_current
    bench.settle()
    assert list(panel.confidence.curve(panel.viewer.variant)) == [FIRST, FIRST + 1, FIRST + 2, FIRST + 4]


def test_a_grey_still_is_refused_with_the_reason(bench, tmp_path: Path) -> None:
    bench.settle()
    path = str(tmp_path / "grey.png")
    cv2.imwrite(path, np.full((64, 96, 3), 90, np.uint8))
    panel = bench.panel
    panel.stills.add([path], FIRST + 2)
    panel.viewer.go_to(FIRST + 3)
    bench.until(lambda: panel.stills.problem(path))
    assert "grey" in panel.messages.latest.text
    assert len(panel.shots.current.stills) == 1
    bench.settle()


def test_what_is_no_picture_is_no_still(bench, tmp_path: Path) -> None:
    panel = bench.panel
    assert panel.stills.add([str(tmp_path / "notes.txt"), str(tmp_path / "gone.png")]) == []
    texts = [message.text for message in panel.messages.all]
    assert any("notes.txt is no picture" in text for text in texts)
    assert any("There is no file" in text for text in texts)


def test_a_still_that_is_painted_over_shows_at_once(bench, stills) -> None:
    bench.settle()
    panel = bench.panel
    before = panel.viewer.shown().picture.data
    cv2.imwrite(stills[0], 255 - cv2.imread(stills[0]))
    panel.look_at_files()
    bench.settle()
    assert panel.viewer.shown().picture.data != before


def test_a_still_that_is_deleted_is_said_to_be_gone(bench, stills) -> None:
    bench.settle()
    Path(stills[0]).rename(stills[0] + ".away")
    bench.panel.look_at_files()
    assert "is gone" in bench.panel.stills.problem(stills[0])
    Path(stills[0] + ".away").rename(stills[0])
    bench.panel.look_at_files()
    assert not bench.panel.stills.problem(stills[0])
    bench.settle()


def test_a_hint_changes_the_frame_and_merges_its_moves(bench) -> None:
    bench.settle()
    panel = bench.panel
    before = panel.viewer.shown().picture.data
    panel.corrections.use("pick")
    panel.corrections.click(20, 20)
    assert panel.corrections.tool == "hint"
    panel.corrections.set_colour((1.0, 0.0, 0.0))
    panel.corrections.click(40, 30)
    bench.settle()
    assert panel.viewer.shown().picture.data != before
    for x in (41, 42, 43):
        panel.corrections.move(0, x, 30)
    assert panel.document.undo_label == "Move hint"
    panel.document.undo()
    assert panel.shots.current.hints[0].x == 40
    panel.corrections.remove(0)
    bench.settle()
    assert panel.viewer.shown().picture.data == before


def test_a_parameter_is_the_shots_own_until_it_is_the_projects(bench) -> None:
    panel = bench.panel
    assert panel.parameters.set("chroma", 0.5)
    assert panel.shots.current.parameters == {"chroma": 0.5}
    assert not panel.parameters.set("chroma", 9)
    assert "0 to 4" in panel.messages.latest.text
    panel.parameters.set_for_all("chroma")
    assert panel.document.project.parameters["chroma"] == 0.5
    assert not any(shot.parameters for shot in panel.document.project.shots)
    panel.parameters.set("chroma", 1.0)
    panel.parameters.reset("chroma")
    assert not panel.shots.current.parameters


def test_shots_are_filtered_selected_and_given_stills(bench) -> None:
    panel = bench.panel
    assert [row.state for row in panel.shots.rows()] == ["draft", "no still"]
    panel.shots.filter(text="NIGHT")
    assert [row.name for row in panel.shots.rows()] == ["harbour"]
    panel.shots.filter(text="", state="draft")
    assert [row.name for row in panel.shots.rows()] == ["street"]
    panel.shots.filter(state="")
    panel.shots.choose(["a", "b"], current="a")
    panel.shots.give_stills_to_selected()
    assert [row.stills for row in panel.shots.rows()] == [1, 1]
    panel.shots.step(1)
    assert panel.shots.current.name == "harbour"
    bench.settle()


def test_a_shot_without_stills_shows_its_plate(bench) -> None:
    panel = bench.panel
    panel.shots.choose(["b"])
    bench.settle()
    assert panel.viewer.seen.confidence is None
    assert panel.viewer.shown().picture.width == 64


def test_other_stills_are_kept_to_compare_with(bench, stills) -> None:
    bench.settle()
    panel = bench.panel
    before = panel.viewer.shown().picture.data
    panel.viewer.keep_other_stills()
    panel.stills.replace(stills[2])
    panel.viewer.compare("wipe", "other stills")
    bench.until(lambda: panel.viewer.shown().against is not None)
    assert panel.viewer.shown().against.data == before
    bench.settle()
    assert panel.viewer.shown().picture.data != before
    panel.viewer.swap_other_stills()
    bench.settle()
    assert panel.viewer.shown().picture.data == before


def test_a_pixel_is_read(bench) -> None:
    bench.settle()
    told = []
    bench.panel.viewer.pixel.connect(told.append)
    bench.panel.viewer.read_pixel(30, 20)
    bench.until(lambda: told)
    assert (told[0].x, told[0].y) == (30, 20)
    assert len(told[0].facts["lab"]) == 3


def test_a_frame_is_painted_elsewhere_and_comes_back(bench, tmp_path: Path) -> None:
    bench.settle()
    panel = bench.panel
    panel.viewer.go_to(FIRST + 2)
    bench.settle()
    path = str(tmp_path / "painted" / "frame.png")
    panel.painting.give(path)
    bench.until(lambda: panel.painting.away)
    picture = cv2.imread(path)
    assert picture.shape == (64, 96, 3)
    cv2.imwrite(path, picture[..., ::-1])
    panel.look_at_files()
    assert [still.frame for still in panel.shots.current.stills] == [None, FIRST + 2]
    bench.settle()


def test_a_clip_is_opened_and_its_shots_are_found(bench, plate: str) -> None:
    panel = bench.panel
    count = len(panel.document.project.shots)
    panel.add_clip(plate)
    bench.until(lambda: len(panel.document.project.shots) > count)
    new = panel.document.project.shots[count:]
    assert (new[0].first, new[-1].last) == (FIRST, FIRST + 11)
    assert panel.shots.current.id == new[0].id
    bench.settle()


def test_a_clip_that_cannot_be_read_changes_nothing(bench, tmp_path: Path) -> None:
    path = tmp_path / "film.mov"
    path.write_bytes(b"no film")
    before = bench.panel.document.project
    bench.panel.add_clip(str(path))
    bench.until(lambda: bench.panel.messages.latest)
    assert str(path) in bench.panel.messages.latest.text
    assert bench.panel.document.project is before


def test_unsaved_changes_come_back(bench, tmp_path: Path, plate: str) -> None:
    panel, path = bench.panel, str(tmp_path / "film.tinct")
    assert panel.file.save(path)
    assert not panel.document.is_modified
    panel.parameters.set("chroma", 0.25)
    panel.file.close()
    assert load_project(path).shots[0].parameters == {}
    panel.open(path)
    assert panel.shots.current.parameters == {"chroma": 0.25}
    assert panel.document.is_modified
    assert "changes are back" in panel.messages.latest.text
    panel.file.revert()
    assert panel.shots.current.parameters == {}
    panel.document.undo()
    assert panel.shots.current.parameters == {"chroma": 0.25}


def test_a_newer_project_is_refused_and_the_open_one_stays(bench, tmp_path: Path) -> None:
    path = tmp_path / "new.tinct"
    path.write_text('{"schema": 99}')
    before = bench.panel.document.project
    bench.panel.open(str(path))
    assert bench.panel.document.project is before
    assert "99" in bench.panel.messages.latest.text


@pytest.mark.parametrize("size", [1, 3])
def test_thumbnails_come_when_they_are_asked_for(bench, stills, size: int) -> None:
    from tinct.ui.models.thumbnails import Wanted

    wanted = [Wanted(path, 48) for path in stills[:size]]
    bench.until(lambda: all([bench.panel.thumbnails.get(one) for one in wanted]))
    assert bench.panel.thumbnails.get(wanted[0]).width == 48
    gone = Wanted("/nowhere/still.png", 48)
    bench.until(lambda: bench.panel.thumbnails.get(gone) or bench.panel.thumbnails.problem(gone))
    assert "/nowhere/still.png" in bench.panel.thumbnails.problem(gone)


def test_a_folder_of_pictures_is_described_and_ranked(bench, stills, tmp_path: Path) -> None:
    import shutil

    folder = tmp_path / "pictures"
    folder.mkdir()
    for path in stills:
        shutil.copy(path, folder)
    (folder / "broken.png").write_bytes(b"no picture")
    library = bench.panel.library
    library.use(str(folder))
    bench.until(library.offered)
    assert sorted(Path(one.path).name for one in library.offered()) == ["one.png", "three.png", "two.png"]
    scores = [one.similarity for one in library.offered()]
    assert scores == sorted(scores, reverse=True)
    assert library.is_ranked_for_frame
    bench.panel.viewer.go_to(FIRST + 1)
    assert not library.is_ranked_for_frame
    library.rank()
    bench.until(lambda: not library.is_ranking)
    assert library.is_ranked_for_frame


def test_a_hint_is_seen_where_it_was_followed_to_and_where_it_was_lost(bench) -> None:
    bench.settle()
    panel = bench.panel
    panel.corrections.add(40, 30)
    for _ in range(3):
        bench.settle()
        panel.viewer.step(1)
    bench.settle()
    (one,) = panel.corrections.hints()
    assert not one.is_here
    assert one.at is not None
    assert one.at[0] == pytest.approx(40 - 2 * 3, abs=1.5)  # the pattern moves to the left by two pixels a frame
    assert list(one.track) == [FIRST, FIRST + 1, FIRST + 2, FIRST + 3]
    panel.corrections.move(0, 1, 30)
    panel.viewer.go_to(FIRST + 6)
    bench.settle()
    (one,) = panel.corrections.hints()
    assert one.at is None
    assert FIRST <= one.end < FIRST + 6
