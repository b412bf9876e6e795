"""``tinct project``: from media to rendered shots. The plate has the frames 1001 to 1005."""

import json
import os
import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from tinct.runtime.project import (
    Project,
    ProjectHint,
    ProjectLock,
    ProjectShot,
    ProjectStill,
    load_project,
    read_record,
    save_project,
    shot_state,
)

Tinct = Callable[..., Any]
FAKE = ("--set", "model=fake", "--set", "backend=fake", "--set", "workingSize=64")


@pytest.fixture
def project_file(tinct: Tinct, plate: Path, still: Path, tmp_path: Path) -> Path:
    """A project of the plate in three shots: 1001-1002, 1003, 1004-1005; PNG results."""
    cuts = tmp_path / "cuts.csv"
    cuts.write_text("first,last\n1001,1002\n1003,1003\n1004,1005\n")
    path = tmp_path / "film.tinct"
    out = ("--output", tmp_path / "out", "--pattern", "{shot}/{shot}.%04d.png")
    made = tinct("project", "new", path, plate, "--shots", cuts, "-r", still, *out, *FAKE)
    assert made.code == 0, made.err
    assert "3 shots of 1 plates" in made.out
    return path


def change(path: Path, name: str, **changes: Any) -> None:
    project = load_project(path)
    save_project(project.with_shot(replace(project.shot_named(name), **changes)), path)


def states(path: Path) -> list[str]:
    project = load_project(path)
    return [shot_state(project, shot, read_record(project, shot)) for shot in project.shots]


def pictures(folder: Path) -> dict[str, np.ndarray]:
    return {file.name: cv2.imread(str(file), cv2.IMREAD_UNCHANGED) for file in sorted(folder.rglob("*.png"))}


def same(one: dict[str, np.ndarray], other: dict[str, np.ndarray]) -> bool:
    return one.keys() == other.keys() and all(np.array_equal(one[name], other[name]) for name in one)


def test_a_new_project_has_a_shot_for_each_plate_of_a_folder(tinct: Tinct, plate: Path, tmp_path: Path) -> None:
    for number in range(3):
        cv2.imwrite(str(plate.parent / f"other_{number:02}.png"), np.zeros((16, 16), np.uint8))
    made = tinct("project", "new", tmp_path / "film.tinct", plate.parent, "--json")
    assert made.code == 0, made.err
    project = load_project(tmp_path / "film.tinct")
    assert [(shot.name, shot.first, shot.last) for shot in project.shots] == [("other", 0, 2), ("shot", 1001, 1005)]
    assert project.output.folder == str(tmp_path / "colour")
    assert [shot["name"] for shot in json.loads(made.out)["shots"]] == ["other", "shot"]
    assert '"source": "plate/shot.%04d.png"' in (tmp_path / "film.tinct").read_text()


def test_a_still_goes_to_the_shots_that_it_is_for(tinct: Tinct, plate: Path, still: Path, tmp_path: Path) -> None:
    path, cuts = tmp_path / "film.tinct", tmp_path / "cuts.csv"
    cuts.write_text("first,last\n1001,1002\n1003,1005\n")
    made = tinct("project", "new", path, plate, "--shots", cuts, "-r", still, "-r", f"{still}@1004=2")
    assert made.code == 0, made.err
    stills = [[(one.frame, one.weight) for one in shot.stills] for shot in load_project(path).shots]
    assert stills == [[(None, 1.0)], [(None, 1.0), (1004, 2.0)]]


def test_a_project_is_not_replaced_unless_told(tinct: Tinct, plate: Path, tmp_path: Path) -> None:
    path = tmp_path / "film.tinct"
    path.write_text("precious")
    assert "--overwrite" in tinct("project", "new", path, plate).error
    assert path.read_text() == "precious"
    assert "ends in .tinct" in tinct("project", "new", tmp_path / "film.json", plate).error
    assert tinct("project", "new", path, plate, "--overwrite").code == 0
    assert "sets no parameter" in tinct("project", "new", tmp_path / "b.tinct", plate, "--set", "glow=1").error
    assert "chroma is 9" in tinct("project", "new", tmp_path / "b.tinct", plate, "--set", "chroma=9").error
    assert tinct("project", "new", tmp_path / "b.tinct", tmp_path / "none").code == 2
    assert not (tmp_path / "b.tinct").exists()


