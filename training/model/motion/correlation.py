"""Local correlation of two pictures' features."""

import torch
from torch import Tensor
from torch.nn import functional as F


def local_correlation(one: Tensor, other: Tensor, radius: int) -> Tensor:
    """Mean product over the channels of ``one`` (B, C, H, W) at each place with ``other`` at its neighbours.

    Returns (B, (2 ``radius`` + 1)^2, H, W), row after row of the neighbourhood; outside the picture ``other`` is 0.
    Source: the cost volume of Sun et al., "PWC-Net", CVPR 2018, eq. 3.
    """
    height, width = one.shape[-2:]
    side = 2 * radius + 1
    around = F.pad(other, (radius, radius, radius, radius))
    shifted = [
        around[..., row : row + height, column : column + width] for row in range(side) for column in range(side)
    ]
    neighbours = torch.cat(shifted, 1).unflatten(1, (side * side, one.shape[1]))
    return (one[:, None] * neighbours).mean(2)
