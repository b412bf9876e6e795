from pathlib import Path

import pytest
import torch

from tinct.cli import main
from tinct.export import bundle as bundle_module
from tinct.export.parity import parity_report
from tinct.training.model.colour_net import ColourNetConfig
from tinct.training.model.correspondence import CorrespondenceConfig
from tinct.training.model.lite import Lite, LiteConfig
from tinct.training.model.weights import pack

CARD = """{
  "summary": "A network with random weights.",
  "licence": "Apache-2.0",
  "limits": ["It colours nothing sensibly."],
  "training": {"clips": 3, "splits": ["a", "b"]},
  "quality": {"psnr": 21.5}
}"""


@pytest.fixture(scope="session")
def network() -> Lite:
    """A small network whose every layer does something, the ones that start at zero too."""
    torch.manual_seed(7)
    config = LiteConfig(
        correspondence=CorrespondenceConfig(coarse=8, fine=8, hidden=8),
        colour=ColourNetConfig(channels=(8, 8, 8, 8)),
        candidates=4,
        l_mean=45.0,
    )
    network = Lite(config).eval()
    for weight in network.trunk.parameters():
        if weight.ndim == 4:  # the default start fades over so many layers, and then all tokens match equally well
            torch.nn.init.kaiming_normal_(weight)
    with torch.no_grad():
        for weight in network.colour.parameters():
            if not weight.any():
                weight.normal_(std=0.05)
    return network


@pytest.fixture(scope="session")
def checkpoint(network: Lite, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("checkpoint") / "last.pt"
    torch.save({"network": pack(network)}, path)
    return path


@pytest.fixture(scope="session")
def exported(checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One exported bundle for all tests: an export takes seconds."""
    folder = tmp_path_factory.mktemp("bundles")
    card = folder / "card.json"
    card.write_text(CARD, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            bundle_module,
            "parity_report",
            lambda network, bundle: parity_report(network, bundle, sizes=[(64, 96)], still_counts=[2], threads=1),
        )
        options = ["--output", folder / "small", "--name", "small", "--version", "1.2.3", "--card", card]
        assert main([str(word) for word in ("export", checkpoint, *options)]) == 0
    return folder / "small"
