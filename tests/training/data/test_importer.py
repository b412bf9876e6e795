"""An import gives single shots that training reads, says what it left out, goes on after a kill and can be repeated."""

import json
import shutil
import signal
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from tinct.training.data import importer
from tinct.training.data.clip_store import DataSetError, load_store
from tinct.training.data.importer import import_sources, recreate
from tinct.training.data.layouts import find_sources
from tinct.training.data.manifest import JOURNAL_NAME, read_manifest
from tinct.training.data.source_rows import ImportConfig

pytest.importorskip("scenedetect")
ROOT = Path(__file__).parents[3]
CONFIG = ImportConfig(split="content", short_side=64, licence="CC0", tool="tinct test")


def listing(folder):
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


@pytest.fixture(scope="module")
def imported(film, tmp_path_factory):
    output = tmp_path_factory.mktemp("imported") / "set"
    return output, import_sources(find_sources([film]), output, CONFIG)


def test_shots_are_cut_where_the_film_is_and_the_rest_is_named_with_its_reason(imported):
    _, rows = imported
    assert [(row.kind, row.first, row.last, row.reason) for row in rows] == [
        ("movie", 0, 11, ""),
        ("movie", 12, 21, "grey"),
        ("movie", 22, 35, ""),
        ("movie", 36, 45, "dark"),
        ("photo", 0, 0, ""),
    ]
    assert all(bool(row.file) != bool(row.reason) for row in rows)
    assert rows[1].colour < 1.2
    assert {row.split for row in rows} == {"content threshold=27", "none"}
    assert {(row.licence, row.tool, len(row.sha256)) for row in rows} == {("CC0", "tinct test", 64)}


def test_shots_have_no_black_borders_and_the_colours_of_the_film(imported, pan_over):
    output, rows = imported
    store = load_store(output)
    assert (len(store.clips), len(store.photos), store.skipped) == (2, 1, ())
    for clip, row, wanted in zip(
        store.clips, (rows[0], rows[2]), (pan_over("coffee", 12), pan_over("chelsea", 14)), strict=True
    ):
        assert len(clip) == row.frames == len(wanted)
        assert clip.size == (row.height, row.width)
        assert row.crop_top in (20, 22)
        assert 92 <= row.crop_height <= 96
        assert (row.crop_left, row.crop_width, row.rate) == (0, 160, "25")
        inset = row.crop_top - 20
        truth = cv2.resize(wanted[5][inset : inset + row.crop_height], clip.size[::-1], interpolation=cv2.INTER_AREA)
        difference = clip.rgb(5).astype(float) - truth
        assert np.abs(difference.mean((0, 1))).max() < 1.5
        assert np.abs(difference).mean() < 4


def test_the_manifest_holds_the_rows_as_json_and_as_csv(imported):
    output, rows = imported
    assert read_manifest(output / "manifest.json") == read_manifest(output / "manifest.csv") == rows
    assert not (output / JOURNAL_NAME).exists()


@pytest.mark.parametrize("name", ["manifest.json", "manifest.csv"])
def test_a_manifest_makes_the_same_data_set_again(imported, film, tmp_path, name):
    output, _ = imported
    recreate(read_manifest(output / name), [film.parent], tmp_path / "again")
    assert listing(tmp_path / "again") == listing(output)


def test_sources_that_are_missing_or_others_are_named(imported, film, tmp_path):
    output, _ = imported
    rows = read_manifest(output / "manifest.json")
    with pytest.raises(DataSetError, match=r"2 of 2 sources are not under .*: films/film.mp4, films/photo.png"):
        recreate(rows, [tmp_path], tmp_path / "again")
    other = shutil.copytree(film, tmp_path / "films")
    (other / "film.mp4").write_bytes(b"another film")
    with pytest.raises(DataSetError, match=r"1 of 2 sources .*SHA-256.*: films/film.mp4"):
        recreate(rows, [tmp_path], tmp_path / "again")
    assert not (tmp_path / "again").exists()


