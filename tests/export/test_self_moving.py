"""A bundle with motion in its graph: colours as the networks do, and moves the past itself."""

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from tinct.cli import main
from tinct.export import bundle as bundle_module
from tinct.export.bundle_weights import bundle_checkpoint
from tinct.export.graphs import FrameGraph, frame_example, group_bank
from tinct.export.half import round_weights
from tinct.export.parity import parity_report
from tinct.runtime.backends import create_backend
from tinct.runtime.backends.onnxruntime_backend import OnnxRuntimeBackend
from tinct.runtime.backends.onnxruntime_cuda import OnnxRuntimeHostBackend
from tinct.runtime.bundle import find_bundle, load_bundle
from tinct.runtime.errors import BundleError, MediaNotFoundError
from tinct.runtime.session import ColorizationSession, Reference
from tinct.runtime.state import TemporalState
from tinct.training.model.motion.network import MotionConfig, MotionNet
from tinct.training.model.motion.self_moving import SelfMoving
from tinct.training.model.weights import load_weights, pack

SMALL = MotionConfig(channels=(8, 8), radii=(1, 1), hidden=(8, 8), handed=4, l_mean=45.0)


@pytest.fixture(scope="module")
def motion(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(3)
    network = MotionNet(SMALL)
    for stage in network.stages:
        torch.nn.init.normal_(stage.flow.weight, std=0.02)
    path = tmp_path_factory.mktemp("motion") / "last.pt"
    torch.save({"network": pack(network)}, path)
    return path


@pytest.fixture(scope="module")
def moving(checkpoint: Path, motion: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bundles") / "moving"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            bundle_module,
            "parity_report",
            lambda network, bundle: parity_report(network, bundle, sizes=[(64, 96)], still_counts=[2], threads=1),
        )
        words = ("export", checkpoint, "--motion", motion, "--output", folder, "--name", "moving")
        assert main([str(word) for word in words]) == 0
    return folder


def test_the_bundle_says_that_it_moves_by_itself(moving: Path, exported: Path) -> None:
    manifest, plain = load_bundle(moving).manifest, load_bundle(exported).manifest
    assert manifest.motion == "none"
    assert "previous_luminance" in manifest.frame_graph.inputs
    assert manifest.frame_flops > plain.frame_flops
    assert manifest.parameters > plain.parameters
    for found in manifest.quality["parity"].values():
        assert found["mean"] <= 0.02


@pytest.mark.parametrize("backend", ["onnxruntime", "openvino"])
def test_the_graph_takes_any_size(moving: Path, checkpoint: Path, motion: Path, backend: str) -> None:
    network = SelfMoving(load_weights(checkpoint), bundle_module.load_motion(motion)).eval()
    round_weights(network)
    inputs = frame_example(network, 96, 160, still_size=(64, 64))
    with torch.no_grad():
        expected = FrameGraph(network)(**group_bank(network, inputs))
    graph = create_backend(backend, load_bundle(moving), threads=1)
    found = graph.colorize_frame({name: tensor.numpy() for name, tensor in inputs.items()})
    for name, tensor in zip(("ab", "confidence"), expected, strict=True):
        assert np.percentile(np.abs(found[name] - tensor.numpy()), 99) < 2e-3


def test_a_session_hands_the_past_over_unmoved(moving: Path) -> None:
    backend = create_backend("onnxruntime", load_bundle(moving), threads=1)
    seen: list[dict[str, np.ndarray]] = []
    colour = backend.colorize_frame
    backend.colorize_frame = lambda inputs: seen.append(dict(inputs)) or colour(inputs)  # type: ignore[method-assign]
    session = ColorizationSession(backend, working_size=64)
    random = np.random.default_rng(0)
    still = np.kron(random.random((9, 12, 3)), np.ones((8, 8, 1))).astype(np.float32)
    session.set_references([Reference(still)])
    light = np.kron(100 * random.random((9, 12)), np.ones((8, 8))).astype(np.float32)
    first = session.step(0, light)
    second = session.step(1, np.roll(light, 2, 1))
    assert (first.was_reset, second.was_reset) == (True, False)
    height, width = first.lightness.shape
    scale = backend.bundle.manifest.colour
    np.testing.assert_allclose(
        seen[1]["warped_ab"][0, :, :height, :width].transpose(1, 2, 0) * scale.ab_scale, first.ab, atol=1e-4
    )
    np.testing.assert_allclose(
        seen[1]["previous_luminance"][0, 0, :height, :width] * scale.l_scale + scale.l_mean, first.lightness, atol=1e-3
    )
    there = seen[1]["warped_validity"][0, 0]
    assert there[:height, :width].all()
    assert not there[height:].any()
    assert not there[:, width:].any()


def test_a_still_of_the_same_view_stands_in_for_the_past(moving: Path) -> None:
    backend = create_backend("onnxruntime", load_bundle(moving), threads=1)
    seen: list[dict[str, np.ndarray]] = []
    colour = backend.colorize_frame
    backend.colorize_frame = lambda inputs: seen.append(dict(inputs)) or colour(inputs)  # type: ignore[method-assign]
    noise = np.random.default_rng(1).random((96, 128, 3)).astype(np.float32)
    still = np.ascontiguousarray(cv2.GaussianBlur(noise, (0, 0), 4))
    still = (still - still.min()) / (still.max() - still.min())
    for light, stands_in in ((cv2.cvtColor(still, cv2.COLOR_RGB2Lab)[..., 0], True), (np.full((96, 128), 40.0), False)):
        session = ColorizationSession(backend, working_size=64)
        session.set_references([Reference(still)])
        session.step(7, np.ascontiguousarray(light, np.float32))
        assert bool(seen[-1]["warped_validity"].any()) == stands_in
        assert bool(seen[-1]["warped_ab"].any()) == stands_in


def test_nothing_but_the_frame_goes_to_the_device_and_a_restored_state_gives_the_same_bits(moving: Path) -> None:
    random = np.random.default_rng(5)
    light = np.kron(100 * random.random((9, 12)), np.ones((8, 8))).astype(np.float32)
    frames = [np.ascontiguousarray(np.roll(light, 2 * k, 1)) for k in range(5)]
    still = Reference(np.kron(random.random((9, 12, 3)), np.ones((8, 8, 1))).astype(np.float32))
    colours = []
    for kind in (OnnxRuntimeHostBackend, OnnxRuntimeBackend):
        backend = kind(load_bundle(moving), threads=1)
        session = ColorizationSession(backend, working_size=64)
        session.set_references([still])
        sent, results = [], []
        for number, frame in enumerate(frames):
            before = getattr(backend, "uploaded_bytes", 0)
            results.append(session.step(number, frame))
            sent.append(getattr(backend, "uploaded_bytes", 0) - before)
            if number == 3:
                state = TemporalState.from_bytes(session.snapshot().to_bytes())
        again = ColorizationSession(backend, working_size=64)
        again.set_references([still])
        again.restore(state)
        np.testing.assert_array_equal(again.step(4, frames[4]).ab, results[4].ab)
        if kind is OnnxRuntimeHostBackend:
            assert sent[2:] == [state.luminance.nbytes] * 3
        colours.append([result.ab for result in results])
    np.testing.assert_array_equal(*colours)


def test_lite_with_a_search_in_its_graph_carries_colours_along(tmp_path: Path) -> None:
    shipped = find_bundle("lite")
    bundle_checkpoint(shipped, tmp_path / "lite.pt")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            bundle_module,
            "parity_report",
            lambda network, bundle: parity_report(network, bundle, sizes=[(64, 96)], still_counts=[2], threads=1),
        )
        words = ("export", tmp_path / "lite.pt", "--motion", "search", "--output", tmp_path / "searching")
        assert main([str(word) for word in words]) == 0
    bundle = load_bundle(tmp_path / "searching")
    assert bundle.manifest.motion == "none"
    assert bundle.manifest.parameters == shipped.manifest.parameters  # it has no weights
    noise = np.random.default_rng(2).random((136, 200, 3)).astype(np.float32)
    picture = cv2.normalize(cv2.GaussianBlur(noise, (0, 0), 4), None, 0, 1, cv2.NORM_MINMAX)
    frames = [np.ascontiguousarray(picture[4 - y : 132 - y, x : 192 + x]) for x, y in ((0, 0), (4, 2), (8, 4))]
    session = ColorizationSession(create_backend("onnxruntime", bundle, threads=1), working_size=128)
    session.set_references([Reference(frames[0])])
    inner, true = np.s_[16:-16, 16:-16], [cv2.cvtColor(frame, cv2.COLOR_RGB2Lab) for frame in frames]
    found = [session.step(number, np.ascontiguousarray(lab[..., 0])).ab for number, lab in enumerate(true)]
    missed, moved = (np.abs(one - true[2][..., 1:])[inner].mean() for one in (found[2], true[0][..., 1:]))
    assert missed < 0.25 * moved


def test_a_motion_network_that_is_none(checkpoint: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("export", checkpoint, "--motion", checkpoint, "--output", tmp_path / "bundle")
    assert main([str(word) for word in words]) == BundleError.exit_code
    assert "wanted is motion" in capsys.readouterr().err
    words = ("export", checkpoint, "--motion", tmp_path / "nothing.pt", "--output", tmp_path / "bundle")
    assert main([str(word) for word in words]) == MediaNotFoundError.exit_code
    assert not (tmp_path / "bundle").exists()
