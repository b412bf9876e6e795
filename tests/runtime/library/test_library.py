"""Libraries of stills: built, brought up to date, asked, and refused."""

import importlib
import json
import os
import shutil
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

pytest.importorskip("faiss")

from tinct.runtime.backends import create_backend
from tinct.runtime.bank import still_lightness
from tinct.runtime.bundle import load_bundle
from tinct.runtime.errors import (
    BackendError,
    LibraryError,
    MediaNotFoundError,
    OutputError,
    OutputExistsError,
    StillError,
    UnknownNameError,
    UsageError,
)
from tinct.runtime.library import build_library, open_library
from tinct.runtime.library import building as building_module
from tinct.runtime.media import read_still

TINY = Path(__file__).parents[2] / "goldens" / "tiny_bundle"


def lightness_of(path: Path) -> np.ndarray:
    return still_lightness(read_still(path).rgb)


def listing(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file()}


@pytest.fixture
def library(stills: Path, fake, tmp_path: Path) -> Path:
    build_library(stills, tmp_path / "library", fake)
    return tmp_path / "library"


def test_each_still_finds_itself(library: Path, stills: Path, fake) -> None:
    opened = open_library(library, fake)
    assert len(opened) == 5
    for path in stills.rglob("*.png"):
        found = opened.query(lightness_of(path), 5)
        assert found[0].path == path
        assert found[0].similarity == pytest.approx(1, abs=1e-5)
        assert found[0].digest == read_still(path).digest
        assert len({one.path for one in found}) == 5
        assert [one.similarity for one in found] == sorted((one.similarity for one in found), reverse=True)


def test_a_still_is_found_by_its_grey_picture_at_another_size(library: Path, stills: Path, fake) -> None:
    light = cv2.resize(lightness_of(stills / "place2.png"), (320, 200), interpolation=cv2.INTER_LINEAR)
    assert open_library(library, fake).query(light, 1)[0].path == stills / "place2.png"


def test_manifest_says_what_there_is(library: Path, stills: Path) -> None:
    document = json.loads((library / "manifest.json").read_text())
    assert document["stills_folder"] == "../stills"
    assert [entry["path"] for entry in document["stills"]] == [
        "more/place4.png", "place0.png", "place1.png", "place2.png", "place3.png",
    ]  # fmt: skip
    assert (document["stills"][0]["width"], document["stills"][0]["height"]) == (128, 96)
    assert document["index"] == "flat"
    assert document["recall"]["at_5"] == 1
    assert document["model"].startswith("fake ")
    assert sorted(listing(library)) == sorted(["manifest.json", *document["files"]])


def test_library_and_stills_may_move_together(library: Path, stills: Path, fake, tmp_path: Path) -> None:
    light = lightness_of(stills / "place1.png")
    (tmp_path / "elsewhere").mkdir()
    for folder in (library, stills):
        shutil.move(folder, tmp_path / "elsewhere" / folder.name)
    found = open_library(tmp_path / "elsewhere" / "library", fake).query(light, 1)
    assert found[0].path == tmp_path / "elsewhere" / "stills" / "place1.png"


def test_only_what_is_new_is_described(library: Path, stills: Path, fake) -> None:
    before = listing(library)
    report = build_library(stills, library, fake)
    assert (report.described, report.kept, report.gone) == (0, 5, 0)
    assert listing(library) == before
    shutil.copy(stills / "place0.png", stills / "renamed.png")
    (stills / "place0.png").unlink()
    (stills / "place1.png").unlink()
    os.utime(stills / "place2.png", (1, 1))
    cv2.imwrite(str(stills / "place3.png"), cv2.imread(str(stills / "place3.png"))[::-1])
    report = build_library(stills, library, fake)
    assert (report.described, report.kept, report.gone) == (1, 3, 2)
    opened = open_library(library, fake)
    for name in ("renamed.png", "place2.png", "place3.png", "more/place4.png"):
        assert opened.query(lightness_of(stills / name), 1)[0].path == stills / name
    assert len(list(library.iterdir())) == 3


def test_unchanged_stills_are_not_even_read(library: Path, stills: Path, fake, monkeypatch) -> None:
    read = []
    monkeypatch.setattr(building_module, "read_still", lambda path: read.append(path) or read_still(path))
    shutil.copy(stills / "place0.png", stills / "new.tif.png")
    build_library(stills, library, fake)
    assert read == [stills / "new.tif.png"]


