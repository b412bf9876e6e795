"""Seed 000, eq. 4.4 and 4.5, against their sums written out."""

import math

import pytest
import torch

from tinct.training.losses.contextual import contextual_loss


def levels(shapes=((2, 6, 3, 5), (2, 8, 2, 3)), seed=0, dtype=torch.float64):
    generator = torch.Generator().manual_seed(seed)
    return [torch.randn(shape, generator=generator, dtype=dtype) for shape in shapes]


def slow_level(features, reference):
    """One picture: (C, h, w) of the frame and (C, h', w') of the reference."""
    channels = range(len(features))
    xs = [[float(v) for v in column] for column in features.flatten(1).T]
    ys = [[float(v) for v in column] for column in reference.flatten(1).T]
    mean = [sum(y[c] for y in ys) / len(ys) for c in channels]

    def direction(vector):
        centred = [vector[c] - mean[c] for c in channels]
        length = math.sqrt(sum(v * v for v in centred))
        return [v / length for v in centred]

    xs, ys = [direction(x) for x in xs], [direction(y) for y in ys]
    best = []
    for x in xs:
        distances = [1 - sum(a * b for a, b in zip(x, y, strict=True)) for y in ys]
        relative = [d / (min(distances) + 1e-5) for d in distances]
        powers = [math.exp((1 - d) / 0.1) for d in relative]
        best.append(max(powers) / sum(powers))
    return -math.log(sum(best) / len(best))


def slow(features, reference, weights):
    total = 0.0
    for weight, level, target in zip(weights, features, reference, strict=True):
        values = [slow_level(level[n], target[n]) for n in range(len(level))]
        total += weight * sum(values) / len(values)
    return total


def test_the_levels_are_equations_4_4_and_4_5():
    features, reference = levels(seed=0), levels(seed=1)
    assert float(contextual_loss(features, reference)) == pytest.approx(slow(features, reference, [1, 1]), rel=1e-6)
    weighted = contextual_loss(features, reference, weights=[1.0, 8.0])
    assert float(weighted) == pytest.approx(slow(features, reference, [1, 8]), rel=1e-6)


def test_a_reference_of_another_size():
    features, reference = levels(seed=2), levels(((2, 6, 4, 4), (2, 8, 1, 7)), seed=3)
    assert float(contextual_loss(features, reference)) == pytest.approx(slow(features, reference, [1, 1]), rel=1e-6)


@pytest.mark.parametrize("pairs", [1, 60, 449])
def test_pieces_give_the_value_and_the_gradient_of_the_whole(pairs):
    features, reference = levels(seed=4), levels(seed=5)
    wholes, parts = ([one.clone().requires_grad_() for one in features] for _ in range(2))
    whole = contextual_loss(wholes, reference)
    part = contextual_loss(parts, reference, pairs_at_once=pairs)
    torch.testing.assert_close(part, whole, rtol=1e-12, atol=0)
    for one, other in zip(torch.autograd.grad(whole, wholes), torch.autograd.grad(part, parts), strict=True):
        torch.testing.assert_close(one, other)


def test_where_things_lie_does_not_matter():
    features, reference = levels(seed=6), levels(seed=7)
    turned = [one.flip(2, 3) for one in reference]
    assert float(contextual_loss(features, turned)) == pytest.approx(float(contextual_loss(features, reference)))


def test_it_lies_between_found_exactly_and_nothing_stands_out():
    features = levels(seed=8)
    assert float(contextual_loss(features, features)) == pytest.approx(0, abs=1e-6)
    flat = [torch.ones_like(one) for one in features]
    assert float(contextual_loss(features, flat)) == pytest.approx(math.log(15) + math.log(6))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
def test_a_constant_picture_has_a_gradient_that_can_be_used(dtype):
    features = [torch.full((1, 8, 5, 7), 0.25, dtype=dtype, requires_grad=True)]
    loss = contextual_loss(features, levels(((1, 8, 5, 7),), dtype=dtype))
    loss.backward()
    assert torch.isfinite(loss)
    assert torch.isfinite(features[0].grad).all()


def test_of_fifteen_million_pairs_none_is_kept():
    features = [torch.randn(1, 4, 48, 80, requires_grad=True)]
    reference = [torch.randn(1, 4, 48, 80)]
    kept = []
    with torch.autograd.graph.saved_tensors_hooks(lambda t: (kept.append(t.numel()), t)[1], lambda t: t):
        contextual_loss(features, reference)
    assert max(kept) < 2**20


def test_the_reference_is_no_parameter():
    features, reference = (levels(((1, 4, 3, 3),), seed=seed) for seed in (0, 1))
    for one in (*features, *reference):
        one.requires_grad_()
    contextual_loss(features, reference).backward()
    assert features[0].grad is not None
    assert reference[0].grad is None


def test_what_does_not_match_is_refused():
    two, one = levels(), levels(((2, 6, 3, 5),))
    with pytest.raises(ValueError, match="2 levels, 1 of the reference"):
        contextual_loss(two, one)
    with pytest.raises(ValueError, match="0 levels"):
        contextual_loss([], [])
    with pytest.raises(ValueError, match="1 weights"):
        contextual_loss(two, two, weights=[1.0])
    with pytest.raises(ValueError, match="do not match"):
        contextual_loss(one, levels(((1, 6, 3, 5),)))