def test_a_rendered_shot_is_what_colorize_makes_of_it(
    tinct: Tinct, colorize: Tinct, project_file: Path, plate: Path, still: Path, tmp_path: Path
) -> None:
    assert states(project_file) == ["draft"] * 3
    done = tinct("project", "render", project_file)
    assert done.code == 0, done.err
    assert "film: 3 shots rendered, 0 were up to date" in done.out
    assert states(project_file) == ["rendered"] * 3
    for name, frames in (("shot 010", "1001-1002"), ("shot 020", "1003"), ("shot 030", "1004-1005")):
        alone = tmp_path / "alone" / name / f"{name}.%04d.png"
        assert colorize(plate, "-r", still, "-o", alone, "--frames", frames).code == 0
        assert same(pictures(tmp_path / "out" / name), pictures(alone.parent))
    again = tinct("project", "render", project_file)
    assert "0 shots rendered, 3 were up to date" in again.out


def test_only_what_is_out_of_date_is_rendered(tinct: Tinct, project_file: Path, tmp_path: Path) -> None:
    assert tinct("project", "render", project_file, "--shot", "shot 020").code == 0
    assert states(project_file) == ["draft", "rendered", "draft"]
    change(project_file, "shot 020", parameters={"chroma": 0.0})
    assert states(project_file) == ["draft", "out of date", "draft"]
    done = tinct("project", "render", project_file, "--json")
    assert done.code == 0
    events = [json.loads(line) for line in done.out.splitlines()]
    shots = [event for event in events if event["event"] == "shot"]
    assert [(one["shot"], one["before"], one["state"]) for one in shots] == [
        ("shot 010", "draft", "rendered"),
        ("shot 020", "out of date", "rendered"),
        ("shot 030", "draft", "rendered"),
    ]
    assert events[-1] == {
        "event": "done", "rendered": 3, "failed": 0, "up_to_date": 0, "output": str(tmp_path / "out")
    }  # fmt: skip
    grey = pictures(tmp_path / "out")["shot 020.1003.png"].astype(int)
    assert np.ptp(grey, axis=-1).max() <= 1
    assert tinct("project", "render", project_file, "--all").out.count("3 shots rendered") == 1
    assert "no shot named '40'" in tinct("project", "render", project_file, "--shot", "40").error


