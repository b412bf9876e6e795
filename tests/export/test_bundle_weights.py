"""A bundle's network can be trained further."""

from pathlib import Path

import onnx
import pytest
import torch

from tinct.cli import main
from tinct.export import bundle_weights
from tinct.export.bundle_weights import bundle_checkpoint
from tinct.export.half import round_weights
from tinct.runtime.bundle import find_bundle, load_bundle
from tinct.runtime.errors import BundleError
from tinct.training import loop
from tinct.training.model.lite import Lite
from tinct.training.model.weights import load_weights

TINY = Path(__file__).parents[1] / "goldens" / "tiny_bundle"


def test_the_network_comes_back_as_it_was_exported(exported: Path, checkpoint: Path, tmp_path: Path) -> None:
    wanted = load_weights(checkpoint)
    round_weights(wanted)
    found = load_weights(bundle_checkpoint(load_bundle(exported), tmp_path / "start.pt"))
    assert isinstance(found, Lite)
    assert found.config == wanted.config
    state = found.state_dict()
    assert all(torch.equal(value, state[name]) for name, value in wanted.state_dict().items())


def test_training_starts_from_a_bundle(
    exported: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    started = []
    monkeypatch.setattr(loop, "train", lambda recipe, **options: started.append(load_weights(options["weights"])))
    assert main(["train", "tiny", "--data", str(tmp_path), "--weights", str(exported)]) == 0
    assert started[0].config.l_mean == 45.0
    assert main(["train", "tiny", "--data", str(tmp_path), "--weights", str(tmp_path / "none.pt")]) == 2
    assert "no model named" in capsys.readouterr().err


def test_a_bundle_that_hides_its_network_is_refused(exported: Path, tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="the checkpoint it was exported from"):
        bundle_checkpoint(load_bundle(TINY), tmp_path / "start.pt")
    with pytest.raises(BundleError, match="has no network to start from"):
        bundle_checkpoint(find_bundle("fake"), tmp_path / "start.pt")
    assert not (tmp_path / "start.pt").exists()


def test_a_graph_that_folds_too_much_tells_nothing(network: Lite) -> None:
    empty = onnx.ModelProto()
    assert not bundle_weights.tell_network(empty, network).metadata_props
