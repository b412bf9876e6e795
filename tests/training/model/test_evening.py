"""Evening out colour that is doubted."""

import numpy as np
import torch

from tinct.training.model.evening import FLATNESS, MOVED, Evening, _guided, even_out

HEIGHT, WIDTH = 96, 160
SURE, DOUBTED = 0.95, 0.5


def plane(value: float) -> torch.Tensor:
    return torch.full((1, 1, HEIGHT, WIDTH), value)


def patch_on_a_flat_surface() -> torch.Tensor:
    ab = torch.zeros(1, 2, HEIGHT, WIDTH)
    ab[:, 1, 40:56, 72:88] = -0.2
    return ab


def test_colour_that_the_network_is_sure_of_stays_bit_for_bit():
    ab = torch.randn(1, 2, HEIGHT, WIDTH)
    assert torch.equal(even_out(ab, plane(SURE), plane(1.0), torch.randn(1, 1, HEIGHT, WIDTH)), ab)


def test_a_doubted_patch_that_luminance_does_not_show_goes():
    ab = patch_on_a_flat_surface()
    evened = even_out(ab, plane(DOUBTED), plane(1.0), plane(0.2))
    assert evened[:, 1].min() > 0.25 * ab.min()
    assert not evened[:, 0].any()


def test_a_doubted_patch_that_luminance_shows_keeps_its_colour_better():
    ab, light = patch_on_a_flat_surface(), plane(0.2)
    light[..., 40:56, 72:88] = 0.9
    middle = np.s_[0, 1, 44:52, 76:84]
    seen = even_out(ab, plane(DOUBTED), plane(1.0), light)
    hidden = even_out(ab, plane(DOUBTED), plane(1.0), plane(0.2))
    assert seen[middle].mean() < 0.7 * ab[middle].mean() < 0.5 * ab[middle].mean() < hidden[middle].mean()
    assert seen[0, 1, :, :40].abs().max() < 0.02


def test_a_doubted_patch_in_texture_stays():
    ab = patch_on_a_flat_surface()
    leaves = torch.rand((1, 1, HEIGHT // 4, WIDTH // 4), generator=torch.Generator().manual_seed(0))
    leaves = leaves.repeat_interleave(4, 2).repeat_interleave(4, 3)
    middle = np.s_[0, 1, 44:52, 76:84]
    on_leaves = even_out(ab, plane(DOUBTED), plane(1.0), leaves)
    on_a_wall = even_out(ab, plane(DOUBTED), plane(1.0), plane(0.2))
    assert on_leaves[middle].mean() < 0.8 * ab[middle].mean() < 0.5 * ab[middle].mean() < on_a_wall[middle].mean()


def test_a_small_doubted_thing_in_known_surroundings_stays():
    ab, confidence = patch_on_a_flat_surface(), plane(SURE)
    confidence[..., 36:60, 68:92] = DOUBTED
    assert torch.equal(even_out(ab, confidence, plane(1.0), plane(0.2)), ab)


def test_moved_colour_changes_less_than_fresh_colour():
    ab, light = patch_on_a_flat_surface(), plane(0.2)
    fresh, moved = (even_out(ab, plane(DOUBTED), plane(share), light) - ab for share in (1.0, 0.0))
    assert 0 < moved.abs().mean() < 2.5 * MOVED * fresh.abs().mean()  # of two passes, the second sees more of the first


def test_the_line_is_that_of_a_regression_in_each_neighbourhood():
    random = torch.Generator().manual_seed(0)
    light, ab = (torch.rand((1, n, 12, 16), generator=random, dtype=torch.float64) for n in (1, 2))
    radius, lines = 2, np.zeros((12, 16, 4))
    for y in range(12):
        for x in range(16):
            near = np.s_[0, :, max(0, y - radius) : y + radius + 1, max(0, x - radius) : x + radius + 1]
            xs, ys = light[near].flatten().numpy(), ab[near].flatten(1).numpy()
            slope = ((xs - xs.mean()) * ys).mean(1) / (xs.var() + FLATNESS)
            lines[y, x] = *slope, *(ys.mean(1) - slope * xs.mean())
    wanted = np.zeros((2, 12, 16))
    for y in range(12):
        for x in range(16):
            near = lines[max(0, y - radius) : y + radius + 1, max(0, x - radius) : x + radius + 1].mean((0, 1))
            wanted[:, y, x] = near[:2] * light[0, 0, y, x].item() + near[2:]
    found = _guided(ab, light, Evening(1, radius, 0.5, 0.6))
    np.testing.assert_allclose(found[0].numpy(), wanted, atol=1e-9)


def test_no_gradient_reaches_confidence_and_freshness():
    ab, confidence, fresh = torch.randn(1, 2, 32, 32), torch.full((1, 1, 32, 32), 0.6), torch.full((1, 1, 32, 32), 0.5)
    for tensor in (ab, confidence, fresh):
        tensor.requires_grad_()
    even_out(ab, confidence, fresh, torch.randn(1, 1, 32, 32)).sum().backward()
    assert ab.grad is not None
    assert confidence.grad is None
    assert fresh.grad is None
