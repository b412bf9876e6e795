"""Closeness to the true colour (seed 000, eq. 4.1)."""

from torch import Tensor
from torch.nn import functional as F

from tinct.training.losses.inputs import full_precision, require_one_shape


@full_precision
def l1_loss(ab: Tensor, truth: Tensor) -> Tensor:
    """Mean absolute difference of ``ab`` and ``truth``, both (B, 2, H, W) in Lab units.

    Source: seed 000, eq. 4.1. The equation names all of Lab; lightness is the frame's own on both sides.

    Raises:
        ValueError: the shapes differ.
    """
    require_one_shape(ab=ab, truth=truth)
    return F.l1_loss(ab, truth)