def test_handles_hints_and_framed_stills_are_honoured(
    tinct: Tinct, colorize: Tinct, project_file: Path, plate: Path, still: Path, tmp_path: Path
) -> None:
    picture = cv2.imread(str(still))
    cv2.imwrite(str(tmp_path / "part.png"), cv2.rotate(picture[: picture.shape[0] // 2], cv2.ROTATE_180))
    framed = (ProjectStill(str(still), crop=(0.0, 0.0, 1.0, 0.5), turn=180),)
    hint = ProjectHint(1003, 40.0, 30.0, (0.0, 1.0, 0.0))
    change(project_file, "shot 020", stills=framed, hints=(hint,), handle_in=1, handle_out=2)
    assert tinct("project", "render", project_file, "--shot", "shot 020").code == 0
    alone = tmp_path / "alone" / "shot 020.%04d.png"
    options = ("--frames", "1002-1005", "--hint", "1003,40,30,#00ff00")
    assert colorize(plate, "-r", tmp_path / "part.png", "-o", alone, *options).code == 0
    assert same(pictures(tmp_path / "out"), pictures(alone.parent))


def test_a_shot_that_fails_does_not_stop_the_others(tinct: Tinct, project_file: Path, still: Path) -> None:
    still.with_name("grey.png").write_bytes(cv2.imencode(".png", np.full((16, 16), 90, np.uint8))[1].tobytes())
    change(project_file, "shot 010", stills=(ProjectStill(str(still.with_name("grey.png"))),))
    change(project_file, "shot 020", stills=())
    done = tinct("project", "render", project_file, "--json")
    assert done.code == 1
    assert "2 of 3 shots failed: shot 010: The still" in done.error
    shots = [json.loads(line) for line in done.out.splitlines() if '"event": "shot"' in line]
    assert [(one["shot"], one["state"], one.get("kind")) for one in shots] == [
        ("shot 010", "failed", "StillError"),
        ("shot 020", "failed", "ProjectError"),
        ("shot 030", "rendered", None),
    ]
    assert states(project_file) == ["failed", "no still", "rendered"]


def test_results_of_others_are_not_replaced(tinct: Tinct, project_file: Path, tmp_path: Path) -> None:
    place = tmp_path / "out" / "shot 020" / "shot 020.1003.png"
    place.parent.mkdir(parents=True)
    place.write_bytes(b"precious")
    done = tinct("project", "render", project_file, "--shot", "shot 020")
    assert done.code == 2
    assert "there already" in done.error
    assert place.read_bytes() == b"precious"
    assert tinct("project", "render", project_file, "--shot", "shot 020", "--overwrite").code == 0
    rendered = place.read_bytes()
    change(project_file, "shot 020", parameters={"chroma": 0.5})
    assert tinct("project", "render", project_file, "--shot", "shot 020").code == 0
    assert place.read_bytes() != rendered
    place.write_bytes(b"painted over")
    done = tinct("project", "render", project_file, "--shot", "shot 020")
    assert "there already" in done.error
    assert place.read_bytes() == b"painted over"


@contextmanager
def files_no_larger_than(size: int) -> Iterator[None]:
    """The operating system refuses to let any file grow beyond ``size``, as a full disk would."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_and_then_room(tinct: Tinct, project_file: Path, tmp_path: Path) -> None:
    before = listing(tmp_path / "plate")
    with files_no_larger_than(2000):
        done = tinct("project", "render", project_file)
    assert done.code == 1
    assert "3 of 3 shots failed" in done.error
    assert listing(tmp_path / "plate") == before
    assert not pictures(tmp_path / "out")
    assert tinct("project", "render", project_file, "--resume").code == 0
    assert states(project_file) == ["rendered"] * 3


def listing(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file()}


def test_an_interrupted_render_goes_on(
    tinct: Tinct, project_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tinct import project_render_display

    monkeypatch.setattr("tinct.runtime.run.plate_run.CHECKPOINT_FRAMES", 1)
    seen = []

    def stop(self: object, shot: ProjectShot, done: object) -> None:
        seen.append(shot.name)
        if len(seen) == 4:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(project_render_display.RenderDisplay, "progress", stop)
        assert tinct("project", "render", project_file).code == 130
    assert states(project_file) == ["rendered", "rendered", "draft"]
    refused = tinct("project", "render", project_file)
    assert "begun before" in refused.error
    assert "--resume" in refused.error
    done = tinct("project", "render", project_file, "--resume", "--json")
    assert done.code == 0
    (shot,) = [json.loads(line) for line in done.out.splitlines() if '"event": "shot"' in line]
    assert (shot["shot"], shot["frames"], shot["resumed"]) == ("shot 030", 2, 1)
    whole = pictures(tmp_path / "out")
    assert tinct("project", "render", project_file, "--all", "--overwrite").code == 0
    assert same(whole, pictures(tmp_path / "out"))


def test_check_lists_every_problem(tinct: Tinct, project_file: Path, still: Path, tmp_path: Path) -> None:
    assert tinct("project", "check", project_file).out.splitlines()[-1].endswith("3 shots, no problems")
    grey, broken = tmp_path / "grey.png", tmp_path / "broken.png"
    cv2.imwrite(str(grey), np.full((16, 16, 3), 90, np.uint8))
    broken.write_bytes(b"no picture")
    cv2.imwrite(str(tmp_path / "mask.png"), np.zeros((20, 20), np.uint8))
    (tmp_path / "plate" / "shot.1003.png").unlink()
    change(
        project_file, "shot 010", handle_in=5,
        stills=(ProjectStill(str(grey)), ProjectStill(str(broken)), ProjectStill(str(tmp_path / "none.png"), 2000)),
    )  # fmt: skip
    change(
        project_file, "shot 030", parameters={"model": "none", "backend": "none", "inputSpace": "none"},
        mask=str(tmp_path / "mask.png"),
        hints=(ProjectHint(1004, 4000.0, 2.0, (0, 0, 0)), ProjectHint(1, 1.0, 1.0, (0, 0, 0))),
    )  # fmt: skip
    change(project_file, "shot 020", stills=(ProjectStill(str(still), 1004),))
    late = load_project(project_file).shot_named("shot 030").with_still(ProjectStill(str(still), 1007))
    change(project_file, "shot 030", stills=late.stills)
    project = load_project(project_file)
    missing = ProjectShot("x", "missing", str(tmp_path / "none.mov"), 0, 9)
    save_project(replace(project, library=str(tmp_path / "none")).with_shot(missing), project_file)
    done = tinct("project", "check", project_file, "--json")
    assert done.code == 1
    problems = [(one["shot"], one["message"]) for one in json.loads(done.out)["problems"]]
    expected = [
        ("", "no library"),
        ("shot 010", "lacks 996-1000"),
        ("shot 010", f"{grey} is grey"),
        ("shot 010", "broken.png"),
        ("shot 010", "no still"),
        ("shot 010", "in force from frame 2000, outside the plate, which has 1001 to 1005"),
        ("shot 020", "lacks 1003"),
        ("shot 030", "the hint 1,1,1 is for a frame outside"),
        ("shot 030", "no backend named 'none'"),
        ("shot 030", "no colour space 'none'"),
        ("shot 030", "no model named 'none'"),
        ("shot 030", "mask.png is 20x20"),
        ("shot 030", "outside the picture"),
        ("shot 030", "after its last, 1005"),
        ("shot 020", "its frames 1003 to 1003 lie before its first still and stay grey"),
        ("missing", "no file or folder"),
        ("missing", "it has no still"),
    ]
    for shot, part in expected:
        assert any(name == shot and part in message for name, message in problems), (shot, part, problems)
    plain = tinct("project", "check", project_file)
    assert plain.code == 1
    assert plain.out.count("\n") == len(problems) + 1


def test_check_sees_a_place_that_cannot_take_the_results(tinct: Tinct, project_file: Path, tmp_path: Path) -> None:
    project = load_project(project_file)
    output = replace(project.output, pattern="{shot}.gif")
    save_project(replace(project, output=output), project_file)
    assert tinct("project", "check", project_file).out.count("does not write .gif") == 3
    output = replace(project.output, folder="/proc/none", pattern="{shot}.%04d.png")
    save_project(replace(project, output=output), project_file)
    assert tinct("project", "check", project_file).code == 1
    assert not (tmp_path / "out").exists()


def test_check_sees_that_the_disk_is_too_small(
    tinct: Tinct, project_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import shutil

    usage = shutil.disk_usage("/")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=1000))
    done = tinct("project", "check", project_file)
    assert done.code == 1
    assert "make room" in done.out


def test_media_that_were_moved_are_linked_again(tinct: Tinct, project_file: Path, tmp_path: Path) -> None:
    (tmp_path / "plate").rename(tmp_path / "archive")
    assert tinct("project", "check", project_file).code == 1
    done = tinct("project", "relink", project_file, "--from", tmp_path / "plate", "--to", tmp_path / "archive")
    assert done.code == 0, done.err
    assert "3 paths changed" in done.out
    assert tinct("project", "check", project_file).code == 0
    again = tinct("project", "relink", project_file, "--from", tmp_path / "plate", "--to", tmp_path / "archive")
    assert "no path of" in again.error
    nowhere = tinct("project", "relink", project_file, "--from", tmp_path / "archive", "--to", tmp_path / "plate")
    assert "(--to)" in nowhere.error


def test_a_project_that_is_open_elsewhere_is_not_written(tinct: Tinct, project_file: Path, tmp_path: Path) -> None:
    before = project_file.read_bytes()
    with ProjectLock(project_file):
        done = tinct("project", "relink", project_file, "--from", tmp_path, "--to", tmp_path)
        assert f"open for writing in process {os.getpid()}" in done.error
        assert tinct("project", "check", project_file).code == 0
    assert project_file.read_bytes() == before


def test_what_is_no_project_is_refused(tinct: Tinct, tmp_path: Path) -> None:
    path = tmp_path / "film.tinct"
    path.write_text('{"schema": 7}')
    for command in ("check", "render"):
        done = tinct("project", command, path)
        assert done.code == 1
        assert "schema is 7, and this version of Tinct reads up to 1" in done.error


def test_media_are_added_to_a_project(tinct: Tinct, project_file: Path, plate: Path) -> None:
    for name in ("shot", "shot 2"):
        done = tinct("project", "import", project_file, plate.parent)
        assert done.code == 0, done.err
        assert load_project(project_file).shots[-1].name == name
    assert len(load_project(project_file).shots) == 5


@pytest.mark.parametrize("name", ["film.otio", "film.edl"])
def test_export_and_import_give_the_shots_again(tinct: Tinct, project_file: Path, tmp_path: Path, name: str) -> None:
    if name.endswith("otio"):
        pytest.importorskip("opentimelineio")
    assert tinct("project", "export", project_file, tmp_path / name).code == 0
    assert "--overwrite" in tinct("project", "export", project_file, tmp_path / name).error
    done = tinct("project", "import", tmp_path / "again.tinct", tmp_path / name)
    assert done.code == 0, done.err

    def facts(project: Project) -> list[tuple[Any, ...]]:
        return [(shot.name, shot.source, shot.first, shot.last) for shot in project.shots]

    assert facts(load_project(tmp_path / "again.tinct")) == facts(load_project(project_file))
