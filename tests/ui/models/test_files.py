"""Files of the panel: media that were moved, timelines for others, projects that were never saved."""

import dataclasses
import shutil
from pathlib import Path

from tinct.runtime.project import ProjectStill, load_project
from tinct.runtime.project.missing_media import find_media, missing_media
from tinct.ui.lane import PostQueue
from tinct.ui.models.connection import Connections
from tinct.ui.models.panel import Panel


def test_media_that_were_moved_are_found_again(bench, plate: str, stills: list[str], tmp_path: Path) -> None:
    bench.settle()
    panel = bench.panel
    panel.document.edit_shots(
        "", ["b"], lambda shot: dataclasses.replace(shot, stills=(ProjectStill("/gone/for_ever.png"),))
    )
    archive = tmp_path / "archive" / "reels"
    archive.mkdir(parents=True)
    shutil.move(Path(plate).parent, archive / "plate")
    shutil.move(stills[0], archive)
    panel.media.relink(str(tmp_path / "archive"))
    bench.until(lambda: panel.document.undo_label == "Relink media")
    assert {shot.source for shot in panel.document.project.shots} == {str(archive / "plate" / "shot.%04d.png")}
    assert panel.document.project.shots[0].stills[0].path == str(archive / "one.png")
    assert "2 of 3" in panel.messages.latest.text
    assert "/gone/for_ever.png" in panel.messages.latest.text
    bench.settle()
    panel.document.undo()
    assert panel.document.project.shots[0].source == plate


def test_of_two_files_of_a_name_the_more_alike_is_taken_and_never_a_guess(bench, tmp_path: Path) -> None:
    for folder in ("a/reel_1", "a/reel_2", "b/reel_1"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "film.mov").write_bytes(b"")
    missing = {"/old/a/reel_2/film.mov": "/old/a/reel_2/film.mov", "/old/film.mov": "/old/film.mov"}
    found = find_media(missing, str(tmp_path))
    assert found.moved == {"/old/a/reel_2/film.mov": str(tmp_path / "a" / "reel_2" / "film.mov")}
    assert found.unclear == ("/old/film.mov",)
    assert missing_media(bench.panel.document.project) == {}


def test_a_timeline_is_exported_as_the_project_stands(bench, tmp_path: Path) -> None:
    panel = bench.panel
    panel.media.export(str(tmp_path / "film.edl"), "result")
    bench.until(lambda: panel.messages.latest)
    assert "was written" in panel.messages.latest.text, panel.messages.latest
    text = (tmp_path / "film.edl").read_text()
    assert "* FROM CLIP NAME: street\n" in text
    assert f"* SOURCE FILE: {tmp_path}/out/street/street.%04d.png\n" in text
    panel.media.export(str(tmp_path / "nowhere" / "film.edl"))
    bench.until(lambda: panel.messages.latest.level == "problem")
    assert "name a file in a folder that exists" in panel.messages.latest.text


def test_a_project_that_was_never_saved_comes_back_after_a_crash(bench, clients, tmp_path: Path) -> None:
    bench.panel.parameters.set("chroma", 0.25)
    panel = bench.panel
    assert not panel.file.left()  # it is open
    panel.file.close()  # what a crash does too: the lock goes, the changes are on disk
    posts = PostQueue()
    other = Panel(posts.post, Connections(clients), view_size=64)
    try:
        other.offer_recovery()
        assert posts.run(lambda: other.messages.latest is not None)
        assert "never saved" in other.messages.latest.text
        assert "film (2 shots" in other.messages.latest.text
        other.recover()
        assert other.document.path is None
        assert other.document.project.shots[0].parameters == {"chroma": 0.25}
        assert other.file.save(str(tmp_path / "film.tinct"))
        assert load_project(tmp_path / "film.tinct") == other.document.project
        assert not other.file.left()
    finally:
        other.close()
    assert not list((tmp_path / "state" / "tinct" / "unsaved").glob(".*.autosave"))


def test_what_was_discarded_is_not_offered(bench) -> None:
    bench.panel.parameters.set("chroma", 0.25)
    bench.panel.file.discard()
    bench.panel.file.close()
    assert not bench.panel.file.left()
