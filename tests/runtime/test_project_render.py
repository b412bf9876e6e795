"""Shots of one project rendered by several at once."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from tinct.runtime.errors import CancelledError, OutputError
from tinct.runtime.project import OutputSettings, Project, ProjectShot, ProjectStill, read_record, shot_state
from tinct.runtime.project_render import ShotOutcome, render_shots, shots_to_render


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Two shots of three frames each."""
    (tmp_path / "plate").mkdir()
    y, x = np.mgrid[:48, :64]
    for number in range(1, 7):
        cv2.imwrite(str(tmp_path / "plate" / f"p.{number}.png"), ((x * 3 + y + number * 9) % 256).astype(np.uint8))
    cv2.imwrite(str(tmp_path / "still.png"), np.stack([x * 3, y * 4, 200 - x], axis=-1).astype(np.uint8))
    stills = (ProjectStill(str(tmp_path / "still.png")),)
    source = str(tmp_path / "plate" / "p.%d.png")
    shots = tuple(
        ProjectShot(name, name, source, first, first + 2, stills=stills) for name, first in (("a", 1), ("b", 4))
    )
    parameters = {"model": "fake", "backend": "fake", "workingSize": 48}
    return Project("film", OutputSettings(str(tmp_path / "out"), "{shot}.%d.png"), shots, parameters)


def states(project: Project) -> list[str]:
    return [shot_state(project, shot, read_record(project, shot)) for shot in project.shots]


def test_a_shot_that_another_is_rendering_is_left_to_it(project: Project) -> None:
    other: list[ShotOutcome] = []

    def meanwhile(shot: ProjectShot, done: object) -> None:
        if not other:
            other.extend(render_shots(project, project.shots))

    first, second = render_shots(project, project.shots, progress=meanwhile)
    assert isinstance(other[0].error, OutputError)
    assert "another run" in str(other[0].error)
    assert other[1].error is None
    assert first.error is None
    assert second.error is None or "there already" in str(second.error)
    assert states(project) == ["rendered", "rendered"]
    assert shots_to_render(project) == []


def test_a_render_that_is_cancelled_keeps_what_is_done(project: Project) -> None:
    done: list[ShotOutcome] = []

    def render() -> None:
        for outcome in render_shots(project, project.shots, cancelled=lambda: bool(done)):
            done.append(outcome)

    with pytest.raises(CancelledError):
        render()
    assert states(project) == ["rendered", "draft"]
    assert [shot.name for shot in shots_to_render(project)] == ["b"]
    assert [outcome.state for outcome in render_shots(project, shots_to_render(project))] == ["draft"]
    assert states(project) == ["rendered", "rendered"]
