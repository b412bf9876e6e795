"""Runs of the add-on, without Blender: their names, cancelling, and going on."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from tinct.plugin.blender.colouring import ColouringRun, Task, colour, task_of
from tinct.plugin.blender.strip_plate import StripError, plate_of
from tinct.plugin.client import Client, WorkerRefused
from tinct.plugin.params import StillInForce, format_stills
from tinct.runtime.media.image_file import read_image
from tinct.runtime.run.checkpoint import CHECKPOINT_FRAMES
from tinct.runtime.run.work_folder import find_unfinished


@pytest.fixture
def task(shot, tmp_path: Path, folder: Path, installation: str, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Task]:
    monkeypatch.setenv("TINCT_WORKER_FOLDER", str(folder))
    monkeypatch.setenv("TINCT_INSTALLATION", installation)

    def make(first: int = 0, last: int = 11, plate: Path | None = None, **values: object) -> Task:
        stills = format_stills([StillInForce(str(shot.stills[0]))])
        given = {"stills": stills, "model": "fake", "backend": "fake", "workingSize": 64, **values}
        pattern = str(plate or shot.plate)
        files = (pattern % first, pattern % last)
        return task_of(pattern.replace("%04d", "####"), first, last, files, given, str(tmp_path / "cache"))

    return make


def test_a_result_is_named_by_all_that_it_depends_on_and_not_by_its_end(task) -> None:
    folders = {task().result.folder, task(chroma=0.5).result.folder, task(first=2).result.folder}
    assert len(folders) == 3
    assert task(cacheFolder="/elsewhere").result.folder in folders


@pytest.fixture
def left(shot, task, tmp_path: Path) -> Task:
    """A task whose run was cancelled beyond its first checkpoint; long, or it might end before it hears of that."""
    plate, last = tmp_path / "long.%04d.png", 10 * CHECKPOINT_FRAMES
    for number in range(last + 1):
        cv2.imwrite(str(plate) % number, shot.codes(number, 8))
    long = task(last=last, plate=plate)
    run = ColouringRun(long)
    while run.progress is None or run.progress.done <= CHECKPOINT_FRAMES:
        assert not run.ended
        time.sleep(0.001)
    run.cancel()
    run.wait()
    assert run.cancelled
    assert run.error is None
    assert long.result.missing()
    return long


def assert_coloured(shot, task: Task) -> None:
    plate, frames = Path(task.plate.replace("####", "%04d")), f"{task.result.first}-{task.result.last}"
    for number, picture in shot.coloured(plate=plate, frames=frames).items():
        np.testing.assert_array_equal(read_image(Path(task.result.file(number)))[1], picture)


def test_a_run_that_was_cancelled_goes_on_where_it_stood(shot, left: Task) -> None:
    (begun,) = find_unfinished(Path(left.result.folder))
    assert begun.done in range(CHECKPOINT_FRAMES, begun.total, CHECKPOINT_FRAMES)
    again = ColouringRun(left)
    again.wait()
    assert again.error is None
    assert again.progress is not None
    assert again.progress.resumed == begun.done
    assert not left.result.missing()
    assert_coloured(shot, left)


def test_machines_that_share_a_cache_wait_for_each_other(shot, task) -> None:
    runs = [ColouringRun(task()) for _ in range(3)]
    for run in runs:
        run.wait()
        assert run.error is None
    assert sum(run.progress is not None for run in runs) == 1  # the others found it made
    assert_coloured(shot, task())


def test_work_that_was_left_does_not_stand_in_the_way_of_a_shorter_or_longer_run(shot, left: Task) -> None:
    colour(left, 3)
    assert not left.result.missing(3)
    colour(left)
    assert_coloured(shot, left)


def test_a_worker_that_dies_in_mid_run_is_not_noticed(shot, task) -> None:
    run = ColouringRun(task())
    while run.progress is None:
        assert not run.ended
    with Client(start=False) as client:
        os.kill(client.status()["pid"], signal.SIGKILL)
    run.wait()
    assert run.error is None
    assert_coloured(shot, task())


def test_what_the_worker_refuses_is_kept_as_the_runs_error(task) -> None:
    run = ColouringRun(task(stills=format_stills([StillInForce("/nowhere/still.png")])))
    run.wait()
    assert isinstance(run.error, WorkerRefused)
    assert not run.cancelled


class Element:
    def __init__(self, filename: str) -> None:
        self.filename = filename


class Strip:
    """What `plate_of` reads of Blender's strips."""

    def __init__(self, **facts: object) -> None:
        self.type, self.name, self.directory = "IMAGE", "strip", "/shots"
        self.frame_start, self.frame_final_start, self.frame_final_end = 1.0, 1, 4
        self.elements = [Element(f"a.{number:04d}.png") for number in (1001, 1002, 1003)]
        for name, value in facts.items():
            setattr(self, name, value)


def test_a_strips_frames_have_the_plates_own_numbers() -> None:
    plate = plate_of(Strip(frame_final_start=2), str)
    assert (plate.path, plate.first, plate.last, plate.start) == ("/shots/a.####.png", 1002, 1003, 2)
    assert [plate.number_at(frame) for frame in (1, 2, 3, 4)] == [None, 1002, 1003, None]
    held = plate_of(
        Strip(frame_final_start=-3, frame_final_end=9), str
    )  # a strip that holds its first and last picture
    assert (held.first, held.last, held.start) == (1001, 1003, 1)


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"type": "SOUND"}, "type SOUND"),
        ({"speed_factor": 2.0}, "another speed"),
        ({"use_reverse_frames": True}, "backwards"),
        ({"elements": [Element("a.1.png"), Element("a.3.png")]}, "without holes"),
        ({"elements": [Element("a.png"), Element("b.png")]}, "numbered"),
        ({"frame_final_start": 8, "frame_final_end": 9}, "shows no frame"),
    ],
)
def test_a_strip_that_cannot_be_coloured_says_why(facts: dict[str, object], words: str) -> None:
    with pytest.raises(StripError, match=words):
        plate_of(Strip(**facts), str)
