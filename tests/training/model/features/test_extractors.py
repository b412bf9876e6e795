"""What every feature extractor promises, over all of them with random weights, the transformers in small."""

import pytest
import torch

from tinct.training.model.features import EXTRACTORS, FeatureExtractor, create_extractor

SMALL = {
    "swin": {"embed_dim": 16, "depths": (1, 2, 1, 1), "num_heads": (1, 1, 2, 2)},
    "swin_window8": {"embed_dim": 16, "depths": (1, 2, 1, 1), "num_heads": (1, 1, 2, 2)},
    "vit": {"embed_dim": 32, "num_heads": 2},
    "vgg16": {"widths": (8, 8, 8, 8, 8)},
    "vgg19": {"widths": (8, 8, 8, 8, 8)},
}


@pytest.fixture(scope="module", params=sorted(EXTRACTORS))
def extractor(request: pytest.FixtureRequest) -> FeatureExtractor:
    torch.manual_seed(0)
    return create_extractor(request.param, weights="random", **SMALL.get(request.param, {}))


def picture(height: int, width: int) -> torch.Tensor:
    return torch.rand(2, 3, height, width, generator=torch.Generator().manual_seed(height))


@pytest.mark.parametrize("size", [(64, 96), (96, 32), (32, 32)])
def test_levels_are_where_they_say(extractor: FeatureExtractor, size: tuple[int, int]) -> None:
    with torch.no_grad():
        pyramid = extractor(picture(*size))
    expected = {s: (2, c, size[0] // s, size[1] // s) for s, c in extractor.channels.items()}
    assert {stride: tuple(level.shape) for stride, level in pyramid.items()} == expected
    assert extractor.NAME


def test_a_size_does_not_depend_on_the_one_before(extractor: FeatureExtractor) -> None:
    extractor.eval()
    with torch.no_grad():
        first = extractor(picture(64, 96))
        extractor(picture(96, 64))
        again = extractor(picture(64, 96))
    assert all(torch.equal(first[stride], again[stride]) for stride in first)


def test_the_trunk_rests_while_the_network_trains(extractor: FeatureExtractor) -> None:
    extractor.train()
    assert not extractor.trunk.training
    assert not any(weight.requires_grad for weight in extractor.trunk.parameters())
    rgb = picture(64, 64).requires_grad_()
    sum(level.square().mean() for level in extractor(rgb).values()).backward()
    assert all(weight.grad is None for weight in extractor.trunk.parameters())
    assert rgb.grad is not None
    assert rgb.grad.abs().sum() > 0


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_flat_pictures_are_finite_in_bfloat16(extractor: FeatureExtractor, value: float) -> None:
    with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
        pyramid = extractor(torch.full((1, 3, 64, 32), value))
    assert all(torch.isfinite(level).all() for level in pyramid.values())


def test_heads_of_vit_are_trained_and_its_trunk_is_not() -> None:
    extractor = create_extractor("vit", weights="random", **SMALL["vit"])
    extractor(picture(32, 32))[8].mean().backward()
    assert any(weight.grad is not None for weight in extractor.heads.parameters())


def test_window_masks_are_those_of_timm() -> None:
    """Ours replace them because they trace faster; the numbers must be the same."""
    extractor = create_extractor("swin", weights="random", **SMALL["swin"])
    blocks = [m for m in extractor.trunk.modules() if hasattr(m, "get_attn_mask") and any(m.shift_size)]
    assert blocks
    for rows, columns in ((7, 14), (21, 7), (28, 28)):
        x = torch.zeros(1, rows, columns, 4)
        expected = type(blocks[0]).get_attn_mask(blocks[0], x)
        assert torch.equal(blocks[0].get_attn_mask(x), expected)


def test_unknown_name() -> None:
    with pytest.raises(ValueError, match="no feature extractor 'resnet'; choose one of"):
        create_extractor("resnet")
