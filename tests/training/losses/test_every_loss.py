"""What holds for each of the six losses: gradients, precision, odd sizes, batches of one, identical inputs."""

import pytest
import torch

from tinct.training.losses.adversarial import discriminator_loss, generator_loss
from tinct.training.losses.contextual import contextual_loss
from tinct.training.losses.l1 import l1_loss
from tinct.training.losses.perceptual import perceptual_loss
from tinct.training.losses.smoothness import smoothness_loss
from tinct.training.losses.temporal import temporal_loss


def ones(like):
    return torch.ones_like(like[:, :1])


def lab(ab):
    return torch.cat([ab[:, :1], ab], 1)


LOSSES = {
    "l1": l1_loss,
    "generator": lambda x, y: generator_loss(y.mean((1, 2, 3)), x.mean((1, 2, 3))),
    "discriminator": lambda x, y: discriminator_loss(y.mean((1, 2, 3)), x.mean((1, 2, 3))),
    "perceptual": perceptual_loss,
    "contextual": lambda x, y: contextual_loss([x, x[:, :, ::2]], [y, y[:, :, ::2]]),
    "contextual in pieces": lambda x, y: contextual_loss([x], [y], pairs_at_once=40),
    "temporal": lambda x, y: temporal_loss(x, y, ones(x)),
    "smoothness": lambda x, y: smoothness_loss(x, lab(y)),
    "smoothness with own": lambda x, y: smoothness_loss(x, lab(y), own=True),
}
ODD = [(1, 2, 1, 2), (1, 2, 3, 5), (3, 2, 7, 1), (2, 2, 5, 9)]


@pytest.fixture(params=LOSSES, name="loss")
def _loss(request):
    return LOSSES[request.param]


def pair(shape=(2, 2, 3, 5), scale=1.0, dtype=torch.float64):
    generator = torch.Generator().manual_seed(0)
    return tuple((scale * torch.randn(shape, generator=generator, dtype=torch.float64)).to(dtype) for _ in range(2))


def test_gradients(loss):
    x, y = pair()
    assert torch.autograd.gradcheck(lambda value: loss(value, y), x.requires_grad_())


@pytest.mark.parametrize("shape", ODD)
def test_odd_sizes_and_batches_of_one(loss, shape):
    x, y = pair(shape, scale=20.0, dtype=torch.float32)
    value = loss(x.requires_grad_(), y)
    value.backward()
    assert value.shape == ()
    assert value >= 0
    assert torch.isfinite(x.grad).all()


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("scale", [1e-3, 1.0, 128.0])
def test_half_precision_gives_the_value_of_single_precision(loss, dtype, scale):
    x, y = pair((2, 2, 9, 13), scale, dtype)
    value = loss(x.requires_grad_(), y)
    value.backward()
    assert value.dtype == torch.float32
    assert torch.isfinite(x.grad).all()
    exact = loss(x.detach().double(), y.double())
    assert float(value.detach()) == pytest.approx(float(exact), rel=2e-2, abs=1e-4)


def test_autocast_changes_nothing(loss):
    x, y = pair((2, 2, 9, 13), 20.0, torch.float32)
    with torch.autocast("cpu", torch.bfloat16):
        inside = loss(x, y)
    assert torch.equal(inside, loss(x, y))


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
@pytest.mark.parametrize("colour", [0.0, 100.0])
def test_identical_constant_pictures(loss, dtype, colour):
    x = torch.full((1, 2, 5, 7), colour, dtype=dtype, requires_grad=True)
    value = loss(x, torch.full_like(x, colour))
    value.backward()
    assert torch.isfinite(value)
    assert torch.isfinite(x.grad).all()


@pytest.mark.parametrize("name", ["l1", "perceptual", "temporal", "contextual", "contextual in pieces"])
def test_identical_pictures_are_not_punished(name):
    x, _ = pair((2, 2, 3, 5), 20.0)
    assert float(LOSSES[name](x, x)) == pytest.approx(0, abs=5e-4)
