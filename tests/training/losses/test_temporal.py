"""Seed 000, eq. 4.6, squared, against its sum written out."""

import pytest
import torch

from tinct.training.losses.temporal import temporal_loss


def case(seed=0):
    generator = torch.Generator().manual_seed(seed)
    ab, moved = (torch.randn((2, 2, 5, 7), generator=generator, dtype=torch.float64) for _ in range(2))
    mask = (torch.rand((2, 1, 5, 7), generator=generator, dtype=torch.float64) > 0.4).double()
    return ab, moved, mask


def test_masked_squares_over_all_pixels():
    ab, moved, mask = case()
    slow = 0.0
    for n in range(2):
        for c in range(2):
            for y in range(5):
                for x in range(7):
                    m = float(mask[n, 0, y, x])
                    slow += (m * float(moved[n, c, y, x]) - m * float(ab[n, c, y, x])) ** 2
    assert float(temporal_loss(ab, moved, mask)) == pytest.approx(slow / ab.numel(), rel=1e-12)


def test_an_empty_mask_gives_zero_and_a_gradient_of_zero():
    ab, moved, mask = case()
    loss = temporal_loss(ab.requires_grad_(), moved, torch.zeros_like(mask))
    loss.backward()
    assert float(loss.detach()) == 0
    assert not ab.grad.any()


def test_both_frames_are_drawn_together():
    ab, moved, mask = case()
    there, back = torch.autograd.grad(temporal_loss(ab.requires_grad_(), moved.requires_grad_(), mask), (ab, moved))
    torch.testing.assert_close(there, -back)
    assert not there[mask.expand_as(there) == 0].any()


def test_shapes_are_not_broadcast():
    ab, moved, mask = case()
    with pytest.raises(ValueError, match="one shape"):
        temporal_loss(ab, moved[:1], mask)
    with pytest.raises(ValueError, match="mask"):
        temporal_loss(ab, moved, mask[:, 0])
