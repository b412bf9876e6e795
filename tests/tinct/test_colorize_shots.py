"""``tinct colorize`` with shots, with stills from a library, and with a report."""

import json
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from drawn_places import draw_reel, draw_stills

FIRST, CUT, LAST = 1001, 1011, 1020
FAKE = ("--model", "fake", "--backend", "fake")


@pytest.fixture
def reel(tmp_path: Path) -> Path:
    return draw_reel(tmp_path / "reel", FIRST, (CUT,), LAST)


@pytest.fixture
def stills(tmp_path: Path) -> Path:
    return draw_stills(tmp_path / "stills", 2)


@pytest.fixture
def cuts(tmp_path: Path) -> Path:
    path = tmp_path / "cuts.csv"
    path.write_text(f"first,last\n{FIRST},{CUT - 1}\n{CUT},{LAST}\n")
    return path


def frames_of(path: Path) -> list[np.ndarray]:
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


def test_a_cut_starts_the_colour_afresh(colorize, reel: Path, stills: Path, cuts: Path, tmp_path: Path) -> None:
    arguments = (reel, "-r", stills / "place0.png")
    assert colorize(*arguments, "-o", tmp_path / "one.mkv").code == 0
    assert colorize(*arguments, "-o", tmp_path / "two.mkv", "--shots", cuts).code == 0
    alone = (*arguments, "--frames", f"{CUT}-{LAST}", "-o", tmp_path / "alone.mkv")
    assert colorize(*alone).code == 0
    one, two, alone_frames = (frames_of(tmp_path / f"{name}.mkv") for name in ("one", "two", "alone"))
    assert np.array_equal(one[:10], two[:10])
    assert np.array_equal(two[10:], alone_frames), "the second shot is as if it were alone"


def test_shots_are_found(colorize, reel: Path, stills: Path, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    outcome = colorize(
        reel, "-r", stills / "place0.png", "-o", tmp_path / "film.mkv", "--shots", "auto", "--report", report
    )
    assert outcome.code == 0, outcome.err
    facts = json.loads(report.read_text())
    assert facts["cuts"] == [CUT]
    assert [one["number"] for one in facts["frames"] if one["starts"]] == [FIRST, CUT]


@pytest.fixture
def library(tinct, stills: Path, tmp_path: Path) -> Path:
    pytest.importorskip("faiss")
    assert tinct("library", "build", stills, "-o", tmp_path / "library", *FAKE).code == 0
    return tmp_path / "library"


def test_a_still_is_taken_for_each_shot(colorize, reel: Path, library: Path, cuts: Path, tmp_path: Path) -> None:
    film = tmp_path / "film.mkv"
    outcome = colorize(reel, "--auto", library, "--shots", cuts, "-o", film)
    assert outcome.code == 0, outcome.err
    assert len(frames_of(film)) == 20
    record = json.loads((tmp_path / "film.mkv.stills.json").read_text())
    assert [(one["first"], Path(one["still"]).name) for one in record["shots"]] == [
        (FIRST, "place0.png"),
        (CUT, "place1.png"),
    ]
    assert all(0.5 < one["similarity"] <= 1.001 for one in record["shots"])
    stills = [f"--reference={one['still']}@{one['first']}" for one in record["shots"]]
    again = colorize(reel, *stills, "--shots", cuts, "-o", tmp_path / "again.mkv")
    assert again.code == 0
    assert np.array_equal(frames_of(film), frames_of(tmp_path / "again.mkv")), "the record says how to do it again"


def test_shots_without_a_still_are_refused_or_stay_grey(
    colorize, reel: Path, library: Path, cuts: Path, tmp_path: Path
) -> None:
    film = tmp_path / "film.mkv"
    (tmp_path / "stills" / "place1.png").unlink()
    arguments = (reel, "--auto", library, "--shots", cuts, "-o", film)
    refused = colorize(*arguments)
    assert refused.code == 2
    assert f"{CUT}-{LAST}" in refused.error
    assert "--unmatched grey" in refused.error
    assert not film.exists()
    done = colorize(*arguments, "--unmatched", "grey")
    assert done.code == 0, done.err
    assert f"the frames {CUT} to {LAST} stay grey" in done.err
    frames = frames_of(film)
    assert np.ptp(frames[0].astype(int), axis=-1).max() > 10
    assert all(np.ptp(frame.astype(int), axis=-1).max() <= 1 for frame in frames[10:])
    assert json.loads((tmp_path / "film.mkv.stills.json").read_text())["shots"][1]["still"] is None


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--auto", "{library}", "-r", "{still}"), "do one of them"),
        (("--auto", "none"), "no library"),
        (("--auto", "{library}", "--unmatched", "guess"), "guess"),
        (("--auto", "{library}", "--floor", "1"), "no still"),
        (("--shots", "none.csv", "-r", "{still}"), "none.csv"),
        (("--shots", "{elsewhere}", "-r", "{still}"), "1 to 9"),
        (("-r", "{still}", "--report", "report.txt"), "report.txt"),
        (("-r", "{still}", "--report", "none/report.json"), "none"),
        ((), "--reference"),
    ],
)
def test_bad_input(
    colorize, reel: Path, library: Path, stills: Path, tmp_path: Path, monkeypatch, words, said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "elsewhere.csv").write_text("first,last\n1,9\n")
    places = {"library": library, "still": stills / "place0.png", "elsewhere": tmp_path / "elsewhere.csv"}
    outcome = colorize(reel, "-o", tmp_path / "film.mkv", *(word.format(**places) for word in words))
    assert outcome.code in (1, 2)
    assert said in outcome.error
    assert not (tmp_path / "film.mkv").exists()


def test_a_report_is_plotted(colorize, tinct, reel: Path, stills: Path, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    outcome = colorize(reel, "-r", stills / "place0.png", "-o", tmp_path / "film.mkv", "--report", report, "--json")
    assert outcome.code == 0, outcome.err
    events = [json.loads(line) for line in outcome.out.splitlines()]
    lines = [one for one in events if one["event"] == "frame"]
    assert [one["frame"] for one in lines] == list(range(FIRST, LAST + 1))
    assert all(0 <= one["confidence"] <= 1 and 0 <= one["covered"] <= 1 for one in lines)
    assert "suggestions" in events[-1]

    shown = tinct("report", report, "-o", tmp_path / "plot.svg", "--threshold", "1")
    assert shown.code == 0, shown.err
    assert "a still of frame" in shown.out
    assert ElementTree.parse(tmp_path / "plot.svg").getroot().tag.endswith("svg")
    assert tinct("report", report, "-o", tmp_path / "plot.png").code == 0
    assert cv2.imread(str(tmp_path / "plot.png")).shape == (360, 1200, 3)
    assert tinct("report", report, "-o", tmp_path / "plot.png").code == 2, "it is there"
    sure = tinct("report", report, "--threshold", "0")
    assert "no frame wants another still" in sure.out
    assert json.loads(tinct("report", report, "--json", "--threshold", "0").out)["suggestions"] == []


def test_what_is_no_report(tinct, tmp_path: Path) -> None:
    (tmp_path / "other.json").write_text("{}")
    assert tinct("report", tmp_path / "other.json").code == 1
    assert "no report" in tinct("report", tmp_path / "other.json").error
    assert tinct("report", tmp_path / "none.json").code == 2
