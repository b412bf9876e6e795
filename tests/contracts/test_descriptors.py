"""What every inference backend promises of descriptors, on one small graph."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import parser

from tinct.runtime.backends import backend_names, backend_report, create_backend
from tinct.runtime.bundle import GraphSpec, digest_files, load_bundle, write_manifest
from tinct.runtime.errors import BackendError, BundleError

TINY = Path(__file__).parents[1] / "goldens" / "tiny_bundle"
UNAVAILABLE = {name: reason for name, reason in backend_report(load_bundle(TINY)) if reason is not None}
GRAPH = """
<ir_version: 8, opset_import: ["": 17]>
descriptor (float[1, 1, H, W] luminance) => (float[1, 2] descriptor)
{
  mean = GlobalAveragePool (luminance)
  peak = GlobalMaxPool (luminance)
  both = Concat <axis = 1> (mean, peak)
  flat = Flatten (both)
  descriptor = LpNormalization <axis = 1, p = 2> (flat)
}
"""


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    folder = Path(shutil.copytree(TINY, tmp_path_factory.mktemp("bundle") / "tiny"))
    onnx.save(parser.parse_model(GRAPH), folder / "descriptor.onnx")
    manifest = load_bundle(folder).manifest
    files = digest_files(folder, (*manifest.files, "descriptor.onnx"))
    graph = GraphSpec("descriptor.onnx", ("luminance",), ("descriptor",))
    write_manifest(folder, replace(manifest, files=files, descriptor_graph=graph))
    return load_bundle(folder)


@pytest.fixture(scope="module", params=[name for name in backend_names() if name not in UNAVAILABLE])
def backend(request, bundle):
    return create_backend(request.param, bundle, threads=1)


def picture(height=64, width=96, seed=0):
    return {"luminance": np.random.default_rng(seed).uniform(-0.5, 1, (1, 1, height, width)).astype(np.float32)}


@pytest.mark.parametrize("size", [(64, 96), (32, 32), (96, 64)])
def test_a_descriptor_is_a_unit_vector(backend, size):
    found = backend.describe(picture(*size))["descriptor"]
    assert found.dtype == np.float32
    assert found.ndim == 2
    assert found.shape == (1, backend.describe(picture())["descriptor"].shape[1])
    assert np.linalg.norm(found) == pytest.approx(1, abs=1e-5)


def test_a_picture_without_detail_has_one_too(backend):
    found = backend.describe({"luminance": np.full((1, 1, 32, 32), 0.5, np.float32)})["descriptor"]
    assert np.linalg.norm(found) == pytest.approx(1, abs=1e-5)


def test_repeats_bit_for_bit_whatever_ran_between(backend):
    first = backend.describe(picture())["descriptor"]
    copy = first.copy()
    backend.describe(picture(96, 32, seed=1))
    backend.encode_reference({"still": np.zeros((1, 3, 32, 32), np.float32)})
    np.testing.assert_array_equal(backend.describe(picture())["descriptor"], copy)
    np.testing.assert_array_equal(first, copy)


def test_takes_read_only_and_strided_inputs(backend):
    strided = np.repeat(picture()["luminance"], 2, axis=-1)[..., ::2]
    strided.setflags(write=False)
    expected = backend.describe(picture())["descriptor"]
    np.testing.assert_array_equal(backend.describe({"luminance": strided})["descriptor"], expected)


def test_a_missing_tensor_is_named(backend):
    with pytest.raises(BackendError, match="luminance"):
        backend.describe({"still": picture()["luminance"]})


def test_the_identity_is_that_of_the_descriptor_not_of_the_model(backend, bundle):
    other = replace(bundle, manifest=replace(bundle.manifest, version="9"))
    assert create_backend(backend.NAME, other, threads=1).descriptor_identity == backend.descriptor_identity


def test_only_the_fake_describes_without_a_graph(backend):
    plain = create_backend(backend.NAME, load_bundle(TINY), threads=1)
    if backend.NAME == "fake":
        assert plain.descriptor_identity == backend.descriptor_identity
        np.testing.assert_array_equal(
            plain.describe(picture())["descriptor"], backend.describe(picture())["descriptor"]
        )
        return
    for attempt in (lambda: plain.describe(picture()), lambda: plain.descriptor_identity):
        with pytest.raises(BackendError, match=r"tiny 1 has no descriptor graph"):
            attempt()


def test_real_backends_agree_and_the_fake_is_another(bundle):
    real = [create_backend(name, bundle, threads=1) for name in ("onnxruntime", "openvino") if name not in UNAVAILABLE]
    found = [one.describe(picture())["descriptor"] for one in real]
    for other in found[1:]:
        np.testing.assert_allclose(other, found[0], atol=1e-5)
    identities = {one.descriptor_identity for one in real}
    assert len(identities) == 1
    assert create_backend("fake", bundle).descriptor_identity not in identities


@pytest.mark.parametrize("name", [name for name in backend_names() if name != "fake" and name not in UNAVAILABLE])
def test_a_graph_of_other_names_is_refused_when_it_is_needed(bundle, name):
    graph = GraphSpec("reference.onnx", ("luminance",), ("descriptor",))
    wrong = create_backend(name, replace(bundle, manifest=replace(bundle.manifest, descriptor_graph=graph)), threads=1)
    with pytest.raises(BundleError, match="do not agree about the tensor"):
        wrong.describe(picture())
