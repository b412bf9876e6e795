"""Loss terms of motion against slow references, and at their edges."""

import math

import pytest
import torch

from tinct.training.losses.motion import carried_distance, flow_distance, flow_roughness


def test_flow_distance_is_its_equation():
    flow, known, weight = torch.randn(2, 2, 3, 4), torch.randn(2, 2, 3, 4), torch.rand(2, 1, 3, 4)
    total = 0.0
    for b in range(2):
        for y in range(3):
            for x in range(4):
                length = math.hypot(*(flow - known)[b, :, y, x].tolist())
                total += float(weight[b, 0, y, x]) * ((length**2 + 0.01) ** 0.4 - 0.1**0.8)
    assert float(flow_distance(flow, known, weight)) == pytest.approx(total / 24, rel=1e-5)
    assert float(flow_distance(known, known, weight)) == pytest.approx(0, abs=1e-6)
    assert float(flow_distance(flow, known, 0 * weight)) == 0


def test_gradients():
    known, weight = torch.zeros(1, 2, 3, 3, dtype=torch.float64), torch.rand(1, 1, 3, 3, dtype=torch.float64)
    flow = torch.randn(1, 2, 3, 3, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda one: flow_distance(one, known, weight), flow)
    assert torch.autograd.gradcheck(lambda one: carried_distance(one, known, weight), flow)
    assert torch.autograd.gradcheck(lambda one: flow_roughness(one, weight), flow)
    zero = torch.zeros(1, 2, 3, 3, requires_grad=True)
    flow_distance(zero, zero.detach(), torch.ones(1, 1, 3, 3)).backward()
    assert torch.isfinite(zero.grad).all()


def test_carried_distance_is_near_the_absolute_difference():
    carried, truth = torch.rand(1, 2, 4, 4), torch.rand(1, 2, 4, 4)
    wanted = (carried - truth).abs().mean()
    assert float(carried_distance(carried, truth, torch.ones(1, 1, 4, 4))) == pytest.approx(float(wanted), abs=5e-3)


def test_flow_may_change_where_the_picture_does():
    flow = torch.zeros(1, 2, 4, 8)
    flow[..., 4:] = 5.0
    flat, stepped = torch.zeros(1, 1, 4, 8), torch.zeros(1, 1, 4, 8)
    stepped[..., 4:] = 1.0
    assert float(flow_roughness(flow, flat)) > 1e3 * float(flow_roughness(flow, stepped))


def test_half_precision_and_wrong_shapes():
    flow = torch.full((1, 2, 4, 4), 300.0, dtype=torch.float16)
    assert torch.isfinite(flow_distance(flow, 0 * flow, torch.ones(1, 1, 4, 4)))
    with pytest.raises(ValueError, match="one shape"):
        flow_distance(flow, flow[..., :2], torch.ones(1, 1, 4, 4))
