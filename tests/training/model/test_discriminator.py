"""The discriminator: its layers, its bound, and what it refuses."""

from itertools import pairwise

import pytest
import torch

from tinct.training.model.discriminator import Discriminator, DiscriminatorConfig

SMALL = DiscriminatorConfig(channels=(8, 8, 16, 16))


def frames(height: int = 64, width: int = 96, seed: int = 0) -> torch.Tensor:
    return torch.randn(2, 3, height, width, generator=torch.Generator().manual_seed(seed))


@pytest.fixture
def judge() -> Discriminator:
    torch.manual_seed(0)
    return Discriminator(SMALL)


@pytest.mark.parametrize("size", [(64, 96), (96, 32)])
def test_one_score_a_pair(judge: Discriminator, size: tuple[int, int]) -> None:
    found = judge(frames(*size), frames(*size, seed=1))
    assert found.score.shape == (2, 1)
    assert found.features.shape == (2, 16, size[0] // 16, size[1] // 16)
    assert not torch.equal(found.score, judge(frames(*size, seed=1), frames(*size)).score)


def test_published_size() -> None:
    """As SwinTExCo publishes it: 11.5 million weights."""
    judge = Discriminator()
    widths = [6, 64, 64, 128, 256, 512, 1024]
    convolutions = sum(16 * a * b + b for a, b in pairwise(widths))
    assert sum(w.numel() for w in judge.parameters()) == convolutions + 3 * (64 * 64 + 64) + 1 + 9 * 1024 + 1
    assert judge.smallest_side == 128


def test_spectral_norm_bounds_every_layer(judge: Discriminator) -> None:
    with torch.no_grad():
        for weight in judge.parameters():
            weight.mul_(7)
    judge.train()
    for _ in range(30):  # one power iteration a step
        judge(frames(), frames(seed=1))
    judge.eval()
    layers = [m for m in judge.modules() if isinstance(m, torch.nn.Conv2d)]
    assert len(layers) == 8
    for layer in layers:
        largest = torch.linalg.matrix_norm(layer.weight.detach().flatten(1), 2)
        assert largest.item() == pytest.approx(1.0, abs=0.03)


def test_attention_starts_silent_and_learns(judge: Discriminator) -> None:
    attention = next(m for m in judge.modules() if hasattr(m, "gamma"))
    x = torch.randn(1, 8, 6, 4)
    assert attention.gamma.item() == 0
    assert torch.equal(attention(x), x)
    judge(frames(), frames(seed=1)).score.sum().backward()
    assert attention.gamma.grad.abs() > 0


def test_attention_is_the_published_one(judge: Discriminator) -> None:
    """SAGAN section 3: softmax over places of query times key, unscaled."""
    attention = next(m for m in judge.modules() if hasattr(m, "gamma")).eval()
    with torch.no_grad():
        attention.gamma.fill_(0.5)
        x = torch.randn(1, 8, 3, 4)
        q, k, v = (layer(x).flatten(2)[0] for layer in (attention.query, attention.key, attention.value))
        expected = x + 0.5 * (v @ torch.softmax(q.T @ k, -1).T).reshape(x.shape)
        torch.testing.assert_close(attention(x), expected)


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_flat_frames_are_finite_in_half_precision(judge: Discriminator, value: float) -> None:
    flat = torch.full((2, 3, 64, 64), value)
    for kind in (torch.bfloat16, torch.float16):
        with torch.autocast("cpu", dtype=kind):
            score = judge(flat, flat).score
        score.float().sum().backward()
        assert torch.isfinite(score).all()
    assert all(torch.isfinite(w.grad).all() for w in judge.parameters() if w.grad is not None)


def test_frames_that_are_too_small() -> None:
    with pytest.raises(ValueError, match="6 halvings needs frames of at least 128 pixels a side, not 64 x 96"):
        Discriminator()(frames(), frames())
