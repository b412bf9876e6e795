"""Seed 000, eq. 4.7, squared, against its sum written out."""

import math

import pytest
import torch

from tinct.training.losses.smoothness import smoothness_loss


def case(height=5, width=7, batch=2, seed=0):
    generator = torch.Generator().manual_seed(seed)
    ab = 6 * torch.randn((batch, 2, height, width), generator=generator, dtype=torch.float64)
    return ab, 3 * torch.randn((batch, 3, height, width), generator=generator, dtype=torch.float64)


def slow(ab, truth, softness=10.0, own=False):
    total = 0.0
    for n in range(ab.shape[0]):
        for y in range(ab.shape[2]):
            for x in range(ab.shape[3]):
                powers, colours = [], []
                for v in range(max(0, y - 1), min(ab.shape[2], y + 2)):
                    for u in range(max(0, x - 1), min(ab.shape[3], x + 2)):
                        if (v, u) == (y, x) and not own:
                            continue
                        square = sum((float(truth[n, c, v, u]) - float(truth[n, c, y, x])) ** 2 for c in range(3))
                        powers.append(math.exp(-square / softness))
                        colours.append([float(ab[n, c, v, u]) for c in range(2)])
                for c in range(2):
                    mean = sum(p * colour[c] for p, colour in zip(powers, colours, strict=True)) / sum(powers)
                    total += (float(ab[n, c, y, x]) - mean) ** 2
    return total / ab.numel()


@pytest.mark.parametrize("own", [False, True])
@pytest.mark.parametrize(("height", "width"), [(5, 7), (1, 4), (3, 1), (2, 2)])
def test_the_square_of_equation_4_7(height, width, own):
    ab, truth = case(height, width)
    assert float(smoothness_loss(ab, truth, own=own)) == pytest.approx(slow(ab, truth, own=own), rel=1e-10)
    assert float(smoothness_loss(ab, truth, softness=2.0)) == pytest.approx(slow(ab, truth, 2.0), rel=1e-10)


def test_a_constant_colour_is_smooth():
    ab, truth = case()
    assert float(smoothness_loss(torch.full_like(ab, 40.0), truth)) == pytest.approx(0, abs=1e-20)


def test_an_edge_of_the_truth_may_stay_an_edge():
    truth = torch.zeros(1, 3, 8, 8)
    truth[..., 4:] = 50.0
    there = torch.zeros(1, 2, 8, 8)
    there[..., 4:] = 30.0
    elsewhere = there.roll(2, 3)
    assert float(smoothness_loss(there, truth)) == 0
    assert float(smoothness_loss(elsewhere, truth)) > 10


def test_a_pixel_unlike_all_others_is_spared_if_it_is_its_own_neighbour():
    truth = torch.zeros(1, 3, 7, 7)
    truth[..., 3, 3] = 60.0
    ab = truth[:, 1:].clone()
    assert float(smoothness_loss(ab, truth)) > 50
    assert float(smoothness_loss(ab, truth, own=True)) < 1e-9


def test_neighbours_do_not_reach_over_the_border():
    ab, truth = case(4, 4)
    moved = smoothness_loss(ab.flip(3), truth.flip(3))
    assert float(moved) == pytest.approx(float(smoothness_loss(ab, truth)), rel=1e-12)


def test_what_does_not_match_is_refused():
    ab, truth = case()
    with pytest.raises(ValueError, match="one shape"):
        smoothness_loss(ab, truth[:1])
    with pytest.raises(ValueError, match="Lab"):
        smoothness_loss(truth, truth)
    with pytest.raises(ValueError, match="no neighbours"):
        smoothness_loss(ab[..., :1, :1], truth[..., :1, :1])
