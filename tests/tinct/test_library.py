"""``tinct library``."""

import json
from pathlib import Path

import pytest

pytest.importorskip("faiss")

FAKE = ("--model", "fake", "--backend", "fake")


@pytest.fixture
def library(tinct, still: Path, tmp_path: Path) -> Path:
    (tmp_path / "my stills").mkdir()
    still.rename(tmp_path / "my stills" / "red disc.png")
    (tmp_path / "my stills" / "broken.png").write_text("broken")
    outcome = tinct("library", "build", tmp_path / "my stills", "-o", tmp_path / "library", *FAKE)
    assert outcome.code == 0, outcome.err
    assert "1 stills (1 described, 0 known, 0 gone), index flat" in outcome.out
    assert "skipped 1:" in outcome.out
    assert "broken.png" in outcome.out
    return tmp_path / "library"


def test_stills_for_a_frame(tinct, library: Path, plate: Path, tmp_path: Path) -> None:
    outcome = tinct("library", "query", library, f"{plate}@1003", *FAKE, "--json", tmp_path / "out.json")
    assert outcome.code == 0, outcome.err
    assert outcome.out.splitlines()[0] == "frame 1003"
    assert "red disc.png" in outcome.out
    facts = json.loads((tmp_path / "out.json").read_text())
    assert [one["frame"] for one in facts["frames"]] == [1003]
    assert facts["frames"][0]["found"][0]["similarity"] > 0.5
    assert facts["ranges"] == facts["skipped"] == []


def test_ranges_are_arguments_for_colorize(tinct, colorize, library: Path, plate: Path, tmp_path: Path) -> None:
    outcome = tinct("library", "query", library, plate, "--every", 2, *FAKE)
    assert outcome.code == 0, outcome.err
    expected = f"--reference '{tmp_path / 'my stills' / 'red disc.png'}@1001'"
    assert outcome.out.splitlines()[-1] == expected
    reference = expected.split("'")[1]
    assert colorize(plate, "--reference", reference, "-o", tmp_path / "film.mkv").code == 0


def test_stills_that_went_away(tinct, library: Path, plate: Path, tmp_path: Path) -> None:
    (tmp_path / "my stills" / "red disc.png").unlink()
    outcome = tinct("library", "query", library, plate, *FAKE)
    assert outcome.code == 0
    assert "no still can be used" in outcome.out
    assert "skipped 1:" in outcome.out


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("query", "{library}", "{plate}@9"), 2, "frame 9"),
        (("query", "{library}", "{plate}@1001", "--every", "2"), 2, "ask for one of them"),
        (("query", "{library}", "none.mov"), 2, "none.mov"),
        (("query", "none", "{plate}"), 1, "no library"),
        (("query", "{library}", "{plate}", "--json", "none/out.json"), 1, "none/out.json"),
        (("build", "none", "-o", "new"), 2, "no folder none"),
        (("build", "{stills}", "-o", "{stills}"), 2, "no library of stills"),
        (("build", "{stills}", "-o", "new", "--index", "tree"), 2, "no index named 'tree'"),
    ],
)
def test_bad_input(tinct, library: Path, plate: Path, tmp_path: Path, monkeypatch, words, code: int, said: str) -> None:
    monkeypatch.chdir(tmp_path)
    places = {"library": library, "plate": plate, "stills": tmp_path / "my stills"}
    outcome = tinct("library", *(word.format(**places) for word in words), *FAKE)
    assert outcome.code == code, outcome.err
    assert said in outcome.error
    assert not (tmp_path / "new").exists()
