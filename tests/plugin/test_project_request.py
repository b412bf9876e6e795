"""A shot that a client has the worker render is what ``tinct project render`` makes of it."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from tinct.plugin.client import Client
from tinct.runtime.project import (
    OutputSettings,
    Project,
    ProjectHint,
    ProjectShot,
    ProjectStill,
    read_record,
    shot_key,
    shot_request,
    shot_state,
    write_record,
)
from tinct.runtime.project_render import render_shots


def made(folder: Path) -> Project:
    """One shot of six frames, 64x48, with handles, a hint and a still of which half counts."""
    (folder / "plate").mkdir()
    y, x = np.mgrid[:48, :64]
    for number in range(1, 7):
        cv2.imwrite(str(folder / "plate" / f"p.{number:04}.png"), ((x * 3 + y + number * 9) % 256).astype(np.uint8))
    cv2.imwrite(str(folder / "still.png"), np.stack([x * 3, y * 4, 200 - x], axis=-1).astype(np.uint8))
    still = ProjectStill(str(folder / "still.png"), 3, crop=(0.25, 0.0, 1.0, 1.0), turn=270)
    shot = ProjectShot(
        "one", "010", str(folder / "plate" / "p.%04d.png"), 3, 5, 1, 1, (still,), (ProjectHint(4, 9.0, 9.0, (1, 0, 0)),)
    )
    parameters = {"model": "fake", "backend": "fake", "workingSize": 48}
    return Project("film", OutputSettings(str(folder / "render"), "{shot}/{shot}.%04d.png"), (shot,), parameters)


def test_the_worker_and_the_command_render_the_same(connect: Callable[..., Client], tmp_path: Path) -> None:
    project = made(tmp_path)
    (shot,) = project.shots
    (outcome,) = render_shots(project, [shot])
    assert outcome.error is None
    by_worker = replace(project, output=replace(project.output, folder=str(tmp_path / "worker")))
    key = shot_key(by_worker, shot)
    report = connect().colorize(shot_request(by_worker, shot))
    write_record(by_worker, shot, key, report)
    assert shot_state(by_worker, shot, read_record(by_worker, shot)) == "rendered"
    files = {path.name: path.read_bytes() for path in (tmp_path / "render" / "010").glob("*.png")}
    assert sorted(files) == [f"010.{number:04}.png" for number in range(2, 7)]
    assert files == {path.name: path.read_bytes() for path in (tmp_path / "worker" / "010").glob("*.png")}
