"""Seed 000, eq. 4.1, against its sum written out."""

import pytest
import torch

from tinct.training.losses.l1 import l1_loss


def test_the_mean_absolute_difference():
    generator = torch.Generator().manual_seed(0)
    ab, truth = (torch.randn((3, 2, 5, 7), generator=generator, dtype=torch.float64) for _ in range(2))
    slow = sum(abs(x - y) for x, y in zip(ab.flatten().tolist(), truth.flatten().tolist(), strict=True)) / ab.numel()
    assert float(l1_loss(ab, truth)) == pytest.approx(slow, rel=1e-12)
    assert float(l1_loss(ab + 4, ab)) == pytest.approx(4)


def test_shapes_are_not_broadcast():
    with pytest.raises(ValueError, match=r"ab \(1, 2, 4, 4\), truth \(2, 2, 4, 4\)"):
        l1_loss(torch.zeros(1, 2, 4, 4), torch.zeros(2, 2, 4, 4))
