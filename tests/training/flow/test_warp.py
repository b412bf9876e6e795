"""Sampling along a flow, on the CPU and on a device, against a second implementation."""

import numpy as np
import pytest
import torch
from scipy.ndimage import map_coordinates

from tinct.training.flow import device_warp
from tinct.training.flow.warp import inside, positions, sample, warp, within


@pytest.fixture
def case():
    generator = np.random.default_rng(4)
    image = generator.normal(0, 30, (17, 23, 2)).astype(np.float32)
    flow = (np.round(generator.uniform(-8, 8, (17, 23, 2)) * 32) / 32).astype(np.float32)  # what OpenCV can tell apart
    return image, flow


def slow_warp(image, flow):
    y, x = np.mgrid[: flow.shape[0], : flow.shape[1]].astype(np.float64)
    places = [y + flow[..., 1], x + flow[..., 0]]
    return np.stack([map_coordinates(one, places, order=1, mode="nearest") for one in np.moveaxis(image, -1, 0)], -1)


def test_both_agree_with_a_second_implementation(case):
    image, flow = case
    wanted = slow_warp(image.astype(np.float64), flow)
    np.testing.assert_allclose(warp(image, flow), wanted, atol=1e-3)
    picture = torch.from_numpy(image).permute(2, 0, 1)[None]
    moved = device_warp.sample_at(picture, torch.from_numpy(positions(flow))[None])
    np.testing.assert_allclose(moved[0].permute(1, 2, 0), wanted, atol=1e-3)


def test_a_flow_of_zero_moves_nothing(case):
    image, flow = case
    still = np.zeros_like(flow)
    assert np.array_equal(warp(image, still), image)
    assert np.array_equal(warp(image[..., 0], still), image[..., 0])
    assert inside(still).all()


def test_samples_at_positions_repeat_the_edges():
    picture = torch.arange(12.0).reshape(1, 1, 3, 4)
    places = torch.tensor([[[[1.5, 1.0], [3.0, 2.0], [-5.0, 0.0], [9.0, 9.0]]]])
    torch.testing.assert_close(device_warp.sample_at(picture, places).flatten(), torch.tensor([5.5, 11, 0, 11]))
    assert device_warp.within(places, (3, 4)).flatten().tolist() == [True, True, False, False]
    assert sample(picture[0, 0].numpy(), places[0].numpy()).flatten().tolist() == [5.5, 11, 0, 11]
    assert within(places[0].numpy(), (3, 4)).flatten().tolist() == [True, True, False, False]


def test_a_picture_of_one_column():
    picture = torch.arange(3.0).reshape(1, 1, 3, 1)
    places = torch.tensor([[[[0.0, 1.5], [4.0, 9.0]]]])
    torch.testing.assert_close(device_warp.sample_at(picture, places).flatten(), torch.tensor([1.5, 2.0]))
