import stat
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch

from tinct.export import bundle as bundle_module
from tinct.export.bundle import export_bundle
from tinct.export.graphs import FrameGraph, count_frame_flops, frame_example, group_bank
from tinct.export.half import round_weights
from tinct.runtime.backends import backend_report, create_backend
from tinct.runtime.bundle import find_bundle, load_bundle
from tinct.runtime.errors import BundleError, MediaNotFoundError, OutputError, OutputExistsError, UsageError
from tinct.runtime.session import ColorizationSession, Reference
from tinct.training.model.lite import Lite
from tinct.training.model.weights import load_weights, pack

BACKENDS = [name for name, reason in backend_report(find_bundle("lite")) if reason is None and name != "fake"]


@pytest.fixture
def rounded(checkpoint: Path) -> Lite:
    """The network as it was exported: with its weights in half precision."""
    network = load_weights(checkpoint)
    round_weights(network)
    return network


def test_manifest_states_the_facts_of_the_network(exported: Path, network: Lite) -> None:
    manifest = load_bundle(exported).manifest
    assert (manifest.name, manifest.version, manifest.variant) == ("small", "1.2.3", "lite")
    assert manifest.colour.l_mean == 45.0
    assert manifest.parameters == sum(weight.numel() for weight in network.parameters())
    assert manifest.frame_flops == count_frame_flops(network, 224, 384) > 10**9
    assert manifest.bank == network.BANK


def test_card_stands_in_the_manifest_and_beside_it(exported: Path) -> None:
    manifest = load_bundle(exported).manifest
    assert manifest.licence == "Apache-2.0"
    assert manifest.training == {"clips": 3, "splits": ["a", "b"]}
    assert manifest.quality["psnr"] == 21.5
    text = (exported / "MODEL_CARD.md").read_text(encoding="utf-8")
    for words in ("# small 1.2.3", "random weights", "Apache-2.0", "clips: 3", "a, b", "21.5", "nothing sensibly"):
        assert words in text
    assert "MODEL_CARD.md" in manifest.files


def test_manifest_holds_the_parity_of_every_backend(exported: Path) -> None:
    parity = load_bundle(exported).manifest.quality["parity"]
    assert sorted(parity) == sorted(BACKENDS)
    for found in parity.values():
        assert found["mean"] <= 0.02
        assert found["p999"] <= 0.5
        assert [case["stills"] for case in found["cases"]] == [2]


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(("size", "still"), [((64, 64), (32, 32)), ((96, 160), (160, 64))])
def test_graphs_take_any_size_and_number_of_tokens(
    exported: Path, rounded: Lite, backend: str, size: tuple[int, int], still: tuple[int, int]
) -> None:
    inputs = frame_example(rounded, *size, still_size=still)
    with torch.no_grad():
        expected = FrameGraph(rounded)(**group_bank(rounded, inputs))
    found = create_backend(backend, load_bundle(exported), threads=1).colorize_frame(
        {name: tensor.numpy() for name, tensor in inputs.items()}
    )
    for name, tensor in zip(("ab", "confidence"), expected, strict=True):
        assert found[name].shape == tuple(tensor.shape)
        # the noise of the example makes ties between tokens, so not every pixel need agree
        assert np.percentile(np.abs(found[name] - tensor.numpy()), 99) < 1e-3


@pytest.mark.parametrize("backend", BACKENDS)
def test_encoded_still_is_the_networks(exported: Path, rounded: Lite, backend: str) -> None:
    still = torch.rand(1, 3, 96, 64, generator=torch.Generator().manual_seed(1)) - 0.5
    with torch.no_grad():
        expected = rounded.encode_reference(still)
    bank = create_backend(backend, load_bundle(exported), threads=1).encode_reference({"still": still.numpy()})
    for name, tensor in expected._asdict().items():
        np.testing.assert_allclose(bank[name], tensor.numpy(), atol=2e-3)


