"""The motion network: what it promises before and after training."""

import pytest
import torch
from torch.nn import functional as F

from tinct.training.model.motion.network import MotionConfig, MotionNet
from tinct.training.model.weights import WeightsError, load_motion, load_weights, pack

SMALL = MotionConfig(channels=(8, 8, 8), radii=(1, 2, 2), hidden=(8, 8, 8), handed=4)


def scene(seed, height=48, width=64):
    noise = torch.rand((1, 1, height // 4, width // 4), generator=torch.Generator().manual_seed(seed))
    return 2 * F.interpolate(noise, size=(height, width), mode="bicubic") - 1


def test_nothing_moves_before_any_training():
    torch.manual_seed(0)
    found = MotionNet(SMALL)(scene(0), scene(1))
    for flow in (found.backward, found.forward, *found.coarser):
        assert not flow.any()
    assert found.backward.shape == (1, 2, 48, 64)
    assert [tuple(one.shape) for one in found.coarser] == [(2, 2, 24, 32), (2, 2, 12, 16), (2, 2, 6, 8)]


def test_exchanged_frames_exchange_the_flows():
    torch.manual_seed(0)
    network = MotionNet(SMALL).eval()
    for stage in network.stages:
        torch.nn.init.normal_(stage.flow.weight, std=0.1)
    with torch.no_grad():
        found, other = network(scene(0), scene(1)), network(scene(1), scene(0))
    assert found.backward.any()
    torch.testing.assert_close(found.backward, other.forward)
    torch.testing.assert_close(found.forward, other.backward)


def test_it_learns_a_shift():
    torch.manual_seed(0)
    network = MotionNet(SMALL)
    picture, shifts = scene(3, 48, 96), torch.tensor([-4, -2, 0, 2, 4])
    previous = picture[..., 8:72].expand(len(shifts), -1, -1, -1)
    current = torch.cat([picture[..., 8 + shift : 72 + shift] for shift in shifts.tolist()])
    optimizer = torch.optim.Adam(network.parameters(), 4e-3)
    losses = []
    for _ in range(50):
        loss = (network(previous, current).backward[:, :1] - shifts[:, None, None, None]).abs().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.25 * losses[0]


def test_weights_go_to_a_file_and_back(tmp_path):
    torch.manual_seed(0)
    network = MotionNet(SMALL).eval()
    torch.save({"network": pack(network)}, tmp_path / "motion.pt")
    again = load_motion(tmp_path / "motion.pt")
    assert again.config == SMALL
    for name, value in network.state_dict().items():
        torch.testing.assert_close(again.state_dict()[name], value)
    with pytest.raises(WeightsError, match="'motion', wanted is lite"):
        load_weights(tmp_path / "motion.pt")
