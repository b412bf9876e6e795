"""``tinct data``."""

import json
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from skimage import data


def picture(seed: int = 0) -> np.ndarray:
    coffee = cv2.resize(data.coffee(), (200, 130), interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(coffee[10:106, 2 * seed : 160 + 2 * seed])


def write_movie(path: Path, frames: list[np.ndarray]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt, stream.options = "yuv420p", {"crf": "12", "threads": "1"}
        for frame in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(stream.encode(None))
    return path


@pytest.fixture
def films(tmp_path: Path) -> Path:
    root = tmp_path / "films"
    frames = [picture(i) for i in range(10)]
    write_movie(root / "a.mp4", frames)
    write_movie(root / "grey.mp4", [np.repeat(f.mean(-1, keepdims=True).astype(np.uint8), 3, -1) for f in frames])
    (root / "broken.mp4").write_bytes(b"no film")
    cv2.imwrite(str(root / "photo.jpg"), cv2.cvtColor(picture(), cv2.COLOR_RGB2BGR))
    return root


def test_import_says_what_it_left_out_and_why(tinct, films: Path, tmp_path: Path) -> None:
    output = tmp_path / "set"
    command = ["data", "import", films, "--output", output, "--split", "none", "--short-side", "64"]
    outcome = tinct(*command, "--licence", "CC0")
    assert outcome.code == 0, outcome.err
    lines = outcome.out.splitlines()
    assert lines[0].startswith("left out: films/broken.mp4: unreadable: ")
    assert lines[1].startswith("left out: films/grey.mp4 frames 0-9: grey (lightness ")
    assert "1 left out: grey" in lines
    assert lines[-1] == f"1 shots of 10 frames and 1 photographs are in {output}"
    kept = tinct(*command[:3], "--output", tmp_path / "all", "--split", "none", "--keep", "grey")
    assert "2 shots of 20 frames" in kept.out
    again = tmp_path / "again"
    outcome = tinct("data", "import", "--manifest", output / "manifest.csv", "--sources", tmp_path, "--output", again)
    assert outcome.code == 0, outcome.err
    assert {p.name for p in again.rglob("*.*")} == {p.name for p in output.rglob("*.*")}


def test_import_refuses(tinct, films: Path, tmp_path: Path) -> None:
    output = tmp_path / "set"
    for arguments, code, word in (
        ([], 2, "--manifest"),
        ([films, "--manifest", "m.json", "--sources", tmp_path], 2, "--manifest"),
        (["--manifest", "m.json"], 2, "--sources"),
        ([tmp_path / "none"], 2, "no folder"),
        ([films, "--layout", "nonesuch"], 2, "davis"),
        ([films, "--split", "nonesuch"], 2, "transnet"),
        ([films, "--keep", "nonesuch"], 2, "static"),
        ([films, "--subset", "train", "--layout", "clips", "--split", "none"], 1, "subset"),
        ([films, "--layout", "reds"], 1, "holds nothing"),
        (["--manifest", "m.json", "--sources", tmp_path], 1, "m.json"),
    ):
        outcome = tinct("data", "import", *arguments, "--output", output)
        assert (outcome.code, word in outcome.error) == (code, True), outcome.err
    assert not output.exists()


def test_a_manifest_that_names_missing_files(tinct, films: Path, tmp_path: Path) -> None:
    output = tmp_path / "set"
    assert tinct("data", "import", films, "--output", output, "--split", "none").code == 0
    (films / "a.mp4").unlink()
    call = (
        "data",
        "import",
        "--manifest",
        output / "manifest.json",
        "--sources",
        tmp_path,
        "--output",
        tmp_path / "new",
    )
    outcome = tinct(*call)
    assert (outcome.code, "films/a.mp4" in outcome.error) == (1, True)
    assert not (tmp_path / "new").exists()


def test_check_lists_what_is_wrong(tinct, films: Path, tmp_path: Path) -> None:
    whole = (films / "a.mp4").read_bytes()
    damaged = bytearray(whole)
    middle = len(whole) // 2
    damaged[middle : middle + 400] = bytes(400)
    (films / "damaged.mp4").write_bytes(damaged)
    (films / "cut.mp4").write_bytes(whole[:-5000])
    (films / "cut.jpg").write_bytes((films / "photo.jpg").read_bytes()[:-900])
    write_movie(films / "short.mp4", [picture(i) for i in range(3)])
    outcome = tinct("data", "check", films)
    assert outcome.code == 1
    faults = dict(line.split(": ")[:2] for line in outcome.out.splitlines()[:-1])
    assert faults == {
        "broken.mp4": "unreadable",
        "cut.jpg": "unreadable",
        "cut.mp4": "unreadable",
        "damaged.mp4": "unreadable",
        "grey.mp4": "grey",
        "short.mp4": "too short",
    }
    assert outcome.out.splitlines()[-1] == "8 files: 4 unreadable, 1 grey, 1 too short"


def test_check_of_an_imported_set(tinct, films: Path, tmp_path: Path) -> None:
    output = tmp_path / "set"
    tinct("data", "import", films, "--output", output, "--split", "none")
    outcome = tinct("data", "check", output)
    assert (outcome.code, outcome.out) == (0, "2 files: nothing wrong\n")
    next((output / "clips").iterdir()).unlink()
    outcome = tinct("data", "check", output)
    assert outcome.code == 1
    assert "missing: named in the manifest" in outcome.out


def test_check_of_nothing(tinct, tmp_path: Path) -> None:
    outcome = tinct("data", "check", tmp_path)
    assert (outcome.code, "holds no clip" in outcome.error) == (1, True)
    assert tinct("data", "check", tmp_path / "none").code == 2


def test_stats(tinct, films: Path, tmp_path: Path) -> None:
    still = tmp_path / "films/stills/still.mp4"
    write_movie(still, [picture()] * 10)
    outcome = tinct("data", "stats", films, "--json", tmp_path / "stats.json")
    assert outcome.code == 0, outcome.err
    assert "3 clips, 1 photographs, 31 frames" in outcome.out
    assert "unreadable: broken.mp4" in outcome.out
    found = json.loads((tmp_path / "stats.json").read_text())
    total = found["total"]
    assert total["sizes"] == {"160x96": 4}
    assert total["share_grey"] == 0.25
    assert total["hours"] == pytest.approx(30 / 25 / 3600, abs=1e-4)
    assert sum(total["lightness"]) == pytest.approx(1, abs=1e-3)
    assert sum(total["chroma"]) == pytest.approx(1, abs=1e-3)
    assert set(found["by_source"]) == {".", "stills"}
    moving, resting = found["by_source"]["."]["motion"], found["by_source"]["stills"]["motion"]
    assert moving == pytest.approx(2 / 160 * 100, rel=0.25)  # two pixels of 160 a frame
    assert resting < 0.1


def test_stats_that_cannot_be_written(tinct, films: Path, tmp_path: Path) -> None:
    outcome = tinct("data", "stats", films, "--json", tmp_path / "none" / "stats.json")
    assert (outcome.code, "stats.json" in outcome.error) == (1, True)
