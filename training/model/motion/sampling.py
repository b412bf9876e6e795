"""Reading pictures where a flow leads, in a form that exports to ONNX.

A flow (B, 2, H, W), pixels, x then y, takes a place p of one picture to p + flow(p) in another.
"""

import torch
from torch import Tensor
from torch.nn import functional as F


def sample_along(pictures: Tensor, flow: Tensor) -> Tensor:
    """Bilinear samples of (B, C, H, W) at each place plus ``flow`` (B, 2, H, W), edges replicated."""
    x, y = _positions(flow)
    height, width = flow.shape[-2:]
    grid = torch.stack([x * (2.0 / (width - 1)) - 1.0, y * (2.0 / (height - 1)) - 1.0], -1)
    return F.grid_sample(pictures, grid, mode="bilinear", padding_mode="border", align_corners=True)


def leads_inside(flow: Tensor) -> Tensor:
    """(B, 1, H, W): 1 where each place plus ``flow`` (B, 2, H, W) lies in the picture, else 0."""
    x, y = _positions(flow)
    height, width = flow.shape[-2:]
    inside = (x >= 0) & (x <= width - 1) & (y >= 0) & (y <= height - 1)
    return inside[:, None].to(flow.dtype)


def _positions(flow: Tensor) -> tuple[Tensor, Tensor]:
    """Each place plus the flow, as x and y in pixels, each (B, H, W)."""
    height, width = flow.shape[-2:]
    columns = torch.arange(width, device=flow.device, dtype=flow.dtype)
    rows = torch.arange(height, device=flow.device, dtype=flow.dtype)
    return flow[:, 0] + columns, flow[:, 1] + rows[:, None]