def test_what_is_there_is_not_made_again(imported, film, monkeypatch):
    output, rows = imported
    before = listing(output)

    def read(_):
        raise AssertionError("read again")

    monkeypatch.setattr(importer, "read_frames", read)
    monkeypatch.setattr(importer, "source_rows", read)
    assert import_sources(find_sources([film]), output, CONFIG) == rows
    assert listing(output) == before


KILLED = """
import os, signal, sys
from pathlib import Path
from tinct.training.data.importer import import_sources
from tinct.training.data.layouts import find_sources
from tinct.training.data.shot_writer import ShotWriter
from tinct.training.data.source_rows import ImportConfig

def write(self, picture, write=ShotWriter.write, written=[]):
    written.append(picture)
    if len(written) == 20:
        os.kill(os.getpid(), signal.SIGKILL)
    write(self, picture)

ShotWriter.write = write
config = ImportConfig(split="content", short_side=64, licence="CC0", tool="tinct test")
import_sources(find_sources([Path(sys.argv[1])]), Path(sys.argv[2]), config)
"""


def test_an_import_that_was_killed_goes_on(imported, film, tmp_path):
    """Killed within the second shot: the first is whole, the second not there, and the next import makes the rest."""
    output, rows = imported
    done = subprocess.run([sys.executable, "-c", KILLED, film, tmp_path / "set"], cwd=ROOT, check=False)
    assert done.returncode == -signal.SIGKILL
    whole = listing(output)
    left = {name: data for name, data in listing(tmp_path / "set").items() if name.endswith(".mp4")}
    assert list(left) == [rows[0].file]
    assert left[rows[0].file] == whole[rows[0].file]
    (tmp_path / "set/clips/.half.mp4.part").write_bytes(b"half")
    with (tmp_path / "set" / JOURNAL_NAME).open("a") as journal:
        journal.write('[{"file": "cl')
    assert import_sources(find_sources([film]), tmp_path / "set", CONFIG) == rows
    assert listing(tmp_path / "set") == whole


def test_other_settings_and_changed_sources_want_another_folder(imported, film, tmp_path):
    output = shutil.copytree(imported[0], tmp_path / "set")
    before = listing(output)
    for change, word in (({"short_side": 48}, "short-side=64"), ({"split": "none"}, "content threshold=27")):
        with pytest.raises(DataSetError, match=f"{word}.*another folder"):
            import_sources(find_sources([film]), output, replace(CONFIG, **change))
    copy = shutil.copytree(film, tmp_path / "films")
    (copy / "film.mp4").write_bytes(b"another film")
    with pytest.raises(DataSetError, match="has changed"):
        import_sources(find_sources([copy]), output, CONFIG)
    assert listing(output) == before


def test_more_sources_can_be_added(imported, tmp_path, pan_over, make_movie):
    output = shutil.copytree(imported[0], tmp_path / "set")
    make_movie(tmp_path / "more/new.mp4", pan_over("rocket", 10))
    rows = import_sources(find_sources([tmp_path / "more"]), output, CONFIG)
    assert [row.source for row in rows] == ["more/new.mp4"]
    assert len(load_store(output).clips) == 3
    assert len(read_manifest(output / "manifest.csv")) == 6


def test_what_cannot_be_read_is_listed_and_skipped(tmp_path, pan_over, make_movie):
    root = tmp_path / "in"
    whole = make_movie(root / "whole.mp4", pan_over("coffee", 12))
    (root / "broken.mp4").write_bytes(b"no film")
    (root / "empty.png").touch()
    (root / "cut.mp4").write_bytes(whole.read_bytes()[:-4000])
    rows = import_sources(find_sources([root]), tmp_path / "out", CONFIG)
    assert {row.source: row.reason.split(":")[0] for row in rows} == {
        "in/whole.mp4": "",
        "in/broken.mp4": "unreadable",
        "in/cut.mp4": "unreadable",
        "in/empty.png": "unreadable",
    }
    (root / "whole.mp4").unlink()
    with pytest.raises(DataSetError, match=r"nothing was imported: in/broken.mp4: unreadable"):
        import_sources(find_sources([root]), tmp_path / "none", CONFIG)


