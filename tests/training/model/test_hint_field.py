"""Hints spread over the picture."""

import torch

from tinct.training.model.hint_field import spread


def test_every_place_knows_its_nearest_hint():
    values, cover = torch.zeros(1, 2, 32, 64), torch.zeros(1, 1, 32, 64)
    values[..., 10, 8] = torch.tensor([1.0, 0.5])
    values[..., 20, 56] = torch.tensor([-1.0, 0.0])
    cover[..., 10, 8] = cover[..., 20, 56] = 1
    field = spread(values, cover)
    assert field.given.item() == 1
    torch.testing.assert_close(field.values[0, :, 10, 8], torch.tensor([1.0, 0.5]))
    torch.testing.assert_close(field.values[0, :, 20, 56], torch.tensor([-1.0, 0.0]))
    assert field.values[0, 0, :, :12].min() > 0.5
    assert field.values[0, 0, :, 52:].max() < -0.5
    near = field.nearness[0, 0]
    assert near[10, 8] == 1
    assert near[10, 8] > near[12, 12] > near[10, 32]
    assert 0 <= near.min() <= near.max() <= 1


def test_one_hint_fills_the_picture_and_none_leaves_it_empty():
    values, cover = torch.randn(2, 3, 16, 24), torch.zeros(2, 1, 16, 24)
    cover[0, 0, 3, 4] = 1
    field = spread(values, cover)
    torch.testing.assert_close(field.values[0], values[0, :, 3, 4, None, None].expand(-1, 16, 24), atol=1e-3, rtol=0)
    assert not field.values[1].any()
    assert field.given.flatten().tolist() == [1, 0]


def test_half_precision_gives_numbers_and_the_same_field():
    values, cover = torch.randn(1, 3, 16, 24), torch.zeros(1, 1, 16, 24)
    cover[0, 0, 3, 4] = cover[0, 0, 13, 14] = 1
    exact, half = spread(values, cover), spread(values.half(), cover.half())
    torch.testing.assert_close(half.values.float(), exact.values, atol=5e-3, rtol=0)
