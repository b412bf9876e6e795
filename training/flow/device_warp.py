"""Sampling pictures where a flow leads, on a torch device. The counterpart on the CPU is `warp`."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F


def sample_at(pictures: Tensor, positions: Tensor) -> Tensor:
    """Bilinear samples of (N, C, H, W) at pixel ``positions`` (N, h, w, 2), x then y, edges replicated."""
    grid = grid_positions(pictures, positions)
    return F.grid_sample(pictures, grid, padding_mode="border", align_corners=True)


def pixel_grid(size: Sequence[int], device: torch.device) -> Tensor:
    """Pixel positions (H, W, 2) of a picture of ``size`` (H, W), x then y."""
    rows, columns = (torch.arange(extent, device=device, dtype=torch.float32) for extent in size)
    return torch.stack(torch.meshgrid(columns, rows, indexing="xy"), -1)


def within(positions: Tensor, size: tuple[int, int]) -> Tensor:
    """Where (N, h, w) pixel ``positions`` (N, h, w, 2) lie inside a picture of ``size`` (H, W)."""
    x, y = positions.unbind(-1)
    return (x >= 0) & (x <= size[1] - 1) & (y >= 0) & (y <= size[0] - 1)


def grid_positions(pictures: Tensor, positions: Tensor) -> Tensor:
    """Pixel positions in the units of `F.grid_sample`; numbers only, since a tensor of constants would have to wait for
    its copy to the device."""
    height, width = pictures.shape[-2:]
    x, y = positions.unbind(-1)
    return torch.stack([x / max(width - 1, 1) * 2 - 1, y / max(height - 1, 1) * 2 - 1], -1)
