"""The descriptor graph: as the network in PyTorch, in new bundles and in old ones."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch

from tinct.bundle_facts import bundle_facts
from tinct.cli import main
from tinct.export.added_descriptor import add_descriptor
from tinct.export.descriptor_graph import descriptor_network, require_descriptor_parity
from tinct.export.graphs import reference_graph
from tinct.export.half import round_weights, store_half
from tinct.runtime import demo as demo_material
from tinct.runtime.backends import backend_report, create_backend
from tinct.runtime.bundle import digest_files, find_bundle, load_bundle, write_manifest
from tinct.runtime.errors import BundleError, OutputExistsError
from tinct.training.model.descriptor import signed_gem
from tinct.training.model.lite import Lite
from tinct.training.model.trunk import load_pretrained
from tinct.training.model.weights import load_weights

BACKENDS = [name for name, reason in backend_report(find_bundle("lite")) if reason is None and name != "fake"]


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("size", [(64, 96), (96, 32)])
def test_descriptor_is_the_networks(exported: Path, checkpoint: Path, backend: str, size: tuple[int, int]) -> None:
    network = load_weights(checkpoint)
    round_weights(network)
    bundle = load_bundle(exported)
    luminance = torch.rand(1, 1, *size, generator=torch.Generator().manual_seed(2)) * 2 - 1
    with torch.no_grad():
        expected = descriptor_network(network.trunk, bundle.manifest.colour)(luminance).numpy()
    found = create_backend(backend, bundle, threads=1).describe({"luminance": luminance.numpy()})["descriptor"]
    assert found.shape == (1, 224)
    np.testing.assert_allclose(found, expected, atol=1e-4)
    assert np.linalg.norm(found) == pytest.approx(1, abs=1e-4)


def test_bundle_states_its_descriptor(exported: Path) -> None:
    manifest = load_bundle(exported).manifest
    assert manifest.descriptor_graph is not None
    assert manifest.descriptor_graph.file == "descriptor.onnx"
    assert manifest.descriptor_size == 224
    assert sorted(manifest.quality["descriptor_parity"]) == sorted(BACKENDS)
    assert all(value <= 1e-3 for value in manifest.quality["descriptor_parity"].values())
    assert b"site-packages" not in (exported / "descriptor.onnx").read_bytes()
    assert (exported / "descriptor.onnx").stat().st_size < 2e6
    assert bundle_facts(load_bundle(exported))["graphs"]["descriptor"]["sha256"] == manifest.files["descriptor.onnx"]


def test_pooling_against_its_formula() -> None:
    features = torch.randn(2, 3, 4, 5, generator=torch.Generator().manual_seed(0))
    found = signed_gem(features, 3.0)
    for number, picture in enumerate(features.double().numpy()):
        parts = [np.maximum(sign * channel, 1e-6) for sign in (1, -1) for channel in picture]
        pooled = np.array([np.mean(part**3) ** (1 / 3) for part in parts])
        pooled -= pooled.mean()
        np.testing.assert_allclose(found[number].numpy(), pooled / np.linalg.norm(pooled), atol=1e-5)


def test_a_flat_picture_is_described_and_has_gradients() -> None:
    features = torch.zeros(1, 3, 4, 5, requires_grad=True)
    signed_gem(features, 3.0).sum().backward()
    assert torch.isfinite(signed_gem(features, 3.0)).all()
    assert torch.isfinite(features.grad).all()


def test_parity_that_is_not_reached() -> None:
    require_descriptor_parity({"onnxruntime": 0.001})
    for value in (0.0011, float("nan")):
        with pytest.raises(BundleError, match="unlike the network with openvino"):
            require_descriptor_parity({"openvino": value})


@pytest.fixture(scope="module")
def old_bundle(network: Lite, exported: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle from before there were descriptors: manifest without the keys, trunk of the registry package."""
    old = load_weights_of(network)
    load_pretrained(old.trunk)
    round_weights(old)
    folder = Path(shutil.copytree(exported, tmp_path_factory.mktemp("old") / "bundle"))
    (folder / "descriptor.onnx").unlink()
    onnx.save(store_half(reference_graph(old)), folder / "reference.onnx")
    manifest = replace(
        load_bundle(exported).manifest,
        descriptor_graph=None,
        files=digest_files(folder, ("reference.onnx", "frame.onnx", "MODEL_CARD.md")),
    )
    path = write_manifest(folder, manifest)
    document = json.loads(path.read_text())
    del document["descriptor_graph"], document["descriptor_size"]
    path.write_text(json.dumps(document))
    return folder


def load_weights_of(network: Lite) -> Lite:
    copy = Lite(network.config)
    copy.load_state_dict(network.state_dict())
    return copy.eval()


@pytest.fixture(scope="module")
def renewed(old_bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("renewed") / "bundle"
    options = ["export", old_bundle, "--add-descriptor", "--output", folder]
    assert main([str(word) for word in options]) == 0
    return folder


def test_an_old_bundle_gets_a_descriptor(old_bundle: Path, renewed: Path, tmp_path: Path) -> None:
    assert load_bundle(old_bundle).manifest.descriptor_graph is None
    for name in ("reference.onnx", "frame.onnx", "MODEL_CARD.md"):
        assert (renewed / name).read_bytes() == (old_bundle / name).read_bytes()
    picture = {"luminance": np.random.default_rng(0).uniform(-1, 1, (1, 1, 64, 64)).astype(np.float32)}
    backend = create_backend(BACKENDS[0], load_bundle(renewed), threads=1)
    assert backend.describe(picture)["descriptor"].shape == (1, 224)
    with pytest.raises(BundleError, match="already"):
        add_descriptor(renewed, tmp_path / "newer")
    with pytest.raises(OutputExistsError):
        add_descriptor(old_bundle, renewed)


@pytest.mark.parametrize("backend", BACKENDS)
def test_the_shots_of_the_demo_find_their_stills(renewed: Path, tmp_path: Path, backend: str) -> None:
    pytest.importorskip("faiss")
    from tinct.runtime.library import build_library, open_library, query_plate, still_ranges

    demo = Path(demo_material.__file__).parent
    (tmp_path / "stills").mkdir()
    for number in (1, 2, 3):
        shutil.copy(demo / f"still_{number}.jpg", tmp_path / "stills")
    engine = create_backend(backend, load_bundle(renewed), threads=1)
    build_library(tmp_path / "stills", tmp_path / "library", engine)
    answers = query_plate(open_library(tmp_path / "library", engine), demo / "grey.mkv", every=24)
    ranges = [(one.path.name, one.first) for one in still_ranges(answers, 71)]
    assert ranges == [("still_1.jpg", 0), ("still_2.jpg", 24), ("still_3.jpg", 48)]
    assert all(one.found[0].similarity > 0.8 for one in answers)


def test_a_trained_trunk_is_not_taken_for_the_packages(old_bundle: Path, exported: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(old_bundle, tmp_path / "trained"))
    shutil.copy(exported / "reference.onnx", folder / "reference.onnx")
    manifest = load_bundle(old_bundle).manifest
    write_manifest(folder, replace(manifest, files=digest_files(folder, manifest.files)))
    with pytest.raises(BundleError, match=r"stem\.conv\.weight differs"):
        add_descriptor(folder, tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_a_bundle_that_is_not_there(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["export", str(tmp_path / "none"), "--add-descriptor", "-o", str(tmp_path / "new")]) == 2
    assert "no bundle" in capfd.readouterr().err
