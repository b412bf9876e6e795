"""The render queue as a panel has it, with the process that renders."""

import dataclasses
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from tinct.cli import main
from tinct.runtime.project import ProjectShot, ProjectStill, load_project, save_project
from tinct.runtime.project.queue_folder import (
    CANCELLED,
    DONE,
    FAILED,
    PAUSED,
    RUNNING,
    WAITING,
    QueueFolder,
)
from tinct.ui.lane import PostQueue
from tinct.ui.models.connection import Connections
from tinct.ui.models.panel import Panel

FIRST = 1001
LONG = 120
"""Frames; the queue is looked at every quarter of a second, and a test that stops it half-way must come in time."""
ROOT = Path(__file__).parents[3]
PANEL = """
import sys
from tinct.plugin.client import Client
from tinct.ui.lane import PostQueue
from tinct.ui.models.connection import Connections
from tinct.ui.models.panel import Panel
posts = PostQueue()
panel = Panel(posts.post, Connections(lambda: Client(folder=sys.argv[1] + ".none", start=False)))
panel.open(sys.argv[1])
panel.queue.add(["long", "a"])
assert posts.run(lambda: panel.queue.running and panel.queue.running.done > 2, 240)
print("rendering", flush=True)
posts.run(lambda: False, 120)
"""
"""A panel without Qt in a process of its own."""


