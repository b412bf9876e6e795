"""Matrix products against PyTorch's own interpolation and pooling."""

import pytest
import torch
from torch.nn import functional as F

from tinct.training.model.resampling import blur, enlarge, shrink


@pytest.fixture
def planes():
    return torch.randn((2, 3, 24, 40), generator=torch.Generator().manual_seed(4))


@pytest.mark.parametrize("times", [1, 2, 4, 8])
def test_enlarges_bilinearly(planes, times):
    wanted = F.interpolate(planes, scale_factor=float(times), mode="bilinear", align_corners=False)
    torch.testing.assert_close(enlarge(planes, times), wanted, atol=2e-6, rtol=0)


@pytest.mark.parametrize("times", [1, 2, 4, 8])
def test_shrinks_to_means(planes, times):
    torch.testing.assert_close(shrink(planes, times), F.avg_pool2d(planes, times), atol=1e-6, rtol=0)


@pytest.mark.parametrize("radius", [0, 1, 5, 30])
def test_blurs_within_the_picture(planes, radius):
    height, width = planes.shape[-2:]
    wanted = torch.empty_like(planes)
    for y in range(height):
        for x in range(width):
            rows, columns = (slice(max(0, at - radius), at + radius + 1) for at in (y, x))
            wanted[..., y, x] = planes[..., rows, columns].mean((2, 3))
    torch.testing.assert_close(blur(planes, radius), wanted, atol=2e-6, rtol=0)


@pytest.mark.parametrize("change", [lambda x: enlarge(x, 4), lambda x: shrink(x, 2), lambda x: blur(x, 3)])
def test_autocast_does_not_round(planes, change):
    wanted = change(planes)
    with torch.autocast("cpu", torch.bfloat16):
        torch.testing.assert_close(change(planes), wanted, atol=0, rtol=0)
