"""Rendering a comp with Tinct nodes: on a farm machine without a window, in several tasks at once, and by hand."""

import multiprocessing
import os
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from fake_nuke.application import NukeApplication
from fake_nuke.artist import FIRST, LAST, Artist, Image, is_grey, same

Start = Callable[..., NukeApplication]


@pytest.fixture
def comp(artist: Artist, tmp_path: Path) -> Path:
    """A saved script: Read, Tinct with two stills, Multiply inside a group, Write; nothing of it is rendered."""
    artist.add_still("red.png")
    artist.add_still("blue.png", frame=1007)
    nuke = artist.nuke
    group = nuke.make("Group", name="Grade")
    with group:
        source = nuke.make("Input")
        graded = nuke.make("Multiply", value=0.5, inputs=[source])
        nuke.make("Output", inputs=[graded])
    assert group.setInput(0, artist.node)
    (tmp_path / "out").mkdir()
    write = nuke.make("Write", file=str(tmp_path / "out" / "comp.%04d.exr"), inputs=[group], datatype="32 bit float")
    assert write["file_type"].value() == ""
    script = tmp_path / "comp.nk"
    nuke.save(script)
    return script


def pictures(nuke: NukeApplication, folder: Path) -> dict[int, Image]:
    read = nuke.make("Read", file=str(folder / "comp.%04d.exr"), first=FIRST, last=LAST)
    return Artist(nuke, folder).sees_all(read)


def test_a_farm_task_colours_what_is_not_rendered_and_the_next_takes_it(
    start: Start, comp: Path, footage: Path, tmp_path: Path
) -> None:
    farm = start(gui=False)
    farm.open(comp)
    farm.render_all(1003, 1004)  # a chunk of the shot: colour still starts where the still's term does
    assert farm.rendered == [("Write1", 1003), ("Write1", 1004)]
    assert any(f"frames {FIRST}-1006 are done" in line for line in farm.terminal)

    other = start(gui=False)
    other.open(comp)
    other.render_all(FIRST, LAST)
    assert other.terminal == []  # found in the cache
    made = pictures(other, tmp_path / "out")
    assert not any(is_grey(values) for values in made.values())

    desk = Artist(start(), footage)
    desk.nuke.open(comp)
    desk.node = desk.nuke.root.node("Tinct1")
    assert "were in the cache" in desk.render()
    seen = {frame: values * np.float32(0.5) for frame, values in desk.sees_all().items()}
    assert len(same(made, seen)) == len(seen)


def test_a_changed_still_is_noticed_at_the_write(start: Start, comp: Path, footage: Path, tmp_path: Path) -> None:
    farm = start(gui=False)
    farm.open(comp)
    farm.render_all(FIRST, LAST)
    before = pictures(farm, tmp_path / "out")
    (footage / "green.png").replace(footage / "blue.png")
    later = start(gui=False)
    later.open(comp)
    later.render_all(FIRST, LAST)
    assert same(before, pictures(later, tmp_path / "out")) == list(range(FIRST, 1007))


def _task(comp: str, home: str, first: int, last: int, said: "multiprocessing.Queue[list[str]]") -> None:
    nuke = NukeApplication(Path(home), gui=False).start()
    nuke.open(Path(comp))
    nuke.render_all(first, last)
    said.put(nuke.terminal)


def test_two_tasks_at_once_do_the_work_once(comp: Path, home: Path, tmp_path: Path) -> None:
    spawn = multiprocessing.get_context("spawn")
    said: multiprocessing.Queue[list[str]] = spawn.Queue()
    halves = [(FIRST, 1006), (1007, LAST)]
    tasks = [spawn.Process(target=_task, args=(str(comp), str(home), *half, said)) for half in halves]
    for task in tasks:
        task.start()
    lines = [line for _ in tasks for line in said.get(timeout=60)]
    for task in tasks:
        task.join(60)
        assert task.exitcode == 0
    assert sum(": starting" in line for line in lines) == 2  # each segment once
    assert len(list((tmp_path / "out").glob("comp.*.exr"))) == LAST - FIRST + 1
    assert not list((tmp_path / "cache" / "segments").glob("*.lock"))


