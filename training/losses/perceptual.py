"""Likeness of what a feature extractor sees (seed 000, eq. 4.3)."""

from torch import Tensor
from torch.nn import functional as F

from tinct.training.losses.inputs import full_precision, require_one_shape


@full_precision
def perceptual_loss(features: Tensor, truth: Tensor) -> Tensor:
    """Mean squared difference of an extractor's last level for the coloured frame and for the true one.

    ``features`` and ``truth``: (B, C, h, w); no gradient goes to ``truth``. Source: seed 000, eq. 4.3, as a mean.

    Raises:
        ValueError: the shapes differ.
    """
    require_one_shape(features=features, truth=truth)
    return F.mse_loss(features, truth.detach())
