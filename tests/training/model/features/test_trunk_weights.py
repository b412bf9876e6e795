"""Where weights come from: a file, a package, a hub; and never from chance unless that was asked for."""

from pathlib import Path

import numpy as np
import pytest
import torch

from tinct.training.evaluation.metrics.lpips import Lpips
from tinct.training.model.features import FeatureWeightsError, create_extractor
from tinct.training.model.features.torchvision_shim import import_timm, import_torchvision

SWIN = {"embed_dim": 16, "depths": (1, 1, 1, 1), "num_heads": (1, 1, 2, 2)}
VIT = {"embed_dim": 32, "num_heads": 2}


@pytest.mark.parametrize(
    ("name", "architecture", "options"),
    [("swin", "swinv2_cr_tiny_ns_224", SWIN), ("vit", "vit_tiny_patch16_384", VIT)],
)
def test_from_a_file_as_timm_publishes_it(tmp_path: Path, name: str, architecture: str, options: dict) -> None:
    from safetensors.torch import save_file

    model = import_timm().create_model(architecture, **options)
    save_file(model.state_dict(), tmp_path / "trunk.safetensors")
    trunk = create_extractor(name, weights=tmp_path / "trunk.safetensors", **options).trunk
    stored = model.state_dict()
    assert all(torch.equal(value, stored[key]) for key, value in trunk.state_dict().items())


def test_vgg_from_a_file_as_torchvision_publishes_it(tmp_path: Path) -> None:
    widths = (4, 4, 4, 4, 4)
    trunk = create_extractor("vgg19", weights="random", widths=widths).trunk
    state = {f"features.{name}": value for name, value in trunk.state_dict().items()}
    torch.save({**state, "classifier.0.bias": torch.zeros(3)}, tmp_path / "vgg19.pth")
    again = create_extractor("vgg19", weights=tmp_path / "vgg19.pth", widths=widths).trunk
    assert all(torch.equal(value, trunk.state_dict()[name]) for name, value in again.state_dict().items())


@pytest.mark.parametrize(("name", "options"), [("swin", SWIN), ("vgg19", {}), ("lite", {})])
def test_a_file_of_another_network_is_refused(tmp_path: Path, name: str, options: dict) -> None:
    torch.save({"features.0.weight": torch.zeros(2)}, tmp_path / "odd.pth")
    with pytest.raises(FeatureWeightsError, match=r"odd\.pth does not hold the weights of .*name a \.safetensors"):
        create_extractor(name, weights=tmp_path / "odd.pth", **options)


@pytest.mark.parametrize("name", ["swin", "vgg19", "lite"])
def test_a_file_that_is_missing(tmp_path: Path, name: str) -> None:
    with pytest.raises(FeatureWeightsError, match=r"no file .*none\.pth"):
        create_extractor(name, weights=tmp_path / "none.pth")


@pytest.mark.parametrize(("name", "options"), [("swin", SWIN), ("vit", VIT)])
def test_without_a_hub_the_error_says_both_ways(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, options: dict
) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(FeatureWeightsError, match=r"cannot be fetched .*connect to the hub .*or name a \.safetensors"):
        create_extractor(name, **options)


def test_vgg16_is_the_trunk_of_lpips() -> None:
    rgb = np.random.default_rng(0).random((48, 32, 3), dtype=np.float32)
    expected = Lpips("vgg").features(rgb)
    with torch.no_grad():
        pyramid = create_extractor("vgg16")(torch.from_numpy(rgb).permute(2, 0, 1)[None])
    for level, found in zip(expected, pyramid.values(), strict=True):
        torch.testing.assert_close(found[0] / found[0].norm(dim=0, keepdim=True), level, atol=1e-4, rtol=0)


def test_lite_takes_its_package() -> None:
    one, other = create_extractor("lite"), create_extractor("lite", weights="random")
    assert not torch.equal(one.trunk.stem.conv.weight, other.trunk.stem.conv.weight)


def test_torchvision_can_be_imported_again() -> None:
    assert import_torchvision() is import_torchvision()
