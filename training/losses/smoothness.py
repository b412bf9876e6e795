"""Colour as smooth as the truth is (seed 000, eq. 4.7)."""

import torch
from torch import Tensor
from torch.nn import functional as F

from tinct.training.losses.inputs import full_precision, require_one_shape

SOFTNESS = 10.0
"""Squared Lab difference by which a weight falls to 1/e; the value of the code published with the seed."""
NEIGHBOURS = tuple((dy, dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1) if (dy, dx) != (0, 0))


@full_precision
def smoothness_loss(ab: Tensor, truth: Tensor, *, softness: float = SOFTNESS, own: bool = False) -> Tensor:
    """Mean squared difference of each pixel's ab and the weighted mean of its eight neighbours' ab.

    ``ab``: (B, 2, H, W); ``truth``: the true frame (B, 3, H, W) Lab, both in Lab units. The weights of a pixel's
    neighbours are the softmax of ``-|Lab - Lab'|^2 / softness``, differences of the true frame: no gradient goes there.
    Neighbours outside the picture have no weight.

    Source: seed 000, eq. 4.7 (weighted least squares, Zhang et al., CVPR 2019). As printed it adds signed differences,
    which has no minimum; they are squared here, as in the code published with it. That code also counts the pixel
    itself among its neighbours, which spares a pixel unlike all around it: ``own=True``.

    Raises:
        ValueError: the shapes do not match, or a picture has one pixel only.
    """
    require_one_shape(a=ab[:, :1], lightness=truth[:, :1])
    if ab.shape[1] != 2 or truth.shape[1] != 3:
        raise ValueError(
            f"ab (B, 2, H, W) and Lab (B, 3, H, W) are wanted, not {tuple(ab.shape)}, {tuple(truth.shape)}"
        )
    if ab.shape[2] * ab.shape[3] < 2:
        raise ValueError("a picture of one pixel has no neighbours to be smooth with")
    offsets = (*NEIGHBOURS, (0, 0)) if own else NEIGHBOURS
    truth = truth.detach()
    differences = (_shifted(truth, offset, float("inf")) - truth for offset in offsets)
    logits = torch.stack([-one.square().sum(1, keepdim=True) / softness for one in differences])
    weights = torch.softmax(logits, 0)
    smooth = sum(weight * _shifted(ab, offset, 0.0) for weight, offset in zip(weights, offsets, strict=True))
    return (ab - smooth).square().mean()


def _shifted(image: Tensor, offset: tuple[int, int], outside: float) -> Tensor:
    """The neighbour at ``offset`` (rows, columns) of each pixel of (B, C, H, W)."""
    (dy, dx), (height, width) = offset, image.shape[2:]
    return F.pad(image, (1, 1, 1, 1), value=outside)[..., 1 + dy : 1 + dy + height, 1 + dx : 1 + dx + width]
