"""Seed 000, eq. 4.2 and 4.9, against their sums written out."""

import pytest
import torch

from tinct.training.losses.adversarial import discriminator_loss, generator_loss


def scores(count=5, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return tuple(torch.randn(count, generator=generator, dtype=torch.float64) for _ in range(2))


def slow_mean(values):
    return sum(values) / len(values)


def slow_terms(real, fake, sign):
    """``E[(fake - E[real] - sign)^2]`` and ``E[(real - E[fake] + sign)^2]``."""
    real, fake = real.tolist(), fake.tolist()
    mean_real, mean_fake = slow_mean(real), slow_mean(fake)
    return slow_mean([(f - mean_real - sign) ** 2 for f in fake]), slow_mean(
        [(r - mean_fake + sign) ** 2 for r in real]
    )


def test_the_generator_side_is_equation_4_2():
    real, fake = scores()
    assert float(generator_loss(real, fake)) == pytest.approx(sum(slow_terms(real, fake, 1)), rel=1e-12)


def test_the_discriminator_side_is_equation_4_9():
    real, fake = scores(seed=1)
    assert float(discriminator_loss(real, fake)) == pytest.approx(sum(slow_terms(real, fake, -1)) / 2, rel=1e-12)


def test_each_side_rests_where_it_has_won():
    low, high = torch.zeros(4), torch.ones(4)
    assert float(generator_loss(real=low, fake=high)) == 0
    assert float(discriminator_loss(real=high, fake=low)) == 0
    assert float(generator_loss(real=high, fake=low)) == 8
    assert float(generator_loss(low, low)) == 2
    assert float(discriminator_loss(low, low)) == 1


def test_only_differences_of_scores_count():
    real, fake = scores(seed=2)
    for loss in (generator_loss, discriminator_loss):
        assert float(loss(real + 7, fake + 7)) == pytest.approx(float(loss(real, fake)))


def test_the_two_sides_pull_apart():
    real, fake = (value.requires_grad_() for value in scores(seed=3))
    (up,) = torch.autograd.grad(generator_loss(real, fake), fake)
    (down,) = torch.autograd.grad(discriminator_loss(real, fake), fake)
    assert up.sum() * down.sum() < 0


def test_maps_of_scores_and_uneven_batches_are_taken():
    real, fake = torch.randn(3, 1, 5, 7), torch.randn(2, 1, 5, 7)
    assert torch.isfinite(generator_loss(real, fake))
    flat = generator_loss(real.flatten(), fake.flatten())
    assert float(generator_loss(real, fake)) == pytest.approx(float(flat))