def test_pictures_that_are_no_stills_are_listed(stills: Path, fake, tmp_path: Path) -> None:
    (stills / "broken.png").write_bytes((stills / "place0.png").read_bytes()[:500])
    cv2.imwrite(str(stills / "grey.png"), np.full((64, 64, 3), 90, np.uint8))
    shutil.copy(stills / "place0.png", stills / "same.png")
    (stills / "notes.txt").write_text("no picture")
    (stills / ".hidden.png").write_text("no picture")
    report = build_library(stills, tmp_path / "library", fake)
    assert len(report.manifest.stills) == 5
    reasons = {one.path.name: one.reason for one in report.skipped}
    assert sorted(reasons) == ["broken.png", "grey.png", "same.png"]
    assert "cannot be" in reasons["broken.png"]
    assert "is grey" in reasons["grey.png"]
    assert "The same picture as place0.png" in reasons["same.png"]


def test_stills_that_went_away_or_changed_are_left_out_and_listed(library: Path, stills: Path, fake) -> None:
    lights = {name: lightness_of(stills / f"{name}.png") for name in ("place0", "place1", "place2", "place3")}
    (stills / "place0.png").unlink()
    cv2.imwrite(str(stills / "place1.png"), cv2.imread(str(stills / "place2.png")))
    (stills / "place2.png").write_bytes(b"broken")
    os.utime(stills / "place3.png", (1, 1))
    opened = open_library(library, fake)
    for light in lights.values():
        assert {one.path.name for one in opened.query(light, 2)} == {"place3.png", "place4.png"}
    assert {path.name for path in opened.skipped} == {"place0.png", "place1.png", "place2.png"}
    assert "another picture" in opened.skipped[stills / "place1.png"]


def test_every_picture_unusable(stills: Path, fake, tmp_path: Path) -> None:
    for path in stills.rglob("*.png"):
        cv2.imwrite(str(path), np.full((64, 64, 3), 90, np.uint8))
    with pytest.raises(StillError, match="None of the 5 pictures"):
        build_library(stills, tmp_path / "library", fake)
    assert not (tmp_path / "library").exists()


def test_folders_without_pictures(fake, tmp_path: Path) -> None:
    with pytest.raises(MediaNotFoundError, match="no folder"):
        build_library(tmp_path / "none", tmp_path / "library", fake)
    (tmp_path / "empty").mkdir()
    with pytest.raises(MediaNotFoundError, match="no pictures"):
        build_library(tmp_path / "empty", tmp_path / "library", fake)


def test_an_output_that_is_something_else_is_kept(stills: Path, fake, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("mine")
    with pytest.raises(OutputExistsError, match="no library"):
        build_library(stills, tmp_path / "mine", fake)
    with pytest.raises(OutputExistsError, match="no library"):
        build_library(stills, stills / "place0.png", fake)
    assert listing(tmp_path / "mine") == {"letter.txt": b"mine"}


def test_unknown_and_unfit_indexes(stills: Path, fake, tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="no index named 'tree'"):
        build_library(stills, tmp_path / "library", fake, index="tree")
    with pytest.raises(UsageError, match="at least 256 stills and there are 5"):
        build_library(stills, tmp_path / "library", fake, index="pq")
    assert not (tmp_path / "library").exists()


def test_another_index_replaces_the_old_one(library: Path, stills: Path, fake) -> None:
    report = build_library(stills, library, fake, index="hnsw")
    assert (report.described, report.kept) == (0, 5)
    assert report.manifest.index == "hnsw"
    assert open_library(library, fake).query(lightness_of(stills / "place1.png"), 1)[0].path == stills / "place1.png"


def test_a_failed_write_leaves_the_old_library(library: Path, stills: Path, fake, tmp_path: Path, monkeypatch) -> None:
    before = listing(library)
    (stills / "place0.png").unlink()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(building_module.os, "fsync", full)
    with pytest.raises(OutputError, match="No space left"):
        build_library(stills, library, fake)
    assert listing(library) == before
    with pytest.raises(OutputError, match="No space left"):
        build_library(stills, tmp_path / "new", fake)
    assert not (tmp_path / "new").exists()


def test_a_model_without_descriptor_graph(stills: Path, tmp_path: Path) -> None:
    with pytest.raises(BackendError, match=r"tiny 1 has no descriptor graph.*--add-descriptor"):
        build_library(stills, tmp_path / "library", create_backend("onnxruntime", load_bundle(TINY), threads=1))
    assert not (tmp_path / "library").exists()


def edit(library: Path, change) -> None:
    path = library / "manifest.json"
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document))


