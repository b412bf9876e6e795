"""SwinTExCo, ViTExCo and DEVC in small: the staged interface, half precision, gradients, weights on disk."""

from copy import deepcopy
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from tinct.training.model.exemplar.network import ExemplarNetwork
from tinct.training.model.exemplar.presets import devc, swintexco, tiny, vitexco
from tinct.training.model.exemplar.warp import ExemplarBank
from tinct.training.model.network import FrameInputs
from tinct.training.model.weights import load_weights, pack

PRESETS = {"swin": swintexco, "vit": vitexco, "devc": devc}


@pytest.fixture(scope="module", params=PRESETS)
def built(request: pytest.FixtureRequest) -> ExemplarNetwork:
    torch.manual_seed(0)
    return ExemplarNetwork(tiny(PRESETS[request.param]()), weights="random").eval()


@pytest.fixture
def network(built: ExemplarNetwork) -> ExemplarNetwork:
    return deepcopy(built)


def lab(height: int = 64, width: int = 96, seed: int = 0) -> torch.Tensor:
    noise = torch.rand(1, 3, height // 8, width // 8, generator=torch.Generator().manual_seed(seed))
    return torch.nn.functional.interpolate(noise, size=(height, width), mode="bicubic") - 0.5


def colour(network, frame, bank, *, moved=None, trust=0.0, hints=None):
    moved = torch.zeros_like(frame).repeat(1, 2, 1, 1) if moved is None else moved
    hints = torch.zeros_like(frame).repeat(1, 3, 1, 1) if hints is None else hints
    trust = torch.full_like(frame, trust)
    inputs = FrameInputs(frame, moved, trust, torch.ones_like(frame), 0 * moved, 0 * trust, hints)
    return network.colorize_frame(inputs, bank, torch.zeros(bank.key.shape[:2]))


@pytest.mark.parametrize(("size", "still"), [((64, 96), (64, 96)), ((96, 32), (32, 64))])
def test_shapes_and_ranges(network, size, still) -> None:
    with torch.no_grad():
        bank = network.encode_reference(lab(*still))
        result = colour(network, lab(*size)[:, :1], bank)
    count = still[0] * still[1] // 16
    assert [tuple(t.shape) for t in bank] == [(1, count, 32), (1, count, 2)]
    assert network.BANK == ("key", "value") == bank._fields
    assert result.ab.shape == (1, 2, *size)
    assert result.ab.abs().max() <= 128 / network.config.ab_scale
    assert result.confidence.shape == (1, 1, *size)
    assert 0 <= result.confidence.min() <= result.confidence.max() <= 1


def test_a_still_is_found_in_itself(network) -> None:
    network.config = replace(network.config, colour_stills=False)
    still = lab()
    with torch.no_grad():
        bank = network.encode_reference(still)
        zeros = torch.zeros_like(still)
        bias = torch.zeros(bank.key.shape[:2])
        frame = FrameInputs(still[:, :1], *(zeros[:, :planes] for planes in (2, 1, 1, 2, 1, 3)))
        result, copied = network.colour_and_match(frame, bank, bias)
    assert copied.similarity.min() > 0.99
    wanted = torch.nn.functional.avg_pool2d(still[:, 1:], 4)
    assert (copied.fine - wanted).abs().median() < 0.02
    assert copied.coarse.shape == (1, 2, 8, 12)
    assert result.confidence.min() > 0.9  # cosine 1 without motion


def test_stills_are_joined_along_axis_1_in_any_order(network) -> None:
    with torch.no_grad():
        banks = [network.encode_reference(lab(seed=1)), network.encode_reference(lab(96, 64, seed=2))]
        one, other = (
            colour(network, lab()[:, :1], ExemplarBank(*(torch.cat(p, 1) for p in zip(*b, strict=True)))).ab
            for b in (banks, banks[::-1])
        )
    torch.testing.assert_close(one, other, atol=1e-4, rtol=0)


def test_untrusted_motion_and_unmasked_hints_change_nothing_and_trusted_ones_do(network) -> None:
    frame = lab()[:, :1]
    with torch.no_grad():
        bank = network.encode_reference(lab())
        plain = colour(network, frame, bank).ab
        guess = lab(seed=3)[:, 1:]
        assert torch.equal(colour(network, frame, bank, moved=guess).ab, plain)
        assert not torch.equal(colour(network, frame, bank, moved=guess, trust=1.0).ab, plain)
        hints = torch.cat([guess, torch.zeros_like(frame)], 1)
        assert torch.equal(colour(network, frame, bank, hints=hints).ab, plain)
        hints[:, 2, :8, :8] = 1
        assert not torch.equal(colour(network, frame, bank, hints=hints).ab, plain)


@pytest.mark.parametrize("level", [-1.0, 1.0], ids=["black", "white"])
@pytest.mark.parametrize("precision", ["bfloat16", "float16", "half"])
def test_flat_frames_are_finite_in_half_precision(network, precision: str, level: float) -> None:
    frame = torch.full((1, 1, 32, 64), level)
    still = torch.cat([frame, torch.full((1, 2, 32, 64), 0.3)], 1)
    half = precision == "half"
    if half:
        network, frame, still = network.half(), frame.half(), still.half()
    kind = torch.float16 if half else getattr(torch, precision)
    with torch.no_grad(), torch.autocast("cpu", dtype=kind, enabled=not half):
        result = colour(network, frame, network.encode_reference(still))
    assert torch.isfinite(result.ab).all()
    assert torch.isfinite(result.confidence).all()


def test_half_precision_colours_alike(network) -> None:
    frame, still = lab(seed=4)[:, :1], lab()
    with torch.no_grad():
        exact = colour(network, frame, network.encode_reference(still)).ab
        with torch.autocast("cpu", dtype=torch.float16):
            rough = colour(network, frame, network.encode_reference(still)).ab
    assert (exact - rough).abs().mean() < 0.05  # at a temperature of 0.01, and untrained


def test_gradients_reach_what_is_trained_and_not_the_trunk(network) -> None:
    network.train()
    frame, still = lab(seed=4), lab()
    bank = network.encode_reference(still)
    result = colour(network, frame[:, :1], bank)
    ((result.ab - frame[:, 1:]).square().mean() + (result.confidence - 0.5).square().mean()).backward()
    assert all(weight.grad is None for weight in network.trunk.parameters())
    trained = {name: weight for name, weight in network.named_parameters() if weight.requires_grad}
    assert {name.split(".")[0] for name in trained} >= {"warp", "colorization", "confidence"}
    still_asleep = [name for name, weight in trained.items() if weight.grad is None]
    assert not still_asleep
    assert all(torch.isfinite(weight.grad).all() for weight in trained.values())
    assert network.warp.phi.weight.grad.abs().sum() > 0


def test_weights_come_back_with_their_configuration(network, tmp_path: Path) -> None:
    torch.save({"network": pack(network)}, tmp_path / "last.pt")
    again = load_weights(tmp_path / "last.pt")
    assert again.config == network.config
    assert again.VARIANT == network.VARIANT
    assert not again.training
    stored = network.state_dict()
    assert all(torch.equal(value, stored[name]) for name, value in again.state_dict().items())
    with torch.no_grad():
        bank = network.encode_reference(lab())
        assert torch.equal(colour(again, lab()[:, :1], bank).ab, colour(network, lab()[:, :1], bank).ab)
