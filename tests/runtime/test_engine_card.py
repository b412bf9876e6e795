"""Cards of engines: what makes an engine stale, foreign or damaged, and what is said then."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest

from tinct.runtime.bundle import load_bundle
from tinct.runtime.engine_card import (
    EngineCard,
    EngineFile,
    EngineSpec,
    build_command,
    card_path,
    engine_file_name,
    engine_folder,
    load_engine,
    write_card,
    write_whole,
)
from tinct.runtime.errors import BackendError, OutputError

TINY = load_bundle(Path(__file__).parents[1] / "goldens" / "tiny_bundle")
HERE = {"flavour": "tensorrt_rtx", "version": "1.7.1.116", "architecture": "sm89"}
COMMAND = r"tinct export .*tiny_bundle --engine tensorrt_rtx --output"


def spec(graph="frame", **changes):
    files = TINY.manifest.files
    facts = {
        "graph": graph,
        "source": files[f"{graph}.onnx"],
        "compiled": "0" * 64,
        "precision": "fp16",
        "flavour": "tensorrt_rtx",
        "version": "1.7.1.116",
        "architectures": ("sm86", "sm89"),
        "profiles": ({"luminance": ((1, 1, 32, 32), (1, 1, 64, 64), (1, 1, 96, 96))},),
    }
    return EngineSpec(**{**facts, **changes})


@pytest.fixture
def folder(tmp_path):
    """Engines as a build leaves them, but for their content."""
    return written(tmp_path)


def written(folder, **changes):
    engines = {}
    for graph in ("reference", "frame"):
        made = spec(graph, **changes)
        data = f"engine {graph}".encode()
        write_whole(folder / engine_file_name(made), data)
        engines[graph] = EngineFile(made, engine_file_name(made), hashlib.sha256(data).hexdigest())
    card = EngineCard(TINY.manifest.identity, "tinct export ...", engines, {"mean": 0.01})
    write_card(folder, "tensorrt_rtx", card)
    return folder


def test_the_right_engine_is_given_with_what_it_was_built_for(folder):
    data, found = load_engine(TINY, "frame", folder=folder, **HERE)
    assert data == b"engine frame"
    assert found == spec()


@pytest.mark.parametrize(
    "change",
    [
        {"graph": "reference"},
        {"source": "1" * 64},
        {"compiled": "1" * 64},
        {"precision": "fp32"},
        {"flavour": "tensorrt"},
        {"version": "1.7.2"},
        {"architectures": ("sm86",)},
        {"profiles": ({"luminance": ((1, 1, 32, 32), (1, 1, 64, 64), (1, 1, 96, 128))},)},
    ],
    ids=lambda change: next(iter(change)),
)
def test_identity_is_of_everything_that_decides_what_an_engine_is(change):
    assert replace(spec(), **change).identity != spec().identity


@pytest.mark.parametrize(
    ("here", "says"),
    [
        ({"version": "1.8.0.1"}, r"frame-.*was built with tensorrt_rtx 1\.7\.1\.116, and 1\.8\.0\.1 is installed"),
        ({"architecture": "sm120"}, r"was built for sm86, sm89, and this GPU is sm120"),
    ],
)
def test_an_engine_for_another_machine_is_refused(folder, here, says):
    with pytest.raises(BackendError, match=f"{says}; build it again: {COMMAND} {folder}"):
        load_engine(TINY, "frame", folder=folder, **{**HERE, **here})


def test_an_engine_of_another_graph_is_refused(tmp_path):
    written(tmp_path, source="1" * 64)
    with pytest.raises(BackendError, match=rf"was built from another frame\.onnx than that of tiny 1; .*{COMMAND}"):
        load_engine(TINY, "frame", folder=tmp_path, **HERE)


def test_an_engine_of_the_other_flavour_is_refused(tmp_path):
    written(tmp_path, flavour="tensorrt")
    with pytest.raises(BackendError, match="is of tensorrt, not of tensorrt_rtx"):
        load_engine(TINY, "frame", folder=tmp_path, **HERE)


def test_a_damaged_engine_is_refused(folder):
    next(folder.glob("*-frame-*.engine")).write_bytes(b"engine fr")
    with pytest.raises(BackendError, match=rf"-frame-.* is damaged .*{COMMAND}"):
        load_engine(TINY, "frame", folder=folder, **HERE)
    assert load_engine(TINY, "reference", folder=folder, **HERE)[0] == b"engine reference"


def test_a_missing_engine_is_refused(folder):
    next(folder.glob("*-frame-*.engine")).unlink()
    with pytest.raises(BackendError, match=rf"-frame-.* cannot be read: .*{COMMAND}"):
        load_engine(TINY, "frame", folder=folder, **HERE)


def test_no_engine_at_all(tmp_path):
    with pytest.raises(BackendError, match=rf"there is no tensorrt_rtx engine in .*; build it: {COMMAND}"):
        load_engine(TINY, "frame", folder=tmp_path, **HERE)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"schema": 1, "engines": {}}', '{"schema": 1, "engines": {"frame": 3}}']
)
def test_a_broken_card_is_refused(folder, text):
    card_path(folder, "tensorrt_rtx").write_text(text)
    with pytest.raises(BackendError, match=rf"tensorrt_rtx\.json is no card of engines .*{COMMAND}"):
        load_engine(TINY, "frame", folder=folder, **HERE)


def test_a_card_whose_facts_were_changed_is_refused(folder):
    path = card_path(folder, "tensorrt_rtx")
    path.write_text(path.read_text().replace("1.7.1.116", "1.8.0.1"))
    with pytest.raises(BackendError, match="does not carry the identity of its own facts"):
        load_engine(TINY, "frame", folder=folder, **{**HERE, "version": "1.8.0.1"})


def test_a_card_that_names_a_file_elsewhere_is_refused(folder):
    path = card_path(folder, "tensorrt_rtx")
    document = json.loads(path.read_text())
    document["engines"]["frame"]["file"] = "../frame.engine"
    path.write_text(json.dumps(document))
    with pytest.raises(BackendError, match=r"its entry frame names '\.\./frame\.engine'"):
        load_engine(TINY, "frame", folder=folder, **HERE)


def test_a_newer_card_is_refused(folder):
    path = card_path(folder, "tensorrt_rtx")
    path.write_text(path.read_text().replace('"schema": 1', '"schema": 2'))
    with pytest.raises(BackendError, match="written by a newer Tinct"):
        load_engine(TINY, "frame", folder=folder, **HERE)


def test_engines_lie_in_the_bundle_or_where_the_environment_says(monkeypatch, tmp_path):
    monkeypatch.delenv("TINCT_ENGINES", raising=False)
    assert engine_folder(TINY) == TINY.folder / "engines"
    assert "--output" not in build_command(TINY, "tensorrt", engine_folder(TINY))
    monkeypatch.setenv("TINCT_ENGINES", str(tmp_path))
    assert engine_folder(TINY) == tmp_path
    assert build_command(TINY, "tensorrt", tmp_path).endswith(f"--output {tmp_path}")


def test_a_file_that_cannot_be_written_leaves_what_was_there(tmp_path):
    (tmp_path / "x.engine").mkdir()
    with pytest.raises(OutputError, match=r"x\.engine cannot be written"):
        write_whole(tmp_path / "x.engine", b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["x.engine"]
