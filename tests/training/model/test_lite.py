"""The network: what it promises before any training, and its limits."""

import numpy as np
import pytest
import torch

from tinct.training.model.colour_net import GAIN, _shares
from tinct.training.model.lite import Lite, LiteConfig
from tinct.training.model.matching import Bank, subcell_grid, subcell_tokens
from tinct.training.model.network import FrameInputs
from tinct.training.model.trunk import load_pretrained
from tinct.training.model.weights import WeightsError, load_weights, pack

HEIGHT, WIDTH = 64, 96


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    network = Lite(LiteConfig())
    load_pretrained(network.trunk)
    return network.eval()


def still(seed=0, height=HEIGHT, width=WIDTH):
    noise = torch.rand((1, 3, height // 8, width // 8), generator=torch.Generator().manual_seed(seed))
    return torch.nn.functional.interpolate(noise, size=(height, width), mode="bicubic") - 0.5


def colour(model, luminance, bank, moved=None, trust=0.0, sure=1.0, anchored=None, likely=0.0):
    moved = torch.zeros_like(luminance).repeat(1, 2, 1, 1) if moved is None else moved
    hints = torch.zeros_like(luminance).repeat(1, 3, 1, 1)
    trust, sure = torch.full_like(luminance, trust), torch.full_like(luminance, sure)
    anchor = 0 * moved if anchored is None else anchored, torch.full_like(luminance, likely)
    with torch.no_grad():
        frame = FrameInputs(luminance, moved, trust, sure, *anchor, hints)
        return model.colorize_frame(frame, bank, torch.zeros(bank.key8.shape[:2]))


def join(*banks):
    return Bank(*(torch.cat(parts, 1) for parts in zip(*banks, strict=True)))


def test_the_still_itself_is_coloured_by_copying(model):
    reference = still()
    with torch.no_grad():
        bank = model.encode_reference(reference)
    result = colour(model, reference[:, :1], bank)
    error = (result.ab - reference[:, 1:]).abs().mean()
    assert error < 0.35 * (reference[:, 1:] - reference[:, 1:].mean((2, 3), keepdim=True)).abs().mean()
    assert 0 <= result.confidence.min() <= result.confidence.max() <= 1


def test_trusted_motion_keeps_the_moved_colour(model):
    reference, frame = still(), still(1)
    with torch.no_grad():
        bank = model.encode_reference(reference)
    result = colour(model, frame[:, :1], bank, moved=frame[:, 1:], trust=1.0)
    assert (result.ab - frame[:, 1:]).abs().mean() < 0.03


def test_a_still_s_own_colour_corrects_the_moved_one_as_far_as_it_is_trusted(model):
    reference, frame, moved = still(), still(1), still(2)
    with torch.no_grad():
        bank = model.encode_reference(reference)

    def share(likely, trust=1.0):
        given = {"moved": moved[:, 1:], "trust": trust, "anchored": frame[:, 1:], "likely": likely}
        result = colour(model, frame[:, :1], bank, **given).ab
        apart = frame[:, 1:] - moved[:, 1:]
        return float(((result - moved[:, 1:]) * apart).mean() / apart.square().mean())

    assert share(1.0) == pytest.approx(GAIN, abs=0.03)
    assert share(0.5) == pytest.approx(0.5 * GAIN / (0.5 * GAIN + 1 - GAIN), abs=0.03)
    assert share(0.0) == pytest.approx(0, abs=0.03)
    assert share(1.0, trust=0.0) == pytest.approx(1, abs=0.03)


def test_a_hint_colours_what_looks_like_its_place_and_nothing_else(model):
    frame = torch.zeros(1, 3, HEIGHT, WIDTH)
    frame[..., : WIDTH // 2] = torch.tensor([0.5, 0.3, 0.1])[:, None, None]  # two halves unlike in everything
    frame[..., WIDTH // 2 :] = torch.tensor([-0.5, -0.2, 0.2])[:, None, None]
    hints = torch.zeros(1, 3, HEIGHT, WIDTH)
    wanted = torch.tensor([-0.3, -0.3])
    hints[:, :2, 30:33, 20:23], hints[:, 2, 30:33, 20:23] = wanted[:, None, None], 1
    trust = torch.ones(1, 1, HEIGHT, WIDTH)
    with torch.no_grad():
        bank = model.encode_reference(frame)
        inputs = FrameInputs(frame[:, :1], frame[:, 1:], trust, trust, 0 * frame[:, 1:], 0 * trust, hints)
        bias = torch.zeros(bank.key8.shape[:2])
        without = model.colorize_frame(inputs._replace(hints=torch.zeros_like(hints)), bank, bias).ab
        ab = model.colorize_frame(inputs, bank, bias).ab
    near, other = np.s_[0, :, 16:48, 8:36], np.s_[0, :, :, WIDTH // 2 + 8 :]
    assert (ab[near] - wanted[:, None, None]).abs().max() < 0.05
    assert (ab[other] - without[other]).abs().max() < 0.01


def test_the_order_of_stills_does_not_matter_and_another_still_can_win(model):
    one, two = still(), still(1, 96, 64)
    with torch.no_grad():
        banks = [model.encode_reference(s) for s in (one, two)]
    first = colour(model, one[:, :1], join(*banks)).ab
    second = colour(model, one[:, :1], join(*banks[::-1])).ab
    torch.testing.assert_close(first, second, atol=1e-4, rtol=0)
    alone = colour(model, one[:, :1], banks[1]).ab
    assert (first - one[:, 1:]).abs().mean() < (alone - one[:, 1:]).abs().mean()


def test_subcells_come_back_where_they_were():
    grid = torch.arange(2 * 3 * 8 * 12.0).reshape(2, 3, 8, 12)
    cells = subcell_tokens(grid).unflatten(-1, (4, 3))
    torch.testing.assert_close(subcell_grid(cells, 4, 6), grid)


def test_size_and_cost_are_within_the_agreed_limits(model):
    from torch.utils.flop_counter import FlopCounterMode

    reference = still(0, 224, 384)
    with torch.no_grad():
        bank = model.encode_reference(reference)
    with FlopCounterMode(display=False) as counter:
        colour(model, reference[:, :1], bank)
    assert counter.get_total_flops() <= 12e9
    assert sum(weight.numel() for weight in model.parameters()) <= 12e6


def test_weights_come_back_and_foreign_files_are_refused(model, tmp_path):
    path = tmp_path / "weights.pt"
    torch.save({"network": pack(model)}, path)
    again = load_weights(path)
    for one, two in zip(model.parameters(), again.parameters(), strict=True):
        assert torch.equal(one, two)
    path.write_bytes(b"nothing")
    with pytest.raises(WeightsError, match="not a checkpoint"):
        load_weights(path)
    torch.save({"network": pack(model) | {"schema": 99}}, path)
    with pytest.raises(WeightsError, match="upgrade"):
        load_weights(path)


def test_shares_are_a_softmax():
    logits = 20 * torch.randn((2, 5, 7, 9), generator=torch.Generator().manual_seed(1)) - 1e4
    torch.testing.assert_close(_shares(logits), torch.softmax(logits, 1))
