"""The warp submodule: what it finds, what it copies, and that its forms agree."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
import torch
from torch import nn

from tinct.training.model.exemplar.instance_norm import InstanceNorm
from tinct.training.model.exemplar.lab_rgb import lab_to_rgb
from tinct.training.model.exemplar.warp import ExemplarBank, WarpConfig, WarpSubmodule

CONFIG = WarpConfig(strides=(4, 8, 16), hidden=(8, 8, 8), features=8, embedding=16, residual_blocks=1, enlarge=1)
CHANNELS = {4: 5, 8: 6, 16: 7}


@pytest.fixture
def warp() -> WarpSubmodule:
    torch.manual_seed(0)
    return WarpSubmodule(CONFIG, CHANNELS).eval()


def pyramid(height: int = 64, width: int = 96, seed: int = 0) -> dict[int, torch.Tensor]:
    random = torch.Generator().manual_seed(seed)
    return {s: torch.randn(1, c, height // s, width // s, generator=random) for s, c in CHANNELS.items()}


def bank_of(warp: WarpSubmodule, seed: int = 0) -> ExemplarBank:
    with torch.no_grad():
        key = warp.embed_still(pyramid(seed=seed)).flatten(2).transpose(1, 2)
    return ExemplarBank(key, torch.randn(*key.shape[:2], 2, generator=torch.Generator().manual_seed(seed + 50)))


def unbiased(bank: ExemplarBank) -> torch.Tensor:
    return torch.zeros(bank.key.shape[:2])


def test_a_still_is_found_in_itself_and_its_colour_is_copied(warp: WarpSubmodule) -> None:
    bank = bank_of(warp)
    with torch.no_grad():
        found = warp.copy(warp.embed_frame(pyramid()), bank, unbiased(bank))
    assert found.similarity.min() > 0.999
    assert (found.fine.flatten(2).transpose(1, 2) - bank.value).abs().median() < 1e-3


def test_the_published_equation(warp: WarpSubmodule) -> None:
    """Seed 000 section 4.2.2.2.2: M = theta phi^T, S = max M, colour = softmax(M / T) ab; in double precision."""
    bank = bank_of(warp)
    with torch.no_grad():
        theta = warp.embed_frame(pyramid(seed=1))
        found = warp.copy(theta, bank, unbiased(bank))
    m = theta.flatten(2)[0].T.double().numpy() @ bank.key[0].T.double().numpy()
    weight = np.exp((m - m.max(1, keepdims=True)) / CONFIG.temperature)
    colour = weight / weight.sum(1, keepdims=True) @ bank.value[0].double().numpy()
    np.testing.assert_allclose(found.similarity[0, 0].flatten(), m.max(1), atol=1e-6)
    np.testing.assert_allclose(found.fine[0].flatten(1).T, colour, atol=2e-4)


def test_chunks_change_memory_and_nothing_else(warp: WarpSubmodule) -> None:
    bank = bank_of(warp)
    theta = warp.embed_frame(pyramid(seed=1)).detach()
    whole = warp.copy(theta, bank, unbiased(bank))  # with gradients: all at once
    warp.config = replace(CONFIG, chunk=100)  # does not divide the 384 cells
    with torch.no_grad():
        parts = warp.copy(theta, bank, unbiased(bank))
    for one, other in zip(whole, parts, strict=True):
        torch.testing.assert_close(one, other, atol=1e-6, rtol=0)


def test_the_bias_is_the_logarithm_of_a_weight(warp: WarpSubmodule) -> None:
    one, two = bank_of(warp), bank_of(warp, seed=3)
    theta = warp.embed_frame(pyramid(seed=1)).detach()
    thrice = ExemplarBank(*(torch.cat([a, b, b, b], 1) for a, b in zip(one, two, strict=True)))
    weighted = ExemplarBank(*(torch.cat([a, b], 1) for a, b in zip(one, two, strict=True)))
    bias = torch.cat([unbiased(one), unbiased(two) + np.log(3.0)], 1)
    expected, found = warp.copy(theta, thrice, unbiased(thrice)), warp.copy(theta, weighted, bias)
    torch.testing.assert_close(found.fine, expected.fine, atol=1e-4, rtol=0)


def test_flat_features_give_the_mean_colour_and_no_similarity(warp: WarpSubmodule) -> None:
    flat = {stride: torch.ones_like(level) for stride, level in pyramid().items()}
    bank = bank_of(warp)
    with torch.no_grad():
        found = warp.copy(warp.embed_frame(flat), bank, unbiased(bank))
    torch.testing.assert_close(
        found.fine, bank.value.mean(1)[:, :, None, None].expand_as(found.fine), atol=1e-3, rtol=0
    )
    assert found.similarity.abs().max() < 1e-2


@pytest.mark.parametrize(
    ("strides", "enlarge"), [((2, 4, 8, 16), 1), ((4, 8, 16, 32), 2), ((4, 8, 16, 32), 1)], ids=["vgg", "swin", "plain"]
)
def test_levels_of_every_trunk_end_at_stride_4(strides: tuple[int, ...], enlarge: int) -> None:
    config = replace(CONFIG, strides=strides, hidden=(8,) * 4, enlarge=enlarge)
    warp = WarpSubmodule(config, dict.fromkeys(strides, 3))
    levels = {stride: torch.randn(1, 3, 64 // stride, 128 // stride) for stride in strides}
    assert warp.embed_frame(levels).shape == (1, 16, 16, 32)


def test_a_stride_that_does_not_fit() -> None:
    with pytest.raises(ValueError, match="stride 64 cannot be brought to stride 4"):
        WarpSubmodule(replace(CONFIG, strides=(4, 8, 64)), {4: 1, 8: 1, 64: 1})


def test_instance_norm_is_that_of_pytorch_and_survives_half_precision() -> None:
    x = torch.randn(2, 3, 8, 12) * 5 + 3
    torch.testing.assert_close(InstanceNorm()(x), nn.functional.instance_norm(x), atol=1e-5, rtol=0)
    large = (torch.randn(1, 2, 8, 8) * 3e3).half()  # squares overflow in half precision
    assert torch.isfinite(InstanceNorm()(large)).all()
    assert InstanceNorm()(torch.full((1, 2, 4, 4), 7.0).half()).abs().max() == 0


def test_lab_to_rgb_is_that_of_opencv() -> None:
    rgb = np.random.default_rng(0).random((16, 24, 3), dtype=np.float32)
    rgb[0, :3] = [[0, 0, 0], [1, 1, 1], [0.01, 0.0, 0.02]]
    lab = torch.from_numpy(cv2.cvtColor(rgb, cv2.COLOR_RGB2Lab)).permute(2, 0, 1)[None]
    np.testing.assert_allclose(lab_to_rgb(lab)[0].permute(1, 2, 0), rgb, atol=4e-3)
