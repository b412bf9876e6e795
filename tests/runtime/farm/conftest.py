"""A small film with sound and timecode, and the job that colours it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from drawn_film import draw_film
from tinct.runtime.farm.analysis import analyse
from tinct.runtime.farm.folder import JobFolder
from tinct.runtime.farm.job import FarmJob, Film
from tinct.runtime.farm.plan import Plan

FRAMES, EVERY = 22, 4
"""Of the plate; and frames from checkpoint to checkpoint."""
CUTS = (5, 18)


@pytest.fixture(autouse=True)
def checkpoints(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tinct.runtime.run.plate_run.CHECKPOINT_FRAMES", EVERY)
    monkeypatch.setattr("tinct.runtime.farm.plan.CHECKPOINT_FRAMES", EVERY)


@pytest.fixture(scope="session")
def material(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """``plate.mov``, ``still.png`` and ``shots.csv``: shots of 5, 13 and 4 frames."""
    folder = tmp_path_factory.mktemp("material")
    draw_film(folder, FRAMES, cuts=CUTS)
    return folder


MakeJob = Callable[..., FarmJob]


@pytest.fixture
def make_job(material: Path, tmp_path: Path) -> MakeJob:
    """The job whose result has that name."""

    def make(result: str, *, chunk: int = 8, preroll: int | None = None, **fields: Any) -> FarmJob:
        request = {
            "input": str(material / "plate.mov"),
            "output": str(tmp_path / "farm" / result),
            "references": [{"path": str(material / "still.png"), "frame": 2, "weight": 1.0}],
            "hints": [{"frame": 4, "x": 30, "y": 20, "colour": [0.1, 0.2, 0.9]}],
            "model": "fake",
            "backend": "fake",
            "working_size": 64,
            "threads": 1,
            **fields,
        }
        return FarmJob("film", (Film("film", request, str(material / "shots.csv")),), chunk, preroll)

    return make


@pytest.fixture
def folder(tmp_path: Path) -> JobFolder:
    return JobFolder(tmp_path / "work")


@pytest.fixture
def planned(make_job: MakeJob, folder: JobFolder) -> Plan:
    """The plan of a movie."""
    return analyse(make_job("film.mov"), folder)
