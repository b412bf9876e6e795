"""What goes wrong around the panel: told where one looks, and nothing is lost."""

import os
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from small_disk import fill

from tinct.plugin.client import Client
from tinct.runtime.project import Project, load_project
from tinct.runtime.project.queue_folder import DONE, FAILED
from tinct.ui.lane import PostQueue
from tinct.ui.models.connection import Connections
from tinct.ui.models.panel import Panel

FIRST = 1001


@pytest.fixture
def disk(mount_disk) -> Path:
    return mount_disk(1024)


def said(panel: Panel, text: str) -> bool:
    return any(text in message.text for message in panel.messages.all)


def test_a_full_disk_is_told_and_saving_works_once_there_is_room(disk: Path, bench) -> None:
    panel, path = bench.panel, bench.save(disk)
    before, filler = Path(path).read_bytes(), fill(disk)
    shot = panel.document.project.shots[0]
    panel.document.edit("Note", panel.document.project.with_shot(replace(shot, note="x" * 30_000)))
    bench.until(lambda: said(panel, "Changes are not safe from a crash"))
    assert not panel.file.save()
    assert said(panel, "No space left")
    assert Path(path).read_bytes() == before
    assert panel.document.is_modified
    filler.unlink()
    bench.until(lambda: not said(panel, "Changes are not safe"))
    assert panel.file.save()
    assert load_project(path) == panel.document.project
    assert not panel.messages.all


def test_a_render_on_a_full_disk_says_so_and_is_queued_again(disk: Path, bench, tmp_path: Path) -> None:
    panel = bench.panel
    panel.set_output(str(disk / "out"))
    bench.save(tmp_path)
    filler = fill(disk)
    panel.queue.add(["a"])
    bench.until(lambda: panel.queue.task("a").state == FAILED)
    assert "No space left" in panel.queue.task("a").log[-1]
    filler.unlink()
    panel.queue.add(["a"])
    bench.until(lambda: panel.queue.task("a").state == DONE)
    assert panel.shots.rows()[0].state == "rendered"


def test_a_queue_that_cannot_be_written_is_told(disk: Path, bench) -> None:
    panel = bench.panel
    bench.save(disk)
    filler = fill(disk)
    panel.queue.add(["a"])
    bench.until(lambda: said(panel, "The queue cannot be changed"))
    bench.until(lambda: not panel.queue.tasks)
    filler.unlink()
    panel.queue.add(["a"])
    bench.until(lambda: panel.queue.task("a").state == DONE)
    assert not panel.messages.all


def test_a_still_that_is_gone_fails_its_shot_alone(bench, stills: list[str], tmp_path: Path) -> None:
    panel = bench.panel
    still = panel.document.project.shots[0].stills[0]
    panel.document.edit_shots("", ["b"], lambda shot: replace(shot, stills=(replace(still, path=stills[1]),)))
    bench.save(tmp_path)
    away = Path(stills[0]).rename(stills[0] + ".away")
    panel.queue.add(["a", "b"])
    bench.until(lambda: [task.state for task in panel.queue.tasks] == [FAILED, DONE])
    assert stills[0] in panel.queue.task("a").log[-1]
    panel.look_at_files()
    assert "is gone" in panel.stills.problem(stills[0])
    away.rename(stills[0])
    panel.queue.add(["a"])
    bench.until(lambda: panel.queue.task("a").state == DONE)


def test_a_worker_that_dies_under_the_viewer_is_started_again(connect: Callable[..., Client], project: Project) -> None:
    posts = PostQueue()
    panel = Panel(posts.post, Connections(connect), view_size=64)
    try:
        panel.file.new(project)
        assert posts.run(lambda: panel.viewer.is_current, 240)
        panel.viewer.go_to(FIRST + 2)
        assert posts.run(lambda: panel.viewer.is_current, 240)
        before = panel.viewer.shown().picture.data
        os.kill(connect().status()["pid"], signal.SIGKILL)
        panel.viewer.go_to(FIRST + 4)
        assert posts.run(lambda: panel.viewer.is_current, 240), panel.messages.all
        panel.viewer.go_to(FIRST + 2)
        assert posts.run(lambda: panel.viewer.is_current, 240)
        assert panel.viewer.shown().picture.data == before
        assert len(panel.document.project.shots) == 2
    finally:
        panel.close()


def test_without_a_worker_it_is_told_and_the_project_can_be_edited_and_saved(project: Project, tmp_path: Path) -> None:
    posts = PostQueue()
    nowhere = Connections(lambda: Client(folder=str(tmp_path / "none"), start=False))
    panel = Panel(posts.post, nowhere, view_size=64)
    try:
        panel.file.new(project)
        assert posts.run(lambda: said(panel, "no worker runs"), 20), panel.messages.all
        panel.parameters.set("chroma", 0.5)
        assert panel.file.save(str(tmp_path / "film.tinct"))
        assert load_project(tmp_path / "film.tinct").shots[0].parameters == {"chroma": 0.5}
    finally:
        panel.close()
