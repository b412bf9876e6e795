"""Shots that the panel bundles for a farm, runs here, hands over and takes back."""

import dataclasses
import os
import time
from pathlib import Path

import pytest

pytest.importorskip("openjd.model", reason="jobs for farms need openjd-model")
pytest.importorskip("openjd.sessions", reason="running them here needs openjd-sessions")

from tinct.cli import main
from tinct.runtime.project import load_project, save_project
from tinct.ui.models.farm_folder import BUNDLED, DONE, FAILED, RUNNING, STOPPED, FarmFolder


@pytest.fixture
def farm(bench, tmp_path: Path):
    """The jobs of the project, saved."""
    bench.save(tmp_path)
    return bench.panel.farm


def until(bench, holds) -> None:
    """Wait for that with an eye on the disk, as the panel's timer has."""

    def look() -> bool:
        bench.panel.look_at_files()
        time.sleep(0.02)
        return bool(holds())

    bench.until(look, 400)


def states(bench) -> list[str]:
    return [job.state for job in bench.panel.farm.jobs]


def test_a_shot_goes_to_a_farm_and_comes_back_rendered(bench, farm, tmp_path: Path) -> None:
    bench.panel.parameters.set("chroma", 0.5)  # bundled as it is, not as it was saved
    farm.bundle(["a", "b"])
    until(bench, lambda: states(bench) == [BUNDLED])
    assert [name for _, name in farm.chosen.shots] == ["street"]
    assert Path(farm.chosen.folder).parent == tmp_path / "film_farm"
    farm.run_here()
    until(bench, lambda: states(bench) == [RUNNING])
    farm.stop()
    until(bench, lambda: states(bench) == [STOPPED])
    farm.run_here()
    until(bench, lambda: states(bench) == [RUNNING])
    panel = bench.again(str(tmp_path / "film.tinct"))  # the panel is closed and opened meanwhile
    until(bench, lambda: states(bench) == [DONE])
    (job,) = panel.farm.jobs
    assert (job.done, job.total, job.finished) == (7, 7, ("street",))
    assert panel.document.project.shots[0].parameters == {"chroma": 0.5}
    assert panel.shots.rows()[0].state == "rendered"
    project = load_project(farm_snapshot(tmp_path))
    again = dataclasses.replace(project, output=dataclasses.replace(project.output, folder=str(tmp_path / "again")))
    save_project(again, tmp_path / "again.tinct")
    assert main(["project", "render", str(tmp_path / "again.tinct")]) == 0
    names = sorted(path.name for path in (tmp_path / "again" / "street").glob("*.png"))
    assert len(names) == 7
    for name in names:
        assert (tmp_path / "out" / "street" / name).read_bytes() == (tmp_path / "again" / "street" / name).read_bytes()
    panel.farm.clear()
    until(bench, lambda: not panel.farm.jobs)


def farm_snapshot(folder: Path) -> Path:
    (path,) = (folder / "film_farm").glob("*.tinct")
    return path


def test_what_would_be_sent_is_shown_and_nothing_is_sent(bench, farm) -> None:
    pytest.importorskip("deadline.client", reason="needs the package deadline")
    farm.bundle(["a"])
    until(bench, lambda: states(bench) == [BUNDLED])
    farm.set_engine("deadline-cloud", "priority=70")
    farm.submit(dry_run=True)
    until(bench, lambda: "priority" in "\n".join(farm.chosen.log))
    assert '"priority": 70' in "\n".join(farm.chosen.log)
    assert states(bench) == [BUNDLED]
    farm.set_engine("deadline-cloud", "colour=blue")
    farm.submit(dry_run=True)
    until(bench, lambda: bench.panel.messages.latest)
    assert "no option 'colour'" in bench.panel.messages.latest.text


def test_what_cannot_be_bundled_is_told(bench, farm, stills: list[str]) -> None:
    farm.bundle(["b"])
    assert "has a still" in bench.panel.messages.latest.text
    bench.panel.document.edit_shots("", ["a"], lambda shot: dataclasses.replace(shot, source="/nowhere/plate.mov"))
    farm.bundle(["a"])
    until(bench, lambda: states(bench) == [FAILED])
    assert "/nowhere/plate.mov" in farm.jobs[0].log[-1]


def test_jobs_are_known_by_what_lies_in_their_folder(bench, tmp_path: Path) -> None:
    folder = FarmFolder(str(tmp_path / "film.tinct"))
    project = bench.panel.document.project
    job = folder.add(project, ("a",))
    assert [(one.state, one.name) for one in folder.jobs(frozenset([job]))] == [("bundling", "farm: street")]
    assert folder.jobs()[0].state == FAILED  # whoever bundled it is gone
    os.mkdir(folder.jobs()[0].bundle)
    assert folder.jobs()[0].state == BUNDLED
    folder.note(job, state=BUNDLED, pid=1)
    assert folder.jobs()[0].state == FAILED
    folder.note(job, stopped=True)
    assert folder.jobs()[0].state == STOPPED
    film = {"name": "street", "finished": True, "frames": 7, "frames_made": 7}
    folder.note(job, status={"films": [film]})
    assert (folder.jobs()[0].state, folder.jobs()[0].share) == (DONE, 1.0)
    assert folder.add(project, ("a",)) != job
