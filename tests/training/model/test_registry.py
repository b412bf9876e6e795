"""Networks by name, and what each costs."""

import pytest
import torch

from tinct.training.model.cost import count_cost
from tinct.training.model.exemplar.presets import devc, swintexco, tiny, vitexco
from tinct.training.model.features import FeatureWeightsError
from tinct.training.model.lite import LiteConfig
from tinct.training.model.network import FrameInputs
from tinct.training.model.registry import PRESETS, create_network

OURS = 4 * 32 * 9 + 3
"""Weights that the seeds do not have: four input planes of the colorization submodule, and the confidence."""


@pytest.mark.parametrize("variant", PRESETS)
def test_every_network_has_the_staged_interface(variant: str) -> None:
    config = PRESETS[variant]()
    network = create_network(variant, config if variant == "lite" else tiny(config), weights="random")
    assert variant == network.VARIANT
    assert sum(weight.numel() for weight in network.trunk.parameters()) > 0
    still = torch.rand(1, 3, 32, 32)
    bank = network.encode_reference(still)
    assert bank._fields == tuple(network.BANK)
    bias = torch.zeros(1, bank[0].shape[1])
    colours, copied = network.colour_and_match(
        FrameInputs(still[:, :1], still[:, 1:], still[:, :1], still[:, :1], still[:, 1:], still[:, :1], still),
        bank,
        bias,
    )
    assert colours.ab.shape == (1, 2, 32, 32)
    assert (copied.fine.shape[-1], copied.coarse.shape[-1]) == (8, 4)


def test_lite_starts_from_its_package() -> None:
    one, other = create_network("lite"), create_network("lite", weights="random")
    assert not torch.equal(one.trunk.stem.conv.weight, other.trunk.stem.conv.weight)


def test_what_is_refused(tmp_path) -> None:
    with pytest.raises(ValueError, match="no network 'large'; choose one of lite, swin, vit, devc"):
        create_network("large")
    with pytest.raises(ValueError, match="does not describe a network 'vit'"):
        create_network("vit", swintexco(), weights="random")
    with pytest.raises(ValueError, match="does not describe a network 'swin'"):
        create_network("swin", LiteConfig())
    with pytest.raises(FeatureWeightsError, match="lite takes its trunk from its own package"):
        create_network("lite", weights=tmp_path / "trunk.pth")


@pytest.mark.parametrize(
    ("variant", "config", "parameters", "published", "frame", "still"),
    [
        ("swin", swintexco, 78_661_533, 78.66, 429_171_617_280, 185_359_953_408),
        ("vit", vitexco, 45_592_617, None, 303_326_782_464, 59_515_118_592),
        # the published figure counts two convolutions of VGG19 that nothing reads
        ("devc", devc, 55_025_424, 59.74 - 2 * (512 * 512 * 9 + 512) / 1e6, 362_136_649_728, 118_324_985_856),
    ],
)
def test_parameters_and_operations_are_those_of_the_documents(
    variant, config, parameters, published, frame, still
) -> None:
    """docs/networks.md; Table 5.2 of seed 000."""
    cost = count_cost(create_network(variant, config(), weights="random").eval())
    assert cost.parameters == parameters
    if published is not None:
        assert (cost.parameters - OURS) / 1e6 == pytest.approx(published, abs=0.005)
    assert (cost.frame, cost.still) == (frame, still)
    assert sum(cost.parts.values()) == cost.frame
    assert cost.parts["correlation"] == 2 * (56 * 96) ** 2 * (256 + 2)
