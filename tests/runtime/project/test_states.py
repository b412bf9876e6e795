"""What a shot asks the engine for, and what state it is in."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from tinct.runtime.errors import ProjectError
from tinct.runtime.media.framing import Framing
from tinct.runtime.project import (
    Project,
    ProjectHint,
    ProjectShot,
    ProjectStill,
    read_record,
    relinked,
    shot_key,
    shot_request,
    shot_state,
    write_record,
)
from tinct.runtime.worker.colorize_call import parse_request
from tinct.runtime.worker.fields import Fields

REPORT = {"frames": 10, "seconds": 1.5, "confidence": 0.8, "backend": "fake", "model": "fake", "warnings": ["one"]}


def state(project: Project, shot: ProjectShot) -> str:
    return shot_state(project, shot, read_record(project, shot))


def rendered(project: Project, shot: ProjectShot) -> Path:
    """``shot`` as after a render."""
    output = Path(project.output.place(shot.name))
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_bytes(b"coloured")
    write_record(project, shot, shot_key(project, shot), REPORT)
    return output


def test_the_worker_takes_a_shot_s_request(project: Project) -> None:
    shot = replace(
        project.shots[1],
        handle_in=2,
        handle_out=3,
        hints=(ProjectHint(12, 1.5, 2.0, (1.0, 0.5, 0.0)),),
        parameters={"chroma": 0.5},
        mask="/masks/a.png",
        stills=(ProjectStill("/a.png"), ProjectStill("/b.png", 14, 2.0, (0.0, 0.0, 0.5, 1.0), 90)),
    )
    project = replace(project, parameters={"chroma": 2.0, "workingSize": 64, "inputSpace": "", "model": "fake"})
    output = replace(project.output, codec="ffv1", passes=("ab",), passes_pattern="{shot}_{pass}.%04d.exr")
    project = replace(project, output=output)
    request = parse_request(Fields(shot_request(project, shot, overwrite=True)))
    assert request.frames == "8-22"
    assert (request.chroma, request.working_size, request.model) == (0.5, 64, "fake")
    assert [(str(one.path), one.frame, one.weight) for one in request.references] == [
        ("/a.png", None, 1.0),
        ("/b.png", 14, 2.0),
    ]
    assert [one.framing for one in request.references] == [Framing(), Framing((0.0, 0.0, 0.5, 1.0), 90)]
    assert request.hints[0].colour == (1.0, 0.5, 0.0)
    assert str(request.output).endswith("out/10.mov")
    assert str(request.passes_output).endswith("out/10_{pass}.%04d.exr")
    assert (request.codec, request.passes, request.mask) == ("ffv1", ("ab",), "/masks/a.png")
    assert (request.overwrite, request.resume) == (True, False)


def test_a_shot_without_a_still_asks_for_nothing(project: Project) -> None:
    with pytest.raises(ProjectError, match="the shot 20 has no still"):
        shot_request(project, project.shots[2])


def test_handles_have_the_colours_of_the_shot(project: Project) -> None:
    stills = (
        ProjectStill("/old.png"),
        ProjectStill("/a.png", 8),
        ProjectStill("/b.png", 8),
        ProjectStill("/c.png", 15),
    )
    shot = replace(project.shots[1], handle_in=5, stills=stills)
    references = shot_request(project, shot)["references"]
    assert [(one["path"], one["frame"]) for one in references] == [("/a.png", None), ("/b.png", None), ("/c.png", 15)]
    late = replace(shot, stills=(ProjectStill("/c.png", 15),))
    assert [one["frame"] for one in shot_request(project, late)["references"]] == [15]


def test_states(project: Project) -> None:
    first, _, third = project.shots
    assert state(project, third) == "no still"
    assert state(project, first) == "draft"
    output = rendered(project, first)
    assert state(project, first) == "rendered"
    record = read_record(project, first)
    assert record is not None
    assert (record.confidence, record.warnings, record.output) == (0.8, ("one",), str(output))
    write_record(project, first, shot_key(project, first), None, "no space left")
    assert state(project, first) == "failed"
    assert state(project, replace(first, parameters={"chroma": 0.5})) == "draft"


def test_what_puts_a_render_out_of_date(project: Project, tmp_path: Path) -> None:
    film = tmp_path / "film"
    for name in ("still.png", "plate.mov", "mask.png"):
        (film / name).write_bytes(name.encode())
    shot = replace(project.shots[0], mask=str(film / "mask.png"))
    output = rendered(project, shot)
    assert state(project, shot) == "rendered"
    still = shot.stills[0]
    changes = {
        "last": 8, "handle_out": 1, "mask": None, "parameters": {"model": "fake"},
        "stills": (replace(still, weight=2.0),), "hints": (ProjectHint(1, 1, 1, (0, 0, 0)),),
    }  # fmt: skip
    for name, value in changes.items():
        assert state(project, replace(shot, **{name: value})) == "out of date", name
    for changed in (replace(still, crop=(0, 0, 0.5, 0.5)), replace(still, turn=180), replace(still, frame=3)):
        assert state(project, replace(shot, stills=(changed,))) == "out of date"
    assert state(replace(project, parameters={"chroma": 0.0}), shot) == "out of date"
    for unchanged in (replace(shot, note="look"), replace(shot, handle_in=0)):
        assert state(project, unchanged) == "rendered"
    assert state(project, replace(shot, name="another")) == "out of date"
    for name in ("still.png", "plate.mov", "mask.png"):
        times = os.stat(film / name)
        os.utime(film / name, ns=(0, 0))
        assert state(project, shot) == "out of date"
        os.utime(film / name, ns=(times.st_atime_ns, times.st_mtime_ns))
        assert state(project, shot) == "rendered"
    output.write_bytes(b"another")
    assert state(project, shot) == "out of date"
    output.unlink()
    assert state(project, shot) == "out of date"


def test_a_sequence_is_known_by_its_files(project: Project, tmp_path: Path) -> None:
    plate = tmp_path / "plate"
    plate.mkdir()
    for number in range(1001, 1006):
        (plate / f"p.{number}.exr").write_bytes(b"1")
    shot = replace(project.shots[0], source=str(plate / "p.####.exr"), first=1001, last=1005)
    key = shot_key(project, shot)
    (plate / "p.1003.exr").write_bytes(b"22")
    assert shot_key(project, shot) != key


def test_media_that_were_moved(project: Project, tmp_path: Path) -> None:
    film = str(tmp_path / "film")
    shot = replace(project.shots[0], mask=f"{film}/masks/a.%04d.png", source=f"{film}s/other.mov")
    project = replace(project.with_shot(shot), library=f"{film}/library")
    moved, count = relinked(project, f"{film}/", "/new")
    assert count == 6
    assert moved.shots[0].source == f"{film}s/other.mov"
    assert moved.shots[0].stills[0].path == "/new/still.png"
    assert moved.shots[0].mask == "/new/masks/a.%04d.png"
    assert moved.shots[2].source == "/new/plate.mov"
    assert moved.library == "/new/library"
    assert moved.output == project.output
    assert relinked(project, "/elsewhere", "/new") == (project, 0)
