"""Distance between colours."""

import torch
from torch import Tensor


def colour_distance(ab: Tensor, truth: Tensor, *, epsilon: float = 5e-3) -> Tensor:
    """Charbonnier distance ``sqrt(d^2 + epsilon^2) - epsilon`` averaged over (B, 2, H, W); scaled ab.

    Source: Charbonnier et al., ICIP 1994; near an L1 distance (seed 000, eq. 4.1) but smooth at zero.
    """
    return (torch.sqrt(torch.square(ab - truth) + epsilon**2) - epsilon).mean()


def log_square_error(ab: Tensor, truth: Tensor, *, floor: float = 2e-5) -> Tensor:
    """Natural logarithm of the mean squared error of each picture, averaged over (B, 2, H, W); scaled ab.

    The measure of fidelity (PSNR) up to a factor: an easy shot counts as much as a hard one.
    """
    return torch.log(torch.square(ab - truth).mean((1, 2, 3)) + floor).mean()
