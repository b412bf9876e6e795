"""``tinct farm``: bundles that engines take, and jobs that run here to what one run gives."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml

pytest.importorskip("openjd.model", reason="jobs for farms need openjd-model")
pytest.importorskip("openjd.sessions", reason="running them here needs openjd-sessions")
pytest.importorskip("openjd.cli", reason="the tests need openjd-cli")

CUT = 1003
OPENJD = [sys.executable, "-c", "import sys; from openjd.cli import main; sys.exit(main())"]


@pytest.fixture
def bundle(tinct, plate: Path, still: Path, tmp_path: Path) -> Callable[..., Path]:
    """Write a bundle for the plate of two shots; its folder."""
    shots = tmp_path / "shots.csv"
    shots.write_text("")

    def write(*options: object, result: str = "out/film.mov", list_of_shots: bool = True) -> Path:
        from tinct.runtime.shots import Shot, ShotList, Transition, write_shots

        found = (Shot(1001, CUT - 1), Shot(CUT, 1005, Transition.cut(CUT)))
        write_shots(shots, ShotList(str(plate), found), overwrite=True)
        folder = tmp_path / "bundle"
        named = ["--shots", shots] if list_of_shots else []
        outcome = tinct(
            "farm", "bundle", plate, "--result", tmp_path / result, "-r", still, *named, "--model", "fake",
            "--backend", "fake", "--working-size", 64, "--threads", 1, "--output", folder, *options,
        )  # fmt: skip
        assert outcome.code == 0, outcome.err
        return folder

    return write


def test_a_bundle_is_valid_and_names_its_files(bundle, plate: Path, still: Path, tmp_path: Path) -> None:
    folder = bundle("--gpus", 1, "--attribute", "attr.worker.os.family=linux,macos")
    done = subprocess.run(
        [*OPENJD, "check", str(folder / "template.yaml")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    template = yaml.safe_load((folder / "template.yaml").read_text())
    assert [step["name"] for step in template["steps"]] == ["analyse", "colorize", "join"]
    assert template["steps"][1]["hostRequirements"]["amounts"][2] == {"name": "amount.worker.gpu", "min": 1}
    assets = yaml.safe_load((folder / "asset_references.yaml").read_text())["assetReferences"]
    assert assets["inputs"] == {
        "filenames": sorted([str(still), str(tmp_path / "shots.csv")]),
        "directories": [str(plate.parent)],
    }
    assert assets["outputs"]["directories"] == [str(tmp_path / "out")]


def test_the_tasks_are_the_shots_where_they_are_known(bundle) -> None:
    template = yaml.safe_load((bundle() / "template.yaml").read_text())
    tasks = next(one for one in template["parameterDefinitions"] if one["name"] == "Tasks")
    assert tasks["default"] == 2


def test_a_job_runs_to_what_one_run_gives(bundle, tinct, colorize, plate: Path, still: Path, tmp_path: Path) -> None:
    folder = bundle()
    ran = tinct("farm", "run", folder, "--sessions", 2, "--json")
    assert ran.code == 0, ran.out + ran.err
    events = [json.loads(line) for line in ran.out.splitlines()]
    assert events[-1]["done"]
    assert {(one["step"], one["index"]) for one in events if one.get("state") == "done"} == {
        ("analyse", 1), ("colorize", 1), ("colorize", 2), ("join", 1),
    }  # fmt: skip
    single = tmp_path / "single" / "film.mov"
    assert colorize(plate, "-r", still, "-o", single, "--shots", tmp_path / "shots.csv", "--threads", 1).code == 0
    assert (tmp_path / "out" / "film.mov").read_bytes() == single.read_bytes()
    status = json.loads(tinct("farm", "status", folder, "--json").out)
    assert status["films"][0]["finished"]
    assert status["failed"] == []
    lines = [json.loads(line) for path in (tmp_path / "out").rglob("*.jsonl") for line in path.read_text().splitlines()]
    assert {line["frame"] for line in lines if line["event"] == "frame"} == set(range(1001, 1006))
    assert all({"time", "host", "pid", "step", "task"} <= line.keys() for line in lines)
    page = (tmp_path / "out" / "film.mov.farm" / "report" / "film-000.html").read_text()
    assert page.count("data:image/jpeg") == 2
    assert "<script" not in page
    assert "http://" not in page.replace("http://www.w3.org/2000/svg", "")


def test_a_final_failure_is_not_tried_again(bundle, tinct, plate: Path, tmp_path: Path) -> None:
    folder = bundle()
    Path(str(plate) % 1002).write_bytes(b"no picture")
    ran = tinct("farm", "run", folder, "--json")
    assert ran.code == 2
    last = json.loads(ran.out.splitlines()[-1])
    assert (last["again"], last["failed"][0]["code"]) == (0, 20)
    assert not (tmp_path / "out" / "film.mov").exists()
    status = tinct("farm", "status", folder)
    assert "colorize 2 failed last" in status.out, "the longer shot is the first task"
    assert "1 of 2 chunks" in status.out


def test_retry_makes_what_is_damaged_again(bundle, tinct, plate: Path, tmp_path: Path) -> None:
    folder = bundle()
    work = tmp_path / "out" / "film.mov.farm"
    assert tinct("farm", "task", "analyse", "--job", folder / "job.json", "--work", work).code == 0
    for index in (1, 2):
        assert tinct("farm", "task", "colorize", "--work", work, "--index", index, "--of", 2).code == 0
    part = next((work / "chunks" / "000.00001").glob("part-*"))
    part.write_bytes(part.read_bytes()[:-200])
    joined = tinct("farm", "task", "join", "--work", work, "--index", 1)
    assert joined.code == 33
    assert "openjd_fail: " in joined.out
    again = tinct("farm", "retry", folder)
    assert again.code == 0, again.err
    assert (tmp_path / "out" / "film.mov").exists()


def test_tasks_beyond_the_chunks_have_nothing_to_do(bundle, tinct, tmp_path: Path) -> None:
    folder = bundle()
    work = tmp_path / "out" / "film.mov.farm"
    assert tinct("farm", "task", "colorize", "--work", work, "--index", 1, "--of", 9).code == 33
    assert tinct("farm", "task", "analyse", "--job", folder / "job.json", "--work", work).code == 0
    assert tinct("farm", "task", "colorize", "--work", work, "--index", 9, "--of", 9).code == 0
    assert not (work / "chunks").exists()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--result", "x.mov"], "no reference still"),
        (["--result", "x.mov", "-r", "STILL", "--backend", "none"], "no backend named 'none'"),
        (["-r", "STILL"], "the result is not named"),
        (["--result", "x.mov", "-r", "STILL", "--attribute", "linux"], "not of the form NAME=VALUE"),
    ],
)
def test_what_cannot_be_a_job_is_refused(
    tinct, plate: Path, still: Path, tmp_path: Path, options: list[str], words: str
) -> None:
    named = [str(still) if option == "STILL" else option for option in options]
    outcome = tinct("farm", "bundle", plate, "--output", tmp_path / "bundle", *named)
    assert outcome.code == 2
    assert words in outcome.error
    assert not (tmp_path / "bundle").exists()


def test_a_bundle_is_not_written_over(bundle, tinct, plate: Path, still: Path, tmp_path: Path) -> None:
    folder = bundle()
    outcome = tinct("farm", "bundle", plate, "--result", tmp_path / "b.mov", "-r", still, "--output", folder)
    assert outcome.code == 2
    assert "is there already" in outcome.error


def test_deadline_cloud_takes_the_bundle(bundle, tinct, tmp_path: Path) -> None:
    pytest.importorskip("deadline.client.job_bundle", reason="needs the package deadline")
    sent = tinct("farm", "submit", bundle(), "--to", "deadline-cloud", "--dry-run", "--option", "queue=queue-1")
    request = json.loads(sent.out)
    assert request["queueId"] == "queue-1"
    assert request["maxRetriesPerTask"] == 3
    assert request["parameters"]["Output"] == {"path": str(tmp_path / "out" / "film.mov")}
    assert str(tmp_path / "still.png") in request["assets"]["inputFilenames"]


def test_opencue_takes_the_job(bundle, tinct) -> None:
    pytest.importorskip("outline", reason="needs opencue-pyoutline")
    sent = tinct("farm", "submit", bundle(), "--to", "opencue", "--dry-run", "--option", "show=film")
    assert sent.code == 0, sent.err
    spec = ElementTree.fromstring(sent.out[sent.out.index("<spec>") :])
    layers = {layer.get("name"): layer for layer in spec.iter("layer")}
    assert [layers[name].findtext("range") for name in ("analyse", "colorize", "join")] == ["1", "1-2", "1"]
    assert "--index #IFRAME# --of 2" in str(layers["colorize"].findtext("cmd"))
    assert [depend.findtext("onlayer") for depend in spec.iter("depend")] == ["analyse", "colorize"]


def test_an_unknown_engine_is_named(bundle, tinct) -> None:
    outcome = tinct("farm", "submit", bundle(), "--to", "tractor", "--dry-run")
    assert outcome.code == 2
    assert "deadline-cloud, opencue" in outcome.error


def test_openjd_itself_runs_the_bundle(bundle, tmp_path: Path) -> None:
    folder = bundle()
    launcher = tmp_path / "tinct"
    root = Path(__file__).parents[2]
    launcher.write_text(f'#!/bin/sh\nPYTHONPATH="{root}" exec "{sys.executable}" -m tinct "$@"\n')
    launcher.chmod(0o755)
    values = {"Tinct": launcher, "WorkFolder": tmp_path / "work", "Output": tmp_path / "out" / "film.mov"}
    named = [f"--job-param={name}={value}" for name, value in values.items()]
    done = subprocess.run(
        [*OPENJD, "run", str(folder / "template.yaml"), "--step", "join",
         "--run-dependencies", *named],
        capture_output=True, text=True, check=False, env=os.environ,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr
    assert (tmp_path / "out" / "film.mov").exists()


def test_a_project_is_a_job_of_a_film_a_shot_and_hears_of_it(tinct, plate: Path, still: Path, tmp_path: Path) -> None:
    project = tmp_path / "film.tinct"
    made = tinct(
        "project", "new", project, plate, "-r", still, "-o", tmp_path / "out", "--pattern", "{shot}/{shot}.%04d.png",
        "--set", "model=fake", "--set", "backend=fake", "--set", "workingSize=64",
    )  # fmt: skip
    assert made.code == 0, made.err
    assert tinct("farm", "bundle", project, "--output", tmp_path / "bundle").code == 0
    work = tmp_path / "work"
    assert tinct("farm", "task", "analyse", "--job", tmp_path / "bundle" / "job.json", "--work", work).code == 0
    assert tinct("farm", "task", "colorize", "--work", work, "--index", 1, "--of", 1).code == 0
    joined = tinct("farm", "task", "join", "--work", work, "--index", 1)
    assert joined.code == 0, joined.out
    assert len(list((tmp_path / "out").rglob("*.png"))) == 5
    rendered = tinct("project", "render", project, "--json")
    assert rendered.code == 0
    assert '"event": "shot"' not in rendered.out or '"before": "rendered"' in rendered.out


@pytest.mark.parametrize(
    ("ends", "again", "code"), [("exit 34", 1, 0), ("kill -9 $$", 1, 0), ("exit 20", 0, 2), ("exit 2", 0, 2)]
)
def test_what_is_worth_another_try_gets_one(bundle, tinct, tmp_path: Path, ends: str, again: int, code: int) -> None:
    program = tmp_path / "tinct.sh"
    failed = tmp_path / "failed"
    program.write_text(f'#!/bin/sh\nif [ "$3" = colorize ] && mkdir "{failed}" 2>/dev/null; then {ends}; fi\nexit 0\n')
    program.chmod(0o755)
    folder = bundle()
    ran = tinct("farm", "run", folder, "--json", "--sessions", 2, "-p", f"Tinct={program}")
    last = json.loads(ran.out.splitlines()[-1])
    assert (last["again"], ran.code, failed.is_dir()) == (again, code, True)


def test_tries_end(bundle, tinct, tmp_path: Path) -> None:
    program = tmp_path / "tinct.sh"
    program.write_text('#!/bin/sh\n[ "$3" = colorize ] && exit 30\nexit 0\n')
    program.chmod(0o755)
    folder = bundle()
    ran = tinct("farm", "run", folder, "--json", "--retries", 1, "-p", f"Tinct={program}")
    last = json.loads(ran.out.splitlines()[-1])
    assert (last["again"], len(last["failed"]), ran.code) == (2, 2, 1)
    assert {one["step"] for one in map(json.loads, ran.out.splitlines()) if "step" in one} == {"analyse", "colorize"}
