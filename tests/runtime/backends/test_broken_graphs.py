"""Bundles whose files verify but whose graphs do not work."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tinct.runtime.backends import create_backend
from tinct.runtime.bundle import GraphSpec, digest_files, load_bundle, write_manifest
from tinct.runtime.errors import BackendError, BundleError

TINY = Path(__file__).parents[2] / "goldens" / "tiny_bundle"
REAL = ("onnxruntime", "openvino")


def changed(folder, **changes):
    """The tiny bundle in ``folder`` with another manifest."""
    shutil.copytree(TINY, folder, dirs_exist_ok=True)
    manifest = load_bundle(TINY).manifest
    files = digest_files(folder, manifest.files)
    write_manifest(folder, replace(manifest, **{"files": files, **changes}))
    return load_bundle(folder)


@pytest.mark.parametrize("name", REAL)
def test_a_graph_that_is_no_graph(name, tmp_path):
    bundle = changed(tmp_path)
    (tmp_path / "frame.onnx").write_bytes(b"not a network")
    with pytest.raises(BackendError, match=r"cannot load .*frame\.onnx"):
        create_backend(name, bundle, threads=1)


@pytest.mark.parametrize("name", REAL)
def test_a_manifest_that_names_other_tensors(name, tmp_path):
    frame = load_bundle(TINY).manifest.frame_graph
    inputs = tuple("previous_luminance" if tensor == "warped_ab" else tensor for tensor in frame.inputs)
    bundle = changed(tmp_path, frame_graph=GraphSpec(frame.file, inputs, frame.outputs))
    with pytest.raises(BundleError, match="do not agree about the tensor"):
        create_backend(name, bundle, threads=1)


@pytest.mark.parametrize("name", REAL)
def test_shapes_that_the_graph_cannot_bear(name):
    backend = create_backend(name, load_bundle(TINY), threads=1)
    with pytest.raises(BackendError, match=r"failed in reference\.onnx"):
        backend.encode_reference({"still": np.zeros((1, 5, 64, 64), np.float32)})
    still = {"still": np.zeros((1, 3, 64, 64), np.float32)}
    assert backend.encode_reference(still)["key8"].shape == (1, 64, 2)


@pytest.mark.parametrize("name", REAL)
def test_results_that_are_not_numbers(name):
    backend = create_backend(name, load_bundle(TINY), threads=1)
    with pytest.raises(BackendError, match="not finite"):
        backend.encode_reference({"still": np.full((1, 3, 64, 64), np.nan, np.float32)})
