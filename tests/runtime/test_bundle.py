"""Model bundles on disk."""

import json
import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from tinct.runtime.bundle import (
    SCHEMA,
    ColourScale,
    GraphSpec,
    find_bundle,
    load_bundle,
    shipped_bundles,
    write_manifest,
)
from tinct.runtime.errors import BundleError, UnknownNameError

TINY = Path(__file__).parents[1] / "goldens" / "tiny_bundle"


@pytest.fixture
def folder(tmp_path):
    return Path(shutil.copytree(TINY, tmp_path / "bundle"))


def edit(folder, change):
    """Apply ``change`` to the manifest's JSON."""
    path = folder / "manifest.json"
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document))


def test_loads_what_was_written(folder):
    bundle = load_bundle(folder)
    assert bundle.manifest.colour == ColourScale(50.0, 50.0, 110.0)
    assert bundle.manifest.bank == ("key8", "value8")
    assert bundle.path(bundle.manifest.frame_graph) == folder / "frame.onnx"
    manifest = replace(bundle.manifest, version="2", quality={"psnr": 32.5, "clips": ["a", "b"]}, training={"steps": 7})
    write_manifest(folder, manifest)
    assert load_bundle(folder).manifest == manifest
    assert sorted(entry.name for entry in folder.iterdir()) == ["frame.onnx", "manifest.json", "reference.onnx"]


def test_identity_tells_models_apart(folder):
    manifest = load_bundle(folder).manifest
    others = [replace(manifest, version="2"), replace(manifest, files={**manifest.files, "frame.onnx": "0" * 64})]
    assert len({manifest.identity, *(other.identity for other in others)}) == 3


def test_keys_of_later_minor_versions_are_ignored(folder):
    edit(folder, lambda document: document.update(colour_of_the_box="blue"))
    assert load_bundle(folder).manifest.name == "tiny"


def test_a_newer_schema_asks_for_an_upgrade_before_anything_else(folder):
    edit(folder, lambda document: (document.clear(), document.update(schema=SCHEMA + 1)))
    with pytest.raises(BundleError, match=r"schema 2 .*upgrade Tinct"):
        load_bundle(folder)


def test_a_changed_file_is_named(folder):
    data = bytearray((folder / "frame.onnx").read_bytes())
    data[100] ^= 1
    (folder / "frame.onnx").write_bytes(data)
    with pytest.raises(BundleError, match=r"frame\.onnx.*sha256"):
        load_bundle(folder)


def test_a_missing_file_is_named(folder):
    (folder / "reference.onnx").unlink()
    with pytest.raises(BundleError, match=r"lacks its file reference\.onnx"):
        load_bundle(folder)


def test_a_folder_without_manifest(tmp_path):
    with pytest.raises(BundleError, match=r"has no manifest\.json"):
        load_bundle(tmp_path)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '"x"', "\x00\xff", "[" * 100_000])
def test_a_manifest_that_is_no_object(folder, text):
    (folder / "manifest.json").write_text(text, encoding="latin-1")
    with pytest.raises(BundleError, match=r"manifest\.json"):
        load_bundle(folder)


@pytest.mark.parametrize("key", ["schema", "name", "colour", "frame_graph", "bank", "files", "motion", "size_multiple"])
def test_a_missing_key_is_named(folder, key):
    edit(folder, lambda document: document.pop(key))
    with pytest.raises(BundleError, match=f"lacks {key}"):
        load_bundle(folder)


@pytest.mark.parametrize(
    ("keys", "value"),
    [
        (("schema",), True),
        (("schema",), 0),
        (("name",), ""),
        (("name",), 3),
        (("working_size",), 288.0),
        (("size_multiple",), 0),
        (("parameters",), -1),
        (("colour",), [1, 2, 3]),
        (("colour", "ab_scale"), 0),
        (("colour", "l_mean"), float("nan")),
        (("colour", "l_scale"), "50"),
        (("bank",), "key8"),
        (("bank",), []),
        (("bank",), ["key8", "key8"]),
        (("frame_graph", "inputs"), [1]),
        (("files",), ["frame.onnx"]),
        (("files", "frame.onnx"), "ABC"),
        (("training",), None),
    ],
)
def test_a_value_of_the_wrong_kind_is_named(folder, keys, value):
    def change(document):
        for key in keys[:-1]:
            document = document[key]
        document[keys[-1]] = value

    edit(folder, change)
    with pytest.raises(BundleError, match=keys[-1].replace(".", r"\.")):
        load_bundle(folder)


