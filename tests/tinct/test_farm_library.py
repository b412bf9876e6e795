"""``tinct farm`` with stills from a library, and with encoded stills that its tasks share."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import cv2
import pytest
from drawn_places import draw_place, draw_reel, draw_stills

pytest.importorskip("openjd.model", reason="jobs for farms need openjd-model")
pytest.importorskip("openjd.sessions", reason="running them here needs openjd-sessions")
pytest.importorskip("faiss", reason="libraries of stills need faiss")

FIRST, CUTS, LAST = 1001, (1009, 1015), 1020
FAKE = ("--model", "fake", "--backend", "fake")
SMALL = ("--working-size", 64, "--threads", 1)


@pytest.fixture
def reel(tmp_path: Path) -> Path:
    return draw_reel(tmp_path / "reel", FIRST, CUTS, LAST)


@pytest.fixture
def stills(tmp_path: Path) -> Path:
    return draw_stills(tmp_path / "stills", 3)


@pytest.fixture
def library(tinct, stills: Path, tmp_path: Path) -> Path:
    assert tinct("library", "build", stills, "-o", tmp_path / "library", *FAKE).code == 0
    return tmp_path / "library"


@pytest.fixture
def bundle(tinct, reel: Path, library: Path, tmp_path: Path) -> Callable[..., Path]:
    """Write a bundle of the reel with stills from the library; its folder."""
    lines = [f"{one},{other - 1}" for one, other in zip((FIRST, *CUTS), (*CUTS, LAST + 1), strict=True)]
    (tmp_path / "cuts.csv").write_text("\n".join(["first,last", *lines]) + "\n")

    def write(*options: object) -> Path:
        outcome = tinct(
            "farm", "bundle", reel, "--result", tmp_path / "out" / "film.mov", "--auto", library, "--shots",
            tmp_path / "cuts.csv", *FAKE, *SMALL, "--output", tmp_path / "bundle", *options,
        )  # fmt: skip
        assert outcome.code == 0, outcome.err
        return tmp_path / "bundle"

    return write


def analysed(tinct, folder: Path, work: Path) -> int:
    return int(tinct("farm", "task", "analyse", "--job", folder / "job.json", "--work", work).code)


def plan_of(work: Path) -> dict:
    return json.loads((work / "plan.json").read_text())


def test_the_film_and_the_picks_are_those_of_one_run(
    bundle, tinct, colorize, reel: Path, library: Path, tmp_path: Path
) -> None:
    folder = bundle("--still-cache", tmp_path / "cache")
    ran = tinct("farm", "run", folder, "--sessions", 2, "--json")
    assert ran.code == 0, ran.out + ran.err
    single = tmp_path / "single" / "film.mov"
    one = colorize(reel, "--auto", library, "--shots", tmp_path / "cuts.csv", "-o", single, "--threads", 1)
    assert one.code == 0, one.err
    assert (tmp_path / "out" / "film.mov").read_bytes() == single.read_bytes()
    records = [json.loads((path / "film.mov.stills.json").read_text()) for path in (tmp_path / "out", single.parent)]
    assert records[0] == records[1]
    assert [Path(shot["still"]).name for shot in records[0]["shots"]] == ["place0.png", "place1.png", "place2.png"]
    references = plan_of(tmp_path / "out" / "film.mov.farm")["films"][0]["request"]["references"]
    assert [(Path(still["path"]).name, still["frame"]) for still in references] == [
        ("place0.png", FIRST), ("place1.png", CUTS[0]), ("place2.png", CUTS[1]),
    ]  # fmt: skip
    assert [still["digest"] for still in references] == [shot["digest"] for shot in records[0]["shots"]]
    assert len(list((tmp_path / "cache").rglob("*.still"))) == 3, "each still was encoded once, and kept"
    page = (tmp_path / "out" / "film.mov.farm" / "report" / "film-000.html").read_text()
    assert all(f"<code>place{number}.png</code>" in page for number in range(3))


def test_the_longest_shot_is_the_first_task_and_takes_its_own_still_alone(bundle, tinct, tmp_path: Path) -> None:
    from tinct.runtime.farm.plan import read_plan

    assert analysed(tinct, bundle(), tmp_path / "work") == 0
    plan = read_plan(tmp_path / "work" / "plan.json")
    (first, *_) = plan.tasks(3)[0]
    assert (first.first, first.last) == (FIRST, CUTS[0] - 1)
    named = [Path(still.path).name for still in plan.request(0, CUTS[1], LAST).references]
    assert named == ["place2.png"]
    assert [still.frame for still in plan.request(0, CUTS[0] + 2, LAST).references] == list(CUTS)


def test_a_library_that_was_changed_is_refused(bundle, tinct, stills: Path, library: Path, tmp_path: Path) -> None:
    folder = bundle()
    assert tinct("library", "build", stills, "-o", library, *FAKE).code == 0
    assert analysed(tinct, folder, tmp_path / "work") == 0, "a build that found nothing new"
    cv2.imwrite(str(stills / "place9.png"), draw_place(9, 4))
    assert tinct("library", "build", stills, "-o", library, *FAKE).code == 0
    for _ in range(2):
        refused = tinct("farm", "task", "analyse", "--job", folder / "job.json", "--work", tmp_path / "work")
        assert (refused.code, "another than when the job was written" in refused.out) == (20, True)


def test_a_still_that_was_changed_is_refused_and_chosen_anew(bundle, tinct, stills: Path, tmp_path: Path) -> None:
    folder, work = bundle("--unmatched", "grey"), tmp_path / "work"
    assert analysed(tinct, folder, work) == 0
    before = plan_of(work)["identity"]
    cv2.imwrite(str(stills / "place1.png"), draw_place(17, 4))
    codes = [tinct("farm", "task", "colorize", "--work", work, "--index", index, "--of", 3).code for index in (1, 2, 3)]
    assert sorted(codes) == [0, 0, 20]
    assert analysed(tinct, folder, work) == 0
    plan = plan_of(work)
    assert plan["identity"] != before
    assert [Path(still["path"]).name for still in plan["films"][0]["request"]["references"]] == [
        "place0.png", "place2.png",
    ]  # fmt: skip
    assert plan["films"][0]["shots"]["grey"] == [[CUTS[0], CUTS[1] - 1]]


def test_a_named_still_that_was_changed_is_refused(tinct, reel: Path, stills: Path, tmp_path: Path) -> None:
    wrote = tinct(
        "farm", "bundle", reel, "--result", tmp_path / "film.mov", "-r", stills / "place0.png", "--shots", "one",
        *FAKE, *SMALL, "--output", tmp_path / "bundle",
    )  # fmt: skip
    assert wrote.code == 0, wrote.err
    work = tmp_path / "work"
    assert analysed(tinct, tmp_path / "bundle", work) == 0
    cv2.imwrite(str(stills / "place0.png"), draw_place(5, 4))
    refused = tinct("farm", "task", "colorize", "--work", work, "--index", 1, "--of", 1)
    assert refused.code == 20
    assert "another picture than when this work was planned" in refused.out


def test_paths_are_those_of_the_machine_that_wrote_the_job(
    bundle, tinct, reel: Path, stills: Path, library: Path, tmp_path: Path
) -> None:
    folder, there = bundle(), tmp_path / "there"
    there.mkdir()
    for path in (reel.parent, stills, library, tmp_path / "cuts.csv"):
        shutil.move(path, there / path.name)
    rule = {"source_path_format": "POSIX", "source_path": str(tmp_path), "destination_path": str(there)}
    rules = tmp_path / "rules.json"
    rules.write_text(json.dumps({"version": "pathmapping-1.0", "path_mapping_rules": [rule]}))
    named = ("--work", tmp_path / "work", "--rules", rules)
    planned = tinct("farm", "task", "analyse", "--job", folder / "job.json", *named)
    assert planned.code == 0, planned.out
    references = plan_of(tmp_path / "work")["films"][0]["request"]["references"]
    assert references[0]["path"] == str(stills / "place0.png")
    done = tinct("farm", "task", "colorize", *named, "--index", 1, "--of", 3, "--still-cache", tmp_path / "cache")
    assert done.code == 0, done.out


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("-r", "still.png"), "do one of them"),
        (("--shots", "one"), "all is one shot"),
        (("--unmatched", "guess"), "guess"),
        (("--auto", "nowhere"), "no library of stills"),
    ],
)
def test_what_cannot_be_chosen_is_refused(tinct, reel: Path, library: Path, tmp_path: Path, options, words) -> None:
    auto = () if "--auto" in options else ("--auto", library)
    outcome = tinct("farm", "bundle", reel, "--result", tmp_path / "film.mov", "-o", tmp_path / "b", *auto, *options)
    assert words in outcome.error
    assert not (tmp_path / "b").exists()