def test_session_colours_with_the_bundle(exported: Path) -> None:
    random = np.random.default_rng(0)
    session = ColorizationSession(create_backend("onnxruntime", load_bundle(exported), threads=1), working_size=64)
    session.set_references([Reference(random.random((70, 110, 3), dtype=np.float32))])
    for number in range(2):
        result = session.step(number, random.random((70, 110), dtype=np.float32) * 100)
        assert np.isfinite(result.ab).all()
        assert np.abs(result.ab).max() > 1


def test_weights_are_stored_in_half_precision(exported: Path) -> None:
    model = onnx.load(exported / "frame.onnx")
    sizes = {onnx.TensorProto.FLOAT: 0, onnx.TensorProto.FLOAT16: 0}
    for initializer in model.graph.initializer:
        if initializer.data_type in sizes:
            sizes[initializer.data_type] += int(np.prod(initializer.dims))
    assert sizes[onnx.TensorProto.FLOAT16] > 20 * sizes[onnx.TensorProto.FLOAT]


def test_graphs_tell_nothing_of_the_machine_that_exported_them(exported: Path) -> None:
    for name in ("reference.onnx", "frame.onnx"):
        content = (exported / name).read_bytes()
        assert b"site-packages" not in content
        assert b"lite.py" not in content
        assert str(Path.cwd()).encode() not in content


def test_bundle_can_be_read_by_others(exported: Path) -> None:
    assert stat.S_IMODE(exported.stat().st_mode) == 0o755


def test_output_that_exists_is_kept(checkpoint: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")
    with pytest.raises(OutputExistsError, match="is there already"):
        export_bundle(checkpoint, tmp_path / "mine")
    assert (tmp_path / "mine").read_text() == "mine"


def test_folder_that_is_missing(checkpoint: Path, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="cannot be made"):
        export_bundle(checkpoint, tmp_path / "none" / "bundle")


def test_file_that_is_no_checkpoint(tmp_path: Path) -> None:
    path = tmp_path / "text.pt"
    path.write_text("no checkpoint")
    with pytest.raises(BundleError, match=r"text\.pt is not a checkpoint"):
        export_bundle(path, tmp_path / "bundle")


@pytest.mark.parametrize("value", [float("nan"), 1e6])
def test_weights_that_half_precision_cannot_hold(network: Lite, tmp_path: Path, value: float) -> None:
    packed = pack(network)
    weights = packed["weights"]
    assert isinstance(weights, dict)
    weights = {name: weight.clone() for name, weight in weights.items()}
    weights["colour.head.bias"][0] = value
    torch.save({"network": {**packed, "weights": weights}}, tmp_path / "wild.pt")
    with pytest.raises(BundleError, match=r"colour\.head\.bias is not finite"):
        export_bundle(tmp_path / "wild.pt", tmp_path / "bundle")
    assert not (tmp_path / "bundle").exists()


def test_nothing_is_left_when_the_graphs_colour_unlike_the_network(
    checkpoint: Path, exported: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for part in ("reference", "frame"):
        graph = onnx.load(exported / f"{part}.onnx")
        monkeypatch.setattr(bundle_module, f"{part}_graph", lambda network, graph=graph: graph)
    bad = {"onnxruntime": {"mean": 0.03, "p999": 0.1}}
    monkeypatch.setattr(bundle_module, "parity_report", lambda network, bundle: bad)
    with pytest.raises(BundleError, match="colour unlike the network with onnxruntime"):
        export_bundle(checkpoint, tmp_path / "bundle")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "cannot be read as JSON"),
        ("[]", "must be a JSON object"),
        ('{"lisence": ""}', "has the key 'lisence'"),
        ('{"training": []}', "training must be a JSON object"),
        ('{"limits": [1]}', "limits must be a list of texts"),
    ],
)
def test_broken_card(checkpoint: Path, tmp_path: Path, text: str, words: str) -> None:
    card = tmp_path / "card.json"
    card.write_text(text)
    with pytest.raises(UsageError, match=words):
        export_bundle(checkpoint, tmp_path / "bundle", card=card)


def test_card_that_is_missing(checkpoint: Path, tmp_path: Path) -> None:
    with pytest.raises(MediaNotFoundError, match="no model card"):
        export_bundle(checkpoint, tmp_path / "bundle", card=tmp_path / "none.json")