@pytest.mark.parametrize(
    ("graph", "key", "value"),
    [
        ("frame_graph", "inputs", ["luminance", "optical_flow", "key8", "value8"]),
        ("frame_graph", "inputs", ["luminance", "key8"]),
        ("frame_graph", "outputs", ["ab"]),
        ("reference_graph", "outputs", ["key8"]),
        ("reference_graph", "inputs", ["picture"]),
        ("frame_graph", "file", "other.onnx"),
        ("frame_graph", "file", ""),
    ],
)
def test_graphs_that_break_the_tensor_contract(folder, graph, key, value):
    edit(folder, lambda document: document[graph].update({key: value}))
    with pytest.raises(BundleError, match="export the bundle again"):
        load_bundle(folder)


@pytest.mark.parametrize(
    "name", ["../secret", "/etc/passwd", "..", ".", "a/b", "a\\b", "C:x", "x\0y", "manifest.json", "..\\x", ""]
)
@pytest.mark.parametrize("place", ["files", "graph"])
def test_file_names_cannot_lead_out_of_the_bundle(folder, name, place):
    def change(document):
        if place == "files":
            document["files"][name] = "0" * 64
        else:
            document["frame_graph"]["file"] = name

    edit(folder, change)
    with pytest.raises(BundleError):
        load_bundle(folder)


def test_writing_refuses_what_could_not_be_loaded(folder):
    manifest = load_bundle(folder).manifest
    before = (folder / "manifest.json").read_bytes()
    bad = [
        replace(manifest, frame_graph=GraphSpec("../x", ("luminance",), ("ab",))),
        replace(manifest, quality={"psnr": float("inf")}),
        replace(manifest, quality={"psnr": object()}),
        replace(manifest, schema=SCHEMA + 1),
    ]
    for wrong in bad:
        with pytest.raises(BundleError):
            write_manifest(folder, wrong)
    assert (folder / "manifest.json").read_bytes() == before


def test_a_failed_write_leaves_the_old_manifest_and_nothing_else(folder, monkeypatch):
    def full(_):
        raise OSError(28, "No space left on device")

    manifest = load_bundle(folder).manifest
    before = sorted((entry.name, entry.read_bytes()) for entry in folder.iterdir())
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(BundleError, match="No space left"):
        write_manifest(folder, replace(manifest, version="9"))
    assert sorted((entry.name, entry.read_bytes()) for entry in folder.iterdir()) == before


def test_shipped_bundles_load_by_name():
    assert "fake" in shipped_bundles()
    for name in shipped_bundles():
        assert find_bundle(name).manifest.name == name


def test_a_folder_is_found_by_its_path(folder):
    assert find_bundle(str(folder)).folder == folder


@pytest.mark.parametrize("name", ["no-such-model", "", "../fake", "fake/"])
def test_an_unknown_model_lists_the_known_ones(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UnknownNameError, match="fake"):
        find_bundle(name)


def test_a_bundle_of_before_there_were_descriptors(folder):
    document = json.loads((folder / "manifest.json").read_text())
    assert "descriptor_graph" not in document
    manifest = load_bundle(folder).manifest
    assert manifest.descriptor_graph is None
    write_manifest(folder, manifest)
    assert load_bundle(folder).manifest == manifest


@pytest.mark.parametrize(
    "change",
    [
        {"file": "other.onnx"},
        {"file": ""},
        {"file": "../x.onnx"},
        {"inputs": ["still"]},
        {"inputs": ["luminance", "still"]},
        {"outputs": ["key8"]},
        {"outputs": []},
    ],
)
def test_a_descriptor_graph_that_breaks_the_tensor_contract(folder, change):
    graph = {"file": "reference.onnx", "inputs": ["luminance"], "outputs": ["descriptor"]}
    edit(folder, lambda document: document.update(descriptor_graph=graph, descriptor_size=96))
    manifest = load_bundle(folder).manifest
    assert manifest.descriptor_graph == GraphSpec("reference.onnx", ("luminance",), ("descriptor",))
    assert manifest.descriptor_size == 96
    edit(folder, lambda document: document["descriptor_graph"].update(change))
    with pytest.raises(BundleError, match=r"descriptor|plain file name|sha256"):
        load_bundle(folder)
    edit(folder, lambda document: document.update(descriptor_graph=graph, descriptor_size=0))
    with pytest.raises(BundleError, match="descriptor_size"):
        load_bundle(folder)
