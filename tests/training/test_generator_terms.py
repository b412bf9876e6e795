"""The seeds' losses over a run of frames: who gets which gradient."""

from dataclasses import replace

import pytest
import torch

from tinct.training.generator_terms import GeneratorConfig, GeneratorTerms, LabFrame
from tinct.training.losses.weights import SWINTEXCO
from tinct.training.model.discriminator import DiscriminatorConfig
from tinct.training.model.lite import Lite, LiteConfig

SIZE = (64, 64)


@pytest.fixture(scope="module")
def model():
    return Lite(LiteConfig())


def terms(model, **weights):
    critic = DiscriminatorConfig(channels=(8, 8, 8, 8))
    config = GeneratorConfig(replace(SWINTEXCO, **weights), judge="vgg16", judge_weights="random", critic=critic)
    torch.manual_seed(0)
    return GeneratorTerms(config, model)


def frames(model, count, seed):
    random = torch.Generator().manual_seed(seed)
    scaled = [(torch.rand((2, 3, *SIZE), generator=random) - 0.5).requires_grad_() for _ in range(count)]
    return scaled, [LabFrame(one, model) for one in scaled]


def test_one_backward_pass_gives_each_side_its_own_gradient(model):
    generator = terms(model)
    inputs, fakes = frames(model, 2, 0)
    _, truths = frames(model, 2, 1)
    duel = generator.duel(fakes, truths)
    duel["adversarial"].backward(retain_graph=True)
    assert all(weight.grad is None for weight in generator.critic.parameters())
    assert all(one.grad.abs().sum() > 0 for one in inputs)
    before = [one.grad.clone() for one in inputs]
    duel["critic"].backward()
    assert all(torch.equal(one.grad, old) for one, old in zip(inputs, before, strict=True))
    assert any(weight.grad is not None and weight.grad.any() for weight in generator.critic.parameters())


def test_the_total_is_the_weighted_sum_and_the_critics_own_loss(model):
    generator = terms(model)
    values = {"l1": torch.tensor(3.0), "smoothness": torch.tensor(0.5), "critic": torch.tensor(7.0)}
    assert generator.total(values).item() == pytest.approx(2 * 3 + 5 * 0.5 + 7)


def test_true_colours_pay_little_and_wrong_ones_more(model):
    generator = terms(model)
    inputs, (truth, _) = frames(model, 2, 2)
    still = torch.zeros(2, 2, *SIZE), torch.zeros(2, 1, *SIZE)
    right = generator(truth, truth, truth, moved=still[0], mask=still[1])
    wrong = generator(
        LabFrame(torch.cat([inputs[0][:, :1], inputs[1][:, 1:]], 1), model), truth, truth, moved=still[0], mask=still[1]
    )
    for name in ("l1", "perceptual", "contextual"):
        assert right[name] < wrong[name], name
    assert right["l1"] == right["temporal"] == right["perceptual"] == 0


def test_terms_that_weigh_nothing_are_not_computed(model):
    generator = terms(model, adversarial=0.0, perceptual=0.0, contextual=0.0)
    assert generator.critic is None
    _, (one,) = frames(model, 1, 3)
    zero = torch.zeros(2, 2, *SIZE), torch.zeros(2, 1, *SIZE)
    assert set(generator(one, one, one, moved=zero[0], mask=zero[1])) == {"l1", "temporal", "smoothness"}


def test_a_network_without_an_extractor_names_what_to_do(model):
    with pytest.raises(ValueError, match="vgg16"):
        GeneratorTerms(GeneratorConfig(SWINTEXCO), model)
