"""Evens out colour that the network doubts: patches that the picture itself does not show.

Where no still shows what a frame shows, copies of different things lie side by side on one surface. There the colour
becomes a linear function of luminance within a neighbourhood (the guided filter at a reduced size: He & Sun, "Fast
Guided Filter", 2015), first a small one, and a large one where the doubt is great. What has texture (leaves, carvings)
keeps its colours: patches do not show there, and evened out it would turn pale. The constants were chosen on clips held
out of training.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from tinct.training.model.resampling import blur, enlarge, shrink

FLATNESS = 0.004
"""Variance of scaled luminance below which a neighbourhood counts as one surface (10 in L* squared); at this variance a
place is evened out by half."""
GRAIN = 2
"""Half side, in cells of 4 pixels, of the neighbourhood in which a place counts as textured."""
MOVED = 0.25
"""How far colour is evened out that was moved here from the frame before; fully in every frame, it would spread."""
SURROUNDINGS = 16
"""Half side, in cells of 8 pixels, of the surroundings of a place."""
LOST = (0.65, 0.8)
"""Mean confidence of the surroundings at and below which a place counts as lost, and from which on it does not. A
small thing that moves fast is doubted too, but what is around it is known: evened out it would take that colour."""


class Evening(NamedTuple):
    """One pass: ``stride`` in pixels at which it works, ``radius`` of the neighbourhood in its cells, and the
    confidence at which it acts fully and no more."""

    stride: int
    radius: int
    full: float
    none: float


EVENINGS = (Evening(4, 4, 0.65, 0.8), Evening(8, 6, 0.58, 0.66))


def even_out(ab: Tensor, confidence: Tensor, fresh: Tensor, luminance: Tensor) -> Tensor:
    """``ab`` (B, 2, H, W) evened where ``confidence`` (B, 1, H, W) 0..1 is low, around there too, and the colour
    ``fresh`` (B, 1, H, W) 0..1, led by ``luminance`` (B, 1, H, W) scaled; H and W multiples of 8.

    Colour that was moved here from the frame before is not fresh. No gradient goes to confidence and freshness.
    """
    sure = blur(shrink(confidence.detach(), 4), 1)
    around = blur(shrink(confidence.detach(), 8), SURROUNDINGS)
    sure = torch.minimum(sure, enlarge(around, 2))  # no island of confidence in what is lost
    lost = enlarge(_doubt(around, *LOST), 2)
    smooth = lost * _smoothness(luminance)
    doubts = [_doubt(sure, evening.full, evening.none) * smooth for evening in EVENINGS]
    near, far = EVENINGS
    planes = enlarge(torch.cat([*doubts, _line(ab, luminance, near)], 1), near.stride)
    doubts = [doubt * (MOVED + (1 - MOVED) * fresh.detach()) for doubt in planes[:, :2].split(1, 1)]
    ab = torch.lerp(ab, _along(planes[:, 2:], luminance), doubts[0])
    return torch.lerp(ab, _guided(ab, luminance, far), doubts[1])


def _doubt(sure: Tensor, full: float, none: float) -> Tensor:
    """1 where ``sure`` is ``full`` or less, 0 where it is ``none`` or more, smooth between."""
    ramp = ((sure - full) / (none - full)).clamp(0, 1)
    return 1 - ramp * ramp * (3 - 2 * ramp)


def _smoothness(luminance: Tensor) -> Tensor:
    """(B, 1, H/4, W/4): 1 on an even surface, 0.5 at the variance ``FLATNESS``, less where it is greater."""
    light = shrink(luminance, 4)
    mean, square = blur(torch.cat([light, light * light], 1), GRAIN).split(1, 1)
    return blur(FLATNESS / (FLATNESS + (square - mean * mean).clamp(min=0)), GRAIN)


def _guided(ab: Tensor, luminance: Tensor, evening: Evening) -> Tensor:
    return _along(enlarge(_line(ab, luminance, evening), evening.stride), luminance)


def _line(ab: Tensor, luminance: Tensor, evening: Evening) -> Tensor:
    """Slope and offset (B, 4, h, w) of ``ab`` as a linear function of luminance, at the stride of ``evening``."""
    light, colour = shrink(torch.cat([luminance, ab], 1), evening.stride).split([1, 2], 1)
    means = blur(torch.cat([light, light * light, colour, colour * light], 1), evening.radius)
    mean, square, colour, product = means.split([1, 1, 2, 2], 1)
    slope = (product - colour * mean) / (square - mean * mean + FLATNESS)
    return blur(torch.cat([slope, colour - slope * mean], 1), evening.radius)


def _along(line: Tensor, luminance: Tensor) -> Tensor:
    """The colour (B, 2, H, W) that the ``line`` (B, 4, H, W) gives each luminance."""
    slope, offset = line.chunk(2, 1)
    return slope * luminance + offset