def files(folder: Path) -> dict[str, bytes]:
    """The results below ``folder``."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*.png"))}


def rendered_by_command(path: str, folder: Path) -> dict[str, bytes]:
    """What ``tinct project render`` makes of the project at ``path``."""
    project = load_project(path)
    again = str(folder / "again.tinct")
    output = dataclasses.replace(project.output, folder=str(folder / "again"))
    save_project(dataclasses.replace(project, output=output), again)
    names = [word for shot in project.shots if shot.stills for word in ("--shot", shot.name)]
    assert main(["project", "render", again, *names]) == 0
    return files(folder / "again")


def state(panel: Panel, shot: str) -> str:
    task = panel.queue.task(shot)
    return "" if task is None else task.state


def renderer_of(path: str) -> int:
    """The process that renders."""
    with open(os.path.join(QueueFolder(path).path, ".renderer.lock"), encoding="utf-8") as file:
        return int(json.load(file)["pid"])


@pytest.fixture
def long(bench, plate: str, tmp_path: Path) -> str:
    """The project with a shot that takes seconds wherever it is rendered, saved; its path."""
    folder = tmp_path / "long"
    folder.mkdir()
    for number in range(LONG):
        picture = np.random.default_rng(number).integers(0, 255, (240, 320), np.uint8)
        cv2.imwrite(str(folder / f"long.{number:04}.png"), picture)
    still = bench.panel.document.project.shots[0].stills
    shot = ProjectShot("long", "long", str(folder / "long.%04d.png"), 0, LONG - 1, stills=still)
    bench.panel.document.edit("", bench.panel.document.project.with_shot(shot))
    return bench.save(tmp_path)


def test_what_is_queued_is_rendered_to_what_the_command_gives(bench, tmp_path: Path) -> None:
    panel, path = bench.panel, bench.save(tmp_path)
    seen = []
    panel.queue.progressed.connect(lambda project, id, frame, confidence: seen.append((id, frame)))
    panel.queue.add(["a"])
    assert state(panel, "a") == WAITING
    bench.until(lambda: state(panel, "a") == DONE)
    assert [row.state for row in panel.shots.rows()] == ["rendered", "no still"]
    assert "7 frames" in panel.queue.task("a").log[-1]
    assert seen == [("a", FIRST + number) for number in range(7)]
    assert files(tmp_path / "out") == rendered_by_command(path, tmp_path)
    panel.parameters.set("chroma", 0.5)
    assert panel.shots.rows()[0].state == "out of date"
    panel.queue.add(["a"])
    bench.until(lambda: state(panel, "a") == DONE)
    assert panel.shots.rows()[0].state == "rendered"
    panel.queue.remove_finished()
    bench.until(lambda: not list(Path(QueueFolder(path).path).glob("*.tinct")))


def test_a_project_that_was_never_saved_has_no_queue(bench) -> None:
    bench.panel.queue.add(["a"])
    assert not bench.panel.queue.tasks
    assert "Save the project first" in bench.panel.messages.latest.text


def test_a_file_that_is_not_ours_is_not_replaced(bench, tmp_path: Path) -> None:
    panel = bench.panel
    bench.save(tmp_path)
    (tmp_path / "out" / "street").mkdir(parents=True)
    foreign = tmp_path / "out" / "street" / "street.1001.png"
    foreign.write_bytes(b"precious")
    panel.queue.add(["a"])
    bench.until(lambda: state(panel, "a") == FAILED)
    assert foreign.read_bytes() == b"precious"
    assert "already" in panel.queue.task("a").log[-1]


def test_it_goes_on_when_the_panel_is_killed_and_is_there_in_the_next(bench, long: str, tmp_path: Path) -> None:
    command = [sys.executable, "-c", PANEL, long]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment, process_group=0) as killed:
        assert killed.stdout is not None
        assert killed.stdout.readline() == "rendering\n"
        os.killpg(killed.pid, signal.SIGKILL)
    bench.panel.close()
    queue, deadline = QueueFolder(long), time.monotonic() + 300
    while any(one.state != DONE for one in queue.shots()):
        assert time.monotonic() < deadline, queue.shots()
        time.sleep(0.05)
    panel = bench.again(long)
    bench.until(lambda: [task.state for task in panel.queue.tasks] == [DONE, DONE])
    assert files(tmp_path / "out") == rendered_by_command(long, tmp_path)


def test_a_renderer_that_is_killed_is_started_again_and_nothing_is_lost(bench, long: str, tmp_path: Path) -> None:
    panel = bench.panel
    panel.queue.add(["long"])
    for seen in (3, 26):
        bench.until(lambda seen=seen: panel.queue.running and panel.queue.running.done > seen)
        os.kill(renderer_of(long), signal.SIGKILL)
        bench.until(lambda: panel.queue.running is None)
    bench.until(lambda: state(panel, "long") == DONE)
    wanted = rendered_by_command(long, tmp_path)
    assert files(tmp_path / "out") == {name: data for name, data in wanted.items() if name.startswith("long")}


def test_paused_cancelled_and_queued_again_with_other_stills(bench, long: str, stills: list[str]) -> None:
    panel = bench.panel
    panel.queue.add(["long"])
    panel.queue.add(["a"])
    bench.until(lambda: panel.queue.running and panel.queue.running.done > 24)
    panel.queue.pause()
    bench.until(lambda: state(panel, "long") == PAUSED)
    assert state(panel, "a") == WAITING
    assert panel.queue.task("long").done > 24
    panel.queue.cancel("a")
    panel.document.edit_shots("", ["long"], lambda shot: dataclasses.replace(shot, stills=(ProjectStill(stills[1]),)))
    panel.queue.add(["long"])  # what was begun was another picture: it makes way
    panel.queue.resume()
    bench.until(lambda: state(panel, "long") == DONE)
    assert state(panel, "a") == CANCELLED
    assert panel.shots.rows()[2].state == "rendered"


def test_two_panels_share_a_queue_that_one_process_renders(bench, clients, long: str) -> None:
    other_posts = PostQueue()
    other = Panel(other_posts.post, Connections(clients), view_size=64)
    other.open(long)
    assert "open for writing" in other.messages.latest.text
    try:
        bench.panel.queue.add(["long"])
        bench.until(lambda: state(bench.panel, "long") == RUNNING)
        first = renderer_of(long)
        other.queue.add(["a"])
        assert other_posts.run(lambda: other.queue.task("long") and other.queue.task("long").done > 2, 240)
        assert renderer_of(long) == first
        assert main(["project", "render", long, "--queue"]) == 0  # says that it is rendered already
        other.queue.pause()
        bench.until(lambda: bench.panel.queue.is_held and state(bench.panel, "long") == PAUSED)
        bench.panel.queue.resume()
        bench.until(lambda: state(bench.panel, "a") == DONE)
    finally:
        other.close()


def test_it_renders_what_was_queued_though_the_project_is_changed_and_saved(bench, long: str, tmp_path: Path) -> None:
    panel = bench.panel
    wanted = rendered_by_command(long, tmp_path)
    panel.queue.add(["long"])
    panel.queue.add(["a"])
    bench.until(lambda: state(panel, "long") == RUNNING)
    panel.shots.choose(["a"])
    panel.parameters.set("chroma", 0.25)
    assert panel.file.save()
    bench.until(lambda: state(panel, "a") == DONE)
    assert files(tmp_path / "out") == wanted
    assert [row.state for row in panel.shots.rows()] == ["out of date", "no still", "rendered"]


def test_a_renderer_that_cannot_begin_is_told_and_tried_again(bench, tmp_path: Path) -> None:
    panel, path = bench.panel, bench.save(tmp_path)
    record = Path(os.environ["TINCT_INSTALLATION"])
    good = record.read_text()
    record.write_text(good.replace("python", "no_python"))
    panel.queue.add(["a"])
    bench.until(lambda: panel.messages.latest and "cannot begin" in panel.messages.latest.text)
    assert state(panel, "a") == WAITING
    record.write_text(good)
    panel.queue.add(["a"])
    bench.until(lambda: state(panel, "a") == DONE)
    assert load_project(path).shots


def test_a_shot_at_which_the_process_always_ends_is_given_up(bench, tmp_path: Path) -> None:
    path = bench.save(tmp_path)
    queue = QueueFolder(path)
    order = queue.add(bench.panel.document.project, ["a"])
    for _ in range(3):
        queue.tell(order, "a", RUNNING)
    bench.until(lambda: state(bench.panel, "a") == FAILED)
    assert "ended 3 times" in bench.panel.queue.task("a").log[-1]


def test_a_line_that_was_cut_off_spoils_no_other(bench, tmp_path: Path) -> None:
    queue = QueueFolder(bench.save(tmp_path))
    queue.hold(True)
    order = queue.add(bench.panel.document.project, ["a"])
    queue.tell(order, "a", RUNNING)
    states = next(Path(queue.path).glob("*.states"))
    states.write_bytes(states.read_bytes() + b'{"shot": "a", "sta')
    assert [one.state for one in queue.shots()] == [RUNNING]
    queue.tell(order, "a", DONE)
    assert [one.state for one in queue.shots()] == [DONE]
