"""Seed 000, eq. 4.3, against its sum written out."""

import pytest
import torch

from tinct.training.losses.perceptual import perceptual_loss


def test_the_mean_squared_difference():
    generator = torch.Generator().manual_seed(0)
    features, truth = (torch.randn((2, 6, 3, 5), generator=generator, dtype=torch.float64) for _ in range(2))
    pairs = zip(features.flatten().tolist(), truth.flatten().tolist(), strict=True)
    slow = sum((x - y) ** 2 for x, y in pairs) / features.numel()
    assert float(perceptual_loss(features, truth)) == pytest.approx(slow, rel=1e-12)


def test_the_true_frame_is_no_parameter():
    features, truth = (torch.randn(1, 4, 3, 3, requires_grad=True) for _ in range(2))
    perceptual_loss(features, truth).backward()
    assert features.grad is not None
    assert truth.grad is None


def test_shapes_are_not_broadcast():
    with pytest.raises(ValueError, match="one shape"):
        perceptual_loss(torch.zeros(1, 4, 3, 3), torch.zeros(1, 4, 1, 1))