def test_a_task_that_is_killed_is_followed_by_one_that_goes_on(
    start: Start, comp: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spawn = multiprocessing.get_context("spawn")
    said: multiprocessing.Queue[list[str]] = spawn.Queue()
    task = spawn.Process(target=_task, args=(str(comp), str(home), FIRST, LAST, said))
    task.start()
    segments = comp.parent / "cache" / "segments"
    deadline = time.monotonic() + 30
    while not list(segments.glob("*.lock")):
        assert time.monotonic() < deadline
        time.sleep(0.005)
    task.kill()
    task.join(60)
    assert len(list(segments.glob("*.lock"))) == 1  # nobody is there to remove it
    farm = start(gui=False)
    import tinct.plugin.folder_lock

    monkeypatch.setattr(tinct.plugin.folder_lock, "STALE_S", 1.0)
    farm.open(comp)
    farm.render_all(FIRST, LAST)
    assert len(farm.rendered) == LAST - FIRST + 1
    assert any("is rendering frames 1001-1006; waiting for it" in line for line in farm.terminal)
    assert not list(segments.glob("*.lock"))


def test_a_plate_that_is_no_file_and_was_never_rendered_ends_the_task_with_a_reason(
    start: Start, artist: Artist, tmp_path: Path
) -> None:
    artist.nuke.select_only(None)
    graded = artist.nuke.make("Multiply", value=0.9, inputs=[artist.read()])
    node = artist.create(graded)
    artist.add_still("red.png")
    (tmp_path / "out").mkdir()
    artist.nuke.make("Write", file=str(tmp_path / "out" / "comp.%04d.exr"), inputs=[node])
    artist.nuke.save(tmp_path / "comp.nk")
    farm = start(gui=False)
    farm.open(tmp_path / "comp.nk")
    with pytest.raises(RuntimeError, match=r"the plate of Tinct2 is Multiply1, no file, and its frames 1001 to"):
        farm.render_all(FIRST, LAST)
    assert farm.rendered == []  # the render ended before its first frame

    desk = Artist(start(), artist.footage)
    desk.nuke.open(tmp_path / "comp.nk")
    desk.node = desk.nuke.root.node("Tinct2")
    desk.render()
    again = start(gui=False)
    again.open(tmp_path / "comp.nk")
    again.render_all(FIRST, LAST)
    assert len(again.rendered) == LAST - FIRST + 1


def test_a_failing_worker_ends_the_render_with_what_it_said(start: Start, comp: Path, footage: Path) -> None:
    (footage / "blue.png").unlink()
    farm = start(gui=False)
    farm.open(comp)
    with pytest.raises(RuntimeError, match=r"Tinct1: .*blue\.png"):
        farm.render_all(FIRST, LAST)
    assert farm.rendered == []


def test_a_background_render_that_does_not_know_its_node_finds_ours(start: Start, comp: Path, tmp_path: Path) -> None:
    farm = start(gui=False)
    farm.background = True
    farm.open(comp)
    farm.render_all(FIRST, FIRST)
    assert not is_grey(Artist(farm, tmp_path).sees(FIRST, farm.root.node("Write1")))


def test_disabled_nodes_and_writes_without_ours_cost_nothing(start: Start, comp: Path, tmp_path: Path) -> None:
    farm = start(gui=False)
    farm.open(comp)
    farm.root.node("Tinct1")["disable"].setValue(True)
    farm.render_all(FIRST, FIRST)
    assert farm.terminal == []
    assert is_grey(Artist(farm, tmp_path).sees(FIRST, farm.root.node("Write1")))


def test_a_write_in_an_interactive_session_colours_first(artist: Artist, tmp_path: Path) -> None:
    artist.add_still("red.png")
    write = artist.nuke.make("Write", file=str(tmp_path / "comp.%04d.exr"), inputs=[artist.node])
    artist.nuke.main_thread.run_until(lambda: True)
    import nuke

    nuke.execute(write, FIRST, LAST)
    assert len(artist.nuke.rendered) == LAST - FIRST + 1
    assert not is_grey(artist.sees(1004))
    assert artist.status.startswith(f"frames {FIRST}-{LAST}: rendered")


def test_a_write_while_the_node_is_rendering_is_refused(artist: Artist, tmp_path: Path) -> None:
    artist.add_still("red.png")
    write = artist.nuke.make("Write", file=str(tmp_path / "comp.%04d.exr"), inputs=[artist.node])
    artist.press("render")
    import nuke

    with pytest.raises(RuntimeError, match="is being rendered by Tinct; wait for it"):
        nuke.execute(write, FIRST, LAST)
    artist.wait()
    assert os.listdir(tmp_path / "cache" / "results")
