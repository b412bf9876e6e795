"""The seeds' networks as bundles, in small: the graphs colour as PyTorch does, at sizes they were not traced at."""

from pathlib import Path

import pytest
import torch

from tinct.export import bundle as bundle_module
from tinct.export.bundle import export_bundle
from tinct.export.parity import parity_report
from tinct.runtime.bundle import load_bundle
from tinct.training.model.exemplar.presets import tiny
from tinct.training.model.registry import PRESETS, create_network
from tinct.training.model.weights import pack


@pytest.mark.parametrize(
    "variant", ["devc", pytest.param("vit", marks=pytest.mark.slow), pytest.param("swin", marks=pytest.mark.slow)]
)
def test_graphs_colour_as_the_network(variant: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(0)
    network = create_network(variant, tiny(PRESETS[variant]()), weights="random")
    torch.save({"network": pack(network)}, tmp_path / "last.pt")
    small = {"sizes": [(64, 96), (96, 32)], "still_counts": [1, 2], "threads": 1}
    monkeypatch.setattr(bundle_module, "parity_report", lambda *pair: parity_report(*pair, **small))
    manifest = load_bundle(export_bundle(tmp_path / "last.pt", tmp_path / "bundle", name=variant)).manifest
    assert manifest.variant == variant
    assert manifest.bank == ("key", "value")
    assert manifest.frame_graph.inputs[-3:] == ("key", "value", "bank_bias")
    assert manifest.working_size == 224
    for found in manifest.quality["parity"].values():
        assert len(found["cases"]) == 4
        assert found["mean"] < 0.02
