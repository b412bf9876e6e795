"""A confidence that means something: the expected closeness of the colour to the truth."""

import torch
from torch import Tensor

CLOSENESS_SCALE = 15.0
"""Error in Lab units at which the closeness has fallen to 1/e."""


def confidence_distance(confidence: Tensor, ab: Tensor, truth: Tensor, *, ab_scale: float) -> Tensor:
    """Mean squared difference of ``confidence`` (B, 1, H, W) and the `closeness`."""
    return torch.square(confidence - closeness(ab, truth, ab_scale=ab_scale)).mean()


def closeness(ab: Tensor, truth: Tensor, *, ab_scale: float) -> Tensor:
    """``exp(-|ab - truth| / 15)`` (B, 1, H, W), the error in Lab units, of scaled ab (B, 2, H, W); without gradient."""
    error = torch.linalg.vector_norm((ab - truth).detach(), dim=1, keepdim=True) * ab_scale
    return torch.exp(-error / CLOSENESS_SCALE)
