"""Where the pixels of a run's frames lie in its reference: what the runtime's anchor will give.

Motion is composed from frame to frame, and the reference, moved to the frame, is searched again every few frames.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from tinct.training.flow.base import Image
from tinct.training.flow.device_warp import pixel_grid, sample_at
from tinct.training.flow.dis import DisFlow
from tinct.training.flow.occlusion import agreement
from tinct.training.flow.trust import moved_from
from tinct.training.flow.warp import flow_to, inside, positions, sample, warp

SEARCH_EVERY = 4
"""Frames after which the reference is searched again."""
SEARCHED = 0.9
"""Trust in what such a search finds, if the way there and back agree."""
LEAST_TRUST = 0.3
"""Mean trust below which the reference shows another view than the first frame."""
ALIKE = 2.0
"""Mean difference of L* around a pixel at which its trust has fallen to 1/e."""
AROUND = 7
"""Side in pixels of the neighbourhood of that mean."""


class Anchor(NamedTuple):
    """``flow`` (H, W, 2): the frame's pixel p lies at p + flow(p) in the reference; ``trust`` (H, W) 0..1."""

    flow: Image
    trust: Image

    def carried(self, motion: tuple[Image, Image]) -> "Anchor":
        """The anchor of the next frame, whose pixels lay at ``motion``'s positions (H, W, 2) in this one, with its
        trust (H, W)."""
        places, trust = motion
        planes = sample(np.dstack([self.flow, self.trust]), places)
        return Anchor(planes[..., :2] + flow_to(places), planes[..., 2] * trust)

    def searched(self, reference: Image, lightness: Image) -> "Anchor":
        """The anchor corrected by a search between the frame and the ``reference`` moved to it, both (H, W) L*."""
        seen, source = warp(reference, self.flow), DisFlow()
        backward, forward = source.flow(lightness, seen), source.flow(seen, lightness)
        flow = warp(self.flow, backward) + backward
        found = SEARCHED * agreement(backward, forward) * inside(flow)
        better = found > self.trust
        return Anchor(np.where(better[..., None], flow, self.flow), np.maximum(found, self.trust))


def anchor_run(
    reference: Image, frames: Sequence[Image], motion: Sequence[tuple[Image, Image]], *, begun: bool
) -> tuple[Image, Image]:
    """Places (T, H, W, 2) in the ``reference`` of the ``frames``' pixels, and trust (T, H, W) 0..1.

    All pictures are (H, W) L*; ``motion``: see `moved_from`, from the picture before to each frame. ``begun``: the
    picture before the first frame is the reference itself; else the first frame is searched in it, and where that shows
    another view there is no trust.
    """
    if begun:
        places, trust = motion[0]
    else:
        places, trust = moved_from(reference, frames[0])
        if trust.mean() < LEAST_TRUST:
            return nowhere(len(frames), reference.shape)
    anchor = Anchor(flow_to(places), trust)
    anchors = [anchor]
    for age, (frame, moved) in enumerate(zip(frames[1:], motion[1:], strict=True), start=1):
        anchor = anchor.carried(moved)
        if age % SEARCH_EVERY == 0:
            anchor = anchor.searched(reference, frame)
        anchors.append(anchor)
    places = [positions(anchor.flow) for anchor in anchors]
    return np.stack(places), np.stack([anchor.trust for anchor in anchors]).astype(np.float32)


def compose_anchors(
    positions: Tensor, trust: Tensor, first: Tensor, first_trust: Tensor, begun: Tensor
) -> tuple[Tensor, Tensor]:
    """`anchor_run` of batches on a device, without searching again.

    ``positions`` (B, T, H, W, 2) and ``trust`` (B, T, H, W) of the motion from the picture before to each frame;
    ``first`` (B, H, W, 2) and ``first_trust`` (B, H, W): of the first frame in the reference; ``begun`` (B,): 1 where
    the picture before the first frame is the reference itself.
    """
    known = first_trust.mean((1, 2), keepdim=True) >= LEAST_TRUST
    begun = begun.bool()[:, None, None]
    places = torch.where(begun[..., None], positions[:, 0], first)
    sure = torch.where(begun, trust[:, 0], first_trust * known)
    anchors = [(places, sure)]
    grid = pixel_grid(places.shape[1:3], places.device)
    for i in range(1, positions.shape[1]):
        planes = sample_at(torch.cat([(places - grid).movedim(-1, 1), sure[:, None]], 1), positions[:, i])
        places, sure = planes[:, :2].movedim(1, -1) + positions[:, i], planes[:, 2] * trust[:, i]
        anchors.append((places, sure))
    return torch.stack([one[0] for one in anchors], 1), torch.stack([one[1] for one in anchors], 1)


def nowhere(count: int, size: tuple[int, ...]) -> tuple[Image, Image]:
    """What `anchor_run` gives for ``count`` frames of (H, W) ``size`` that the reference does not show."""
    return np.zeros((count, *size, 2), np.float32), np.zeros((count, *size), np.float32)


def read_anchored(
    reference: Tensor, lightness: Tensor, places: Tensor, trust: Tensor, *, l_scale: float
) -> tuple[Tensor, Tensor]:
    """Colours (B, 2, H, W) of the ``reference`` (B, 3, H, W) scaled Lab at ``places`` (B, H, W, 2), and how far they
    are to be trusted, (B, 1, H, W) 0..1, in a frame of that ``lightness`` (B, 1, H, W), given the ``trust`` (B, H, W)
    in the places; L* is ``l_scale`` times their unit."""
    lab = sample_at(reference, places)
    apart = F.avg_pool2d((lab[:, :1] - lightness).abs(), AROUND, 1, AROUND // 2, count_include_pad=False)
    return lab[:, 1:], trust[:, None] * torch.exp(-torch.square(apart * (l_scale / ALIKE)))
