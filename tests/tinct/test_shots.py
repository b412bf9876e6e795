"""``tinct shots``."""

import json
from pathlib import Path

import av
import numpy as np
import pytest

from tinct.runtime.shots import read_shots


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """A grey movie of two shots, 20 and 16 frames, 64x96, with a timecode."""
    path = tmp_path / "film.mov"
    rng = np.random.default_rng(5)
    pictures = [rng.integers(0, 120, (64, 130), np.uint8), 255 - rng.integers(0, 120, (64, 130), np.uint8)]
    with av.open(str(path), "w", options={"write_tmcd": "1"}) as container:
        container.metadata["timecode"] = "01:00:00:00"
        stream = container.add_stream("prores_ks", rate=24, options={"profile": "standard"})
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv422p10le"
        for number in range(36):
            picture = pictures[number >= 20][:, number % 20 : number % 20 + 96]
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="gray")
            container.mux(stream.encode(frame.reformat(format="yuv422p10le")))
        container.mux(stream.encode(None))
    return path


def test_shots_are_printed_and_written(tinct, film: Path, tmp_path: Path) -> None:
    outcome = tinct("shots", film, "-o", tmp_path / "shots.edl")
    assert outcome.code == 0, outcome.err
    assert "2 shots (transnetv2)" in outcome.out
    assert "20-35  01:00:00:20  cut" in outcome.out
    found = read_shots(tmp_path / "shots.edl")
    assert [(shot.first, shot.last) for shot in found.shots] == [(0, 19), (20, 35)]
    assert found.timecode == "01:00:00:00"


def test_a_list_is_shown_and_converted(tinct, film: Path, tmp_path: Path) -> None:
    assert tinct("shots", film, "-o", tmp_path / "shots.csv").code == 0
    outcome = tinct("shots", tmp_path / "shots.csv", "-o", tmp_path / "shots.edl", "--json")
    assert outcome.code == 0, outcome.err
    done = json.loads(outcome.out.splitlines()[-1])
    assert done["event"] == "done"
    assert [shot["first"] for shot in done["shots"]] == [0, 20]
    assert done["shots"][1]["begins"] == {"kind": "cut", "first": 20, "last": 20}
    assert read_shots(tmp_path / "shots.edl") == read_shots(tmp_path / "shots.csv")


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("{film}", "--detector", "guess"), 2, "transnetv2"),
        (("{film}", "-o", "shots.txt"), 2, ".otio"),
        (("{film}", "-o", "none/shots.csv"), 1, "none"),
        (("{film}", "-o", "{film}"), 2, ".otio"),
        (("none.mov",), 2, "none.mov"),
        (("none.csv",), 2, "none.csv"),
        (("{film}", "--frames", "90-99"), 2, "90"),
    ],
)
def test_bad_input(tinct, film: Path, tmp_path: Path, monkeypatch, words, code: int, said: str) -> None:
    monkeypatch.chdir(tmp_path)
    outcome = tinct("shots", *(word.format(film=film) for word in words))
    assert outcome.code == code, outcome.err
    assert said in outcome.error


def test_a_list_that_is_there_is_kept(tinct, film: Path, tmp_path: Path) -> None:
    (tmp_path / "shots.csv").write_text("mine")
    outcome = tinct("shots", film, "-o", tmp_path / "shots.csv")
    assert outcome.code == 2
    assert (tmp_path / "shots.csv").read_text() == "mine"
