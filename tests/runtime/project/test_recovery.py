"""What is left of a project after a crash, beside another program, and on a full disk."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from small_disk import fill

from tinct.runtime.errors import OutputError, ProjectInUseError
from tinct.runtime.project import Autosave, Project, ProjectLock, load_project, recovered, save_project
from tinct.runtime.project.autosave import autosave_path

EDITING = Path(__file__).with_name("editing.py")
ROOT = Path(__file__).parents[3]
KILLS, AT_ONCE = 50, 10


def noted(project: Project, note: str) -> Project:
    return project.with_shot(replace(project.shots[0], note=note))


def start(path: Path, seed: int) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        [sys.executable, "-S", str(EDITING), str(path), str(seed)],
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
        process_group=0,
    )


def wait_for(path: Path) -> None:
    wait_until(path.exists)


def wait_until(happened: Callable[[], bool], seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.001)


def killed(process: subprocess.Popen[str]) -> tuple[float, list[tuple[int, float]]]:
    """When the process was killed, and the edits that it told of."""
    at = time.monotonic()
    process.send_signal(signal.SIGKILL)
    out, _ = process.communicate(timeout=10)
    lines = [line.split() for line in out.splitlines(keepends=True) if line.endswith("\n")]
    return at, [(int(number), float(when)) for number, when in lines]


def test_killed_at_50_instants_the_last_second_is_all_that_is_lost(
    project: Project, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    chance = random.Random(6)
    for batch in range(0, KILLS, AT_ONCE):
        paths = [tmp_path / f"{batch + each}" / "film.tinct" for each in range(AT_ONCE)]
        for path in paths:
            path.parent.mkdir()
            save_project(project, path)
        running = [start(path, batch + each) for each, path in enumerate(paths)]
        for process in running:
            request.addfinalizer(process.kill)  # those that are left when an assertion fails would go on for ever
        for process, path in zip(running, paths, strict=True):
            wait_for(path.with_name(".film.tinct.lock"))
            time.sleep(chance.random() * 0.25)
            at, edits = killed(process)
            opened = recovered(path) or load_project(path)
            due = [number for number, when in edits if when <= at - 1.0]
            assert int(opened.shots[0].note or 0) >= max(due, default=0)
            assert replace(opened, shots=()) == replace(load_project(path), shots=())
            with ProjectLock(path), Autosave(path):
                assert {file.name for file in path.parent.iterdir()} <= {
                    "film.tinct",
                    ".film.tinct.lock",
                    ".film.tinct.autosave",
                }


def test_two_programs_do_not_write_one_project(project: Project, tmp_path: Path) -> None:
    path = tmp_path / "film.tinct"
    save_project(project, path)
    process = start(path, 1)
    try:
        assert process.stdout is not None
        assert process.stdout.readline()
        with pytest.raises(ProjectInUseError, match=f"process {process.pid} on .*; close it there"):
            ProjectLock(path)
        with pytest.raises(ProjectInUseError):
            save_project(project, path)
        link = tmp_path / "link.tinct"
        link.symlink_to(path)
        with pytest.raises(ProjectInUseError):
            ProjectLock(link)
        assert load_project(path).name == "film"
    finally:
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=10)
    save_project(project, path)
    assert not list(tmp_path.glob(".*.lock"))


def test_a_lock_is_for_one_project_and_ends_with_its_holder(project: Project, tmp_path: Path) -> None:
    with ProjectLock(tmp_path / "a.tinct"), ProjectLock(tmp_path / "b.tinct") as other:
        other.release()
        other.release()
        ProjectLock(tmp_path / "b.tinct").release()
    with pytest.raises(OutputError, match="Check that the folder is there"):
        ProjectLock(tmp_path / "none" / "a.tinct")


def test_what_was_saved_is_not_recovered(project: Project, tmp_path: Path) -> None:
    path = tmp_path / "film.tinct"
    save_project(project, path)
    assert recovered(path) is None
    with Autosave(path, every=0.0) as autosave:
        autosave.changed(noted(project, "one"))
        wait_for(Path(autosave_path(path)))
        found = recovered(path)
        assert found is not None
        assert found.shots[0].note == "one"
        save_project(found, path)
        assert recovered(path) is None
        autosave.saved()
        assert not Path(autosave_path(path)).exists()
        autosave.changed(noted(project, "two"))
    assert recovered(path) is None
    assert [name.name for name in tmp_path.iterdir() if name.suffix != ""] == ["film.tinct"]


def test_what_was_changed_while_it_was_being_saved_is_kept(project: Project, tmp_path: Path) -> None:
    path = tmp_path / "film.tinct"
    save_project(project, path)
    autosave = Autosave(path, every=0.0)
    saving = noted(project, "one")
    autosave.changed(saving)
    save_project(saving, path)
    autosave.changed(noted(project, "two"))
    wait_for(Path(autosave_path(path)))
    time.sleep(0.1)
    autosave.saved(saving)
    wait_for(Path(autosave_path(path)))
    found = recovered(path)
    assert found is not None
    assert found.shots[0].note == "two"
    autosave.saved(noted(project, "another"))
    autosave.close(keep=True)
    assert recovered(path) == found


def test_an_older_state_does_not_replace_what_another_program_saved(project: Project, tmp_path: Path) -> None:
    path = tmp_path / "film.tinct"
    save_project(project, path)
    autosave = Autosave(path, every=0.0)
    autosave.changed(noted(project, "mine"))
    wait_for(Path(autosave_path(path)))
    autosave.close(keep=True)
    save_project(noted(project, "theirs"), path)
    later = os.stat(autosave_path(path)).st_mtime_ns + 10**9
    os.utime(path, ns=(later, later))
    assert recovered(path) is None
    os.utime(path, ns=(later - 2 * 10**9,) * 2)  # an older version was put back
    found = recovered(path)
    assert found is not None
    assert found.shots[0].note == "mine"


def test_a_damaged_state_counts_as_none(project: Project, tmp_path: Path) -> None:
    path = tmp_path / "film.tinct"
    save_project(project, path)
    for data in (b"", b"{}", b'{"of": null}\n{', b"\xff\n\xff"):
        Path(autosave_path(path)).write_bytes(data)
        assert recovered(path) is None


def test_an_error_ends_with_what_was_not_saved_kept(project: Project, tmp_path: Path) -> None:
    path = tmp_path / "film.tinct"
    save_project(project, path)

    def crash() -> None:
        with Autosave(path, every=60.0) as autosave:
            autosave.changed(noted(project, "one"))
            wait_for(Path(autosave_path(path)))
            autosave.changed(noted(project, "two"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        crash()
    found = recovered(path)
    assert found is not None
    assert found.shots[0].note == "two"


@pytest.fixture
def disk(mount_disk) -> Path:
    return mount_disk(64)


def test_a_full_disk_leaves_the_project_as_it_was(project: Project, disk: Path) -> None:
    path = disk / "film.tinct"
    save_project(project, path)
    before = path.read_bytes()
    errors: list[OutputError | None] = []
    with Autosave(path, every=0.01, on_error=errors.append) as autosave:
        filler = fill(disk)
        large = noted(project, "x" * 30_000)
        with pytest.raises(OutputError, match=r"No space left.*what was there is unchanged"):
            save_project(large, path)
        assert path.read_bytes() == before
        autosave.changed(large)
        wait_until(lambda: autosave.error is not None)
        assert "No space left" in str(autosave.error)
        assert recovered(path) is None
        wait_until(lambda: not list(disk.glob(".*.new-*")))  # it tries again all the time, and leaves nothing between
        filler.unlink()
        wait_for(Path(autosave_path(path)))
        assert recovered(path) == large
    assert [type(error) for error in errors] == [OutputError, type(None)]
