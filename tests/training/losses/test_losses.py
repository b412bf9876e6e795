"""Each loss against its formula written out, and at its edges."""

import math

import pytest
import torch

from tinct.training.losses.colour import colour_distance, log_square_error
from tinct.training.losses.confidence import confidence_distance
from tinct.training.losses.edges import edge_distance
from tinct.training.losses.temporal import temporal_distance


def pair(seed=0, shape=(2, 2, 5, 6), dtype=torch.float64):
    generator = torch.Generator().manual_seed(seed)
    return tuple(torch.randn(shape, generator=generator, dtype=dtype) for _ in range(2))


def slow_charbonnier(a, b):
    values = [
        math.sqrt((x - y) ** 2 + 2.5e-5) - 5e-3 for x, y in zip(a.flatten().tolist(), b.flatten().tolist(), strict=True)
    ]
    return sum(values) / len(values)


def test_colour_distance_is_charbonnier():
    a, b = pair()
    assert float(colour_distance(a, b)) == pytest.approx(slow_charbonnier(a, b))
    assert float(colour_distance(a, a)) == pytest.approx(0, abs=1e-9)


def test_log_square_error_is_that_of_each_picture_averaged():
    a, b = pair()
    squares = [float(((a[i] - b[i]) ** 2).mean()) for i in range(len(a))]
    slow = sum(math.log(square + 2e-5) for square in squares) / len(squares)
    assert float(log_square_error(a, b)) == pytest.approx(slow)
    assert float(log_square_error(a, a)) == pytest.approx(math.log(2e-5))


def test_edge_distance_sees_differences_only():
    a, b = pair()
    slow = slow_charbonnier(a[..., 1:] - a[..., :-1], b[..., 1:] - b[..., :-1])
    slow += slow_charbonnier(a[..., 1:, :] - a[..., :-1, :], b[..., 1:, :] - b[..., :-1, :])
    assert float(edge_distance(a, b)) == pytest.approx(slow)
    assert float(edge_distance(a + 3, a)) == pytest.approx(0, abs=1e-9)


def test_temporal_distance_counts_where_motion_is_trusted():
    a, b = pair()
    trust = torch.rand((2, 1, 5, 6), generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    slow = 0.0
    for n in range(2):
        for c in range(2):
            for y in range(5):
                for x in range(6):
                    slow += float(trust[n, 0, y, x]) * abs(float(a[n, c, y, x] - b[n, c, y, x]))
    assert float(temporal_distance(a, b, trust)) == pytest.approx(slow / a.numel())
    assert float(temporal_distance(a, b, torch.zeros_like(trust))) == 0


def test_confidence_is_judged_by_the_closeness_reached():
    a, b = pair(shape=(1, 2, 3, 3))
    error = torch.sqrt(((a - b) ** 2).sum(1, keepdim=True)) * 110
    assert float(confidence_distance(torch.exp(-error / 15), a, b, ab_scale=110)) == pytest.approx(0)
    a.requires_grad_()
    confidence = torch.full((1, 1, 3, 3), 0.5, dtype=torch.float64, requires_grad=True)
    confidence_distance(confidence, a, b, ab_scale=110).backward()
    assert a.grad is None
    assert confidence.grad is not None


@pytest.mark.parametrize("loss", [colour_distance, edge_distance])
def test_gradients(loss):
    a, b = pair(shape=(1, 2, 4, 4))
    assert torch.autograd.gradcheck(lambda x: loss(x, b), a.requires_grad_())


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_and_constant_images_stay_finite(dtype):
    constant = torch.ones((1, 2, 4, 4), dtype=dtype, requires_grad=True)
    total = colour_distance(constant, constant.detach()) + edge_distance(constant, constant.detach())
    total.backward()
    assert torch.isfinite(total)
    assert torch.isfinite(constant.grad).all()
