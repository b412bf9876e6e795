"""Training of what is copied alone."""

from copy import deepcopy
from dataclasses import replace

import pytest
import torch

from tinct.training import recipes
from tinct.training.matching_step import LEAST_COLOUR, SHARE, MatchingLoss
from tinct.training.model.lite import Lite, LiteConfig
from tinct.training.run import TrainingRun
from tinct.training.unrolled_step import scaler


def batch(shift: int = 16) -> dict[str, torch.Tensor]:
    """Patches of colour, each of its own lightness and texture, and the same scene ``shift`` pixels further left."""
    random = torch.Generator().manual_seed(4)
    patches = torch.rand((2, 3, 4, 7), generator=random)
    scene = torch.nn.functional.interpolate(patches, size=(64, 112), mode="nearest").movedim(1, -1)
    grain = 6 * torch.randn((2, 64, 112), generator=random)
    light = (90 * scene[..., 0] + grain).clamp(0, 100)
    scene = torch.stack([light, 60 * scene[..., 1] - 30, 60 * scene[..., 2] - 30], -1)
    return {
        "reference": scene[:, :, :96],
        "previous": scene[:, :, :96],
        "frames": scene[:, None, :, shift : 96 + shift],
    }


@pytest.fixture(scope="module")
def network() -> Lite:
    torch.manual_seed(0)
    return Lite(LiteConfig())


def recipe(**changes: object) -> recipes.Recipe:
    return replace(recipes.lite_matching(), jitter=0.0, **changes)


def test_the_loss_is_the_distance_of_the_copies(network: Lite) -> None:
    given = batch()
    loss = MatchingLoss(network, recipe())
    terms = loss(given, torch.Generator().manual_seed(0))

    scale = scaler(network)
    frame = scale(given["frames"][:, 0])
    bank = network.encode_reference(scale(given["reference"]))
    _, matched = network.matched(frame[:, :1], bank, torch.zeros(bank[0].shape[:2]))
    distances, shares = [], []
    for found, side in ((matched.fine, 4), (matched.coarse, 8)):
        for one, copied in zip(frame, found, strict=True):
            rows, columns = copied.shape[1] * side, copied.shape[2] * side
            wanted = one[1:, :rows, :columns].unfold(1, side, side).unfold(2, side, side).mean((-1, -2))
            distance = (((copied - wanted) ** 2 + 25e-6).sqrt() - 5e-3).mean()
            distances.append(distance)
            shares.append(distance / ((wanted**2).mean().sqrt() + LEAST_COLOUR))
    torch.testing.assert_close(terms["colour"], torch.stack(distances).mean())
    torch.testing.assert_close(terms["share"], torch.stack(shares).mean())
    torch.testing.assert_close(terms["total"], terms["colour"] + SHARE * terms["share"])


def test_trunk_and_descriptors_learn_and_the_colour_network_rests() -> None:
    run = TrainingRun(
        recipe(steps=30, warmup=1, batch=2, learning_rate=2e-3, samples=replace(recipe().samples, size=(64, 96)))
    )
    before = deepcopy(run.model.state_dict())
    losses = [float(run.advance([batch()])["colour"]) for _ in range(12)]
    assert losses[-1] < 0.8 * losses[0]
    moved = {name for name, value in run.model.state_dict().items() if not torch.equal(value, before[name])}
    assert {name.split(".")[0] for name in moved} == {"trunk", "correspondence"}


def test_a_frame_that_the_reference_shows_gets_its_colours(network: Lite) -> None:
    given = batch(shift=0)
    loss = MatchingLoss(network, recipe())
    shown = loss(given, torch.Generator().manual_seed(0))
    given["reference"] = given["reference"] * torch.tensor([1.0, 0.0, 0.0])
    grey = loss(given, torch.Generator().manual_seed(0))
    assert shown["colour"] < 0.5 * grey["colour"]