def test_static_short_and_uniform_shots_are_left_out_unless_kept(tmp_path, pan_over, make_movie):
    still = pan_over("coffee", 1) * 10
    white = np.full((96, 160, 3), 255, np.uint8)
    cv2.putText(white, "THE END", (40, 50), cv2.FONT_HERSHEY_SIMPLEX, 0.6, (200, 30, 30), 1)
    make_movie(tmp_path / "in/card.mp4", [np.roll(white, i, 1) for i in range(10)])
    make_movie(tmp_path / "in/good.mp4", pan_over("chelsea", 10))
    make_movie(tmp_path / "in/short.mp4", pan_over("coffee", 7))
    make_movie(tmp_path / "in/still.mp4", still)
    config = replace(CONFIG, split="none")
    rows = import_sources(find_sources([tmp_path / "in"]), tmp_path / "out", config)
    assert [row.reason for row in rows] == ["low variance", "", "only 7 frames", "static"]
    keeping = replace(config, filters=config.filters.without(["static", "low variance", "grey"]))
    rows = import_sources(find_sources([tmp_path / "in"]), tmp_path / "all", keeping)
    assert [row.reason for row in rows] == ["", "", "only 7 frames", ""]


def test_fades_are_trimmed(tmp_path, pan_over, make_movie):
    frames = np.stack(pan_over("coffee", 24)).astype(np.float32)
    frames[:8] *= np.linspace(0, 1, 8)[:, None, None, None] ** 2
    make_movie(tmp_path / "in/fade.mp4", list(frames.astype(np.uint8)))
    (row,) = import_sources(find_sources([tmp_path / "in"]), tmp_path / "out", replace(CONFIG, split="none"))
    assert 1 <= row.first <= 4
    assert row.last == 23


def test_sequences_are_shots_and_keep_their_sizes(tmp_path, pan_over):
    for i, frame in enumerate(pan_over("coffee", 9)):
        path = tmp_path / f"REDS/train/000/{i:08d}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(path), cv2.cvtColor(frame, cv2.COLOR_RGB2BGR))
    shutil.copytree(path.parent, tmp_path / "REDS/train/001")
    cv2.imwrite(str(tmp_path / "REDS/train/001/00000008.png"), np.zeros((20, 30, 3), np.uint8))
    rows = import_sources(find_sources([tmp_path / "REDS"]), tmp_path / "out", CONFIG)
    assert [(row.source, row.frames) for row in rows] == [("REDS/train/000", 9), ("REDS/train/001", 0)]
    assert "mixed sizes: 160x96, but 30x20 at frame 8" in rows[1].reason
    assert rows[0].rate == "24"
    recreate(rows, [tmp_path / "REDS"], tmp_path / "again")
    assert load_store(tmp_path / "again").clips[0].size == (64, 106)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "no manifest"),
        ('{"rows": []}', "no manifest"),
        ('{"schema": 9, "rows": []}', "schema 9"),
        ("[1]", "no manif"),
    ],
)
def test_what_is_no_manifest(tmp_path, text, message):
    (tmp_path / "m.json").write_text(text)
    with pytest.raises(DataSetError, match=message):
        read_manifest(tmp_path / "m.json")


def test_a_manifest_without_files(imported, tmp_path):
    output, rows = imported
    with pytest.raises(DataSetError, match="cannot read the manifest"):
        read_manifest(output / "none.json")
    with pytest.raises(DataSetError, match="names no shot"):
        recreate([row for row in rows if not row.file], [tmp_path], tmp_path / "again")
    document = json.loads((output / "manifest.json").read_text())
    assert document["rows"][0] == asdict(rows[0])
