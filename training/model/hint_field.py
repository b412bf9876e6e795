"""Colour hints spread over the picture, so that every pixel knows the hint nearest to it.

Pull-push interpolation. Source: Gortler et al., "The Lumigraph", SIGGRAPH 1996, section 3.4.
"""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

LEVELS = 3
"""Halvings from stride 4 to stride 32."""
REACH = 10
"""Cells of stride 32 over which a hint grows; beyond, the mean of all hints stands for the nearest."""
LEAST = 1e-4
"""Cover below which a cell counts as empty; far above the smallest number of half precision."""
FADE = (0.97, 0.88)
"""How much of the nearness is left a level further up, and a cell of stride 32 further on."""


class HintField(NamedTuple):
    """``values`` (B, C, h, w): those of the nearest hint, 0 in a picture without; ``nearness`` (B, 1, h, w): 1 at a
    hint, falling with distance; ``given`` (B, 1, 1, 1): 1 where the picture has a hint, else 0."""

    values: Tensor
    nearness: Tensor
    given: Tensor


def spread(values: Tensor, cover: Tensor) -> HintField:
    """Spread ``values`` (B, C, h, w), which count where ``cover`` (B, 1, h, w), 0..1, is above zero.

    h and w are multiples of 8.
    """
    levels = [(values, cover)]
    for _ in range(LEVELS):
        levels.append(_halve(*levels[-1]))
    values, cover = levels[-1]
    given = (cover.amax((2, 3), keepdim=True) > LEAST).to(cover.dtype)
    field, nearness = _grow(values, cover)
    for values, cover in levels[-2::-1]:
        field = _fill(values, cover, twice(field))
        nearness = _fill(torch.ones_like(cover), cover, FADE[0] * twice(nearness))
    return HintField(field, nearness, given)


def _halve(values: Tensor, cover: Tensor) -> tuple[Tensor, Tensor]:
    """Means of 2x2 cells, weighted by their cover; a cell with one covered quarter is covered itself."""
    mean = F.avg_pool2d(cover, 2)
    return F.avg_pool2d(values * cover, 2) / mean.clamp_min(LEAST), (4 * mean).clamp(max=1)


def _grow(values: Tensor, cover: Tensor) -> tuple[Tensor, Tensor]:
    """Fill a coarse picture from its covered cells outwards; returns values and nearness."""
    rest = (values * cover).mean((2, 3), keepdim=True) / cover.mean((2, 3), keepdim=True).clamp_min(LEAST)
    values, nearness = values * cover, cover
    for _ in range(REACH):
        around = F.avg_pool2d(cover, 3, 1, 1)
        found = F.avg_pool2d(values, 3, 1, 1) / around.clamp_min(LEAST)
        further = (9 * around).clamp(max=1)
        values, cover = values + (further - cover).clamp_min(0) * found, further
        nearness = torch.maximum(nearness, FADE[1] * F.max_pool2d(nearness, 3, 1, 1))
    return values + (1 - cover) * rest, nearness


def _fill(values: Tensor, cover: Tensor, rest: Tensor) -> Tensor:
    return cover * values + (1 - cover) * rest


def twice(x: Tensor) -> Tensor:
    """(B, C, h, w) enlarged bilinearly to twice the size."""
    return F.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)
