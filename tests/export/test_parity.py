from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from tinct.export.half import round_weights
from tinct.export.parity import parity_report, require_parity
from tinct.export.photographs import colour_with, frame_of_photograph, photograph
from tinct.runtime.bundle import find_bundle, load_bundle
from tinct.runtime.errors import BundleError
from tinct.training.model.weights import load_weights


def test_another_network_is_found_out(exported: Path, checkpoint: Path) -> None:
    other = load_weights(checkpoint)
    round_weights(other)
    with torch.no_grad():
        other.colour.head.bias[20:24] += 0.01  # the correction of a, 0.55 Lab units
    report = parity_report(other, load_bundle(exported), sizes=[(64, 64)], still_counts=[1], threads=1)
    assert report["onnxruntime"]["mean"] > 0.1
    with pytest.raises(BundleError, match="colour unlike the network"):
        require_parity(report)


def test_parity_is_that_of_float32_whatever_the_card_allows(exported: Path, checkpoint: Path, monkeypatch) -> None:
    openvino_backend = pytest.importorskip("tinct.runtime.backends.openvino_backend")
    taken = []
    prepare = openvino_backend.OpenVinoBackend._prepare
    monkeypatch.setattr(openvino_backend, "_has_bf16", lambda: True)
    monkeypatch.setattr(
        openvino_backend.OpenVinoBackend, "_prepare", lambda one: (prepare(one), taken.append(one.precision))
    )
    network = load_weights(checkpoint)
    round_weights(network)
    bundle = load_bundle(exported)
    bundle = replace(bundle, manifest=replace(bundle.manifest, quality={"bf16_loss_db": 0.0}))
    require_parity(parity_report(network, bundle, sizes=[(64, 64)], still_counts=[1], threads=1))
    assert taken == ["f32"]


def test_hints_colour_in_bfloat16_as_in_float32() -> None:
    openvino_backend = pytest.importorskip("tinct.runtime.backends.openvino_backend")
    if not openvino_backend._has_bf16():
        pytest.skip("this processor does not compute in bfloat16")
    bundle, results = find_bundle("lite"), {}
    scale = bundle.manifest.colour
    frame = frame_of_photograph(224, 384, scale)
    for precision in ("f32", "bf16"):
        backend = openvino_backend.OpenVinoBackend(bundle, precision=precision)
        results[precision] = colour_with(backend, [photograph(0, 224, 384, scale)], frame)["ab"] * scale.ab_scale
    assert np.abs(results["bf16"] - results["f32"]).mean() < 0.3


@pytest.mark.parametrize(
    ("mean", "p999", "refused"),
    [
        (0.02, 0.5, False),
        (0.021, 0.1, True),
        (0.001, 0.51, True),
        (float("nan"), 0.1, True),
        (0.001, float("nan"), True),
    ],
)
def test_limits_of_the_difference(mean: float, p999: float, refused: bool) -> None:
    report = {"openvino": {"mean": mean, "p999": p999}}
    if refused:
        with pytest.raises(BundleError, match="with openvino"):
            require_parity(report)
    else:
        require_parity(report)
