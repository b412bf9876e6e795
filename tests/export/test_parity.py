from pathlib import Path

import pytest
import torch

from tinct.export.half import round_weights
from tinct.export.parity import parity_report, require_parity
from tinct.runtime.bundle import load_bundle
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