def test_a_library_of_another_model(library: Path, stills: Path, fake) -> None:
    edit(library, lambda document: document.update(descriptor="f" * 64, model="swin 1.0 abc"))
    for attempt in (lambda: open_library(library, fake), lambda: build_library(stills, library, fake)):
        with pytest.raises(LibraryError, match=r"built with the model swin 1\.0 abc"):
            attempt()


def test_a_newer_schema(library: Path, stills: Path, fake) -> None:
    edit(library, lambda document: (document.clear(), document.update(schema=2)))
    for attempt in (lambda: open_library(library, fake), lambda: build_library(stills, library, fake)):
        with pytest.raises(LibraryError, match=r"schema 2 .*upgrade Tinct"):
            attempt()


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "{}", "[" * 100_000])
def test_a_manifest_that_is_none(library: Path, fake, text: str) -> None:
    (library / "manifest.json").write_text(text)
    with pytest.raises(LibraryError, match=r"manifest\.json"):
        open_library(library, fake)


@pytest.mark.parametrize(
    ("keys", "value"),
    [
        (("stills",), []),
        (("stills", 0, "path"), "../../secret.png"),
        (("stills", 0, "path"), "/etc/secret.png"),
        (("stills", 0, "digest"), "abc"),
        (("stills", 0, "width"), -1),
        (("stills", 1, "path"), "more/place4.png"),
        (("index",), "tree"),
        (("index_file",), "other.faiss"),
        (("files",), {"../index.faiss": "0" * 64}),
        (("recall", "at_1"), "much"),
        (("parameters",), {"links": 0.5}),
        (("descriptor",), None),
        (("schema",), True),
    ],
)
def test_values_of_the_wrong_kind(library: Path, fake, keys, value) -> None:
    def change(document):
        for key in keys[:-1]:
            document = document[key]
        document[keys[-1]] = value

    edit(library, change)
    with pytest.raises(LibraryError, match="not the manifest of a library"):
        open_library(library, fake)


@pytest.mark.parametrize("damage", ["changed", "missing"])
@pytest.mark.parametrize("part", ["index", "descriptors"])
def test_damaged_files(library: Path, stills: Path, fake, part: str, damage: str) -> None:
    (path,) = library.glob(f"{part}-*")
    if damage == "missing":
        path.unlink()
    else:
        data = bytearray(path.read_bytes())
        data[-1] ^= 1
        path.write_bytes(data)
    with pytest.raises(LibraryError, match=f"{part}-.*is not what the manifest says"):
        open_library(library, fake)
    if part == "index":  # the descriptors are whole, so a build mends it
        assert build_library(stills, library, fake).described == 0
        assert len(open_library(library, fake).query(lightness_of(stills / "place0.png"), 5)) == 5
    else:
        with pytest.raises(LibraryError, match="remove the library"):
            build_library(stills, library, fake)


def test_descriptors_of_another_number_of_stills(library: Path, fake) -> None:
    edit(library, lambda document: document["stills"].pop())
    with pytest.raises(LibraryError, match="a descriptor for each still"):
        open_library(library, fake)


def test_a_folder_that_is_no_library(fake, tmp_path: Path) -> None:
    with pytest.raises(LibraryError, match="no library of stills"):
        open_library(tmp_path, fake)


@pytest.mark.parametrize("shape", [(0, 5), (5, 5, 3), (5,)])
def test_queries_that_are_no_pictures(library: Path, fake, shape) -> None:
    opened = open_library(library, fake)
    with pytest.raises(ValueError, match="must be finite"):
        opened.query(np.zeros(shape, np.float32))
    with pytest.raises(ValueError, match="must be finite"):
        opened.query(np.full((8, 8), np.nan, np.float32))
    with pytest.raises(ValueError, match="at least 1"):
        opened.query(np.zeros((8, 8), np.float32), 0)


def test_without_faiss_the_extra_is_named(stills: Path, fake, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "faiss", None)
    with pytest.raises(UsageError, match=r"tinct\[library\]"):
        build_library(stills, tmp_path / "library", fake)
    assert importlib.import_module("tinct.runtime.library")


def test_a_picture_without_detail_can_be_asked_for(library: Path, fake) -> None:
    assert len(open_library(library, fake).query(np.zeros((9, 7), np.float32))) == 5
