"""A small network for the motion between two frames' luminance, both ways at once.

Coarse to fine with warped features and local correlation, as PWC-Net (Sun et al., CVPR 2018); the last step to full
size is the convex upsampling of RAFT (Teed and Deng, ECCV 2020), which keeps the edges of moving things sharp. Made of
operators that ONNX and TensorRT have, so that it can stand in a frame graph.
"""

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tinct.training.model.hint_field import twice
from tinct.training.model.motion.correlation import local_correlation
from tinct.training.model.motion.sampling import sample_along

NEIGHBOURS = 9
"""Cells of the finest stride that a pixel's flow is mixed from."""
LEAST_VARIANCE = 1e-3
"""Of a channel: a picture without any texture matches nowhere."""
FLOW_SCALE = 0.1
"""Flow as the stages see it, in cells times this."""


@dataclass(frozen=True)
class MotionConfig:
    """Configuration of `MotionNet`, finest stride first: ``channels`` of the features at strides 2, 4, 8, ...;
    ``radii`` in cells over which they are compared; ``hidden``: channels of each stage's layers; ``handed``: channels
    that a stage gets from the coarser one before it.

    ``l_mean``, ``l_scale`` and ``ab_scale``: as those of the networks that it serves.
    """

    channels: tuple[int, ...] = (16, 32, 48, 64, 80)
    radii: tuple[int, ...] = (1, 2, 3, 3, 3)
    hidden: tuple[int, ...] = (24, 40, 48, 64, 64)
    handed: int = 16
    l_mean: float = 50.0
    l_scale: float = 50.0
    ab_scale: float = 110.0


class Flows(NamedTuple):
    """``backward`` (B, 2, H, W) takes pixels of the current frame to the previous one, ``forward`` those of the
    previous frame to the current one; pixels, x then y. ``coarser``: both at strides 2, 4, ... in cells of those,
    (2B, 2, h, w), backward first; for training."""

    backward: Tensor
    forward: Tensor
    coarser: tuple[Tensor, ...]


class MotionNet(nn.Module):
    """Estimates motion. H and W are multiples of 2 to the number of its strides."""

    VARIANT = "motion"

    def __init__(self, config: MotionConfig) -> None:
        """Random weights; before any training every flow is zero."""
        super().__init__()
        self.config = config
        entering = [4, *config.channels[:-1]]
        self.features = nn.ModuleList(
            _Features(before, after, halve=index > 0)
            for index, (before, after) in enumerate(zip(entering, config.channels, strict=True))
        )
        coarser = [*config.hidden[1:], None]
        self.stages = nn.ModuleList(
            _Stage((2 * radius + 1) ** 2 + channels + 2, hidden, above, config.handed)
            for radius, channels, hidden, above in zip(
                config.radii, config.channels, config.hidden, coarser, strict=True
            )
        )
        self.mixing = nn.Conv2d(config.hidden[0], 4 * NEIGHBOURS, 1)

    def forward(self, previous: Tensor, current: Tensor) -> Flows:
        """Motion between two frames (B, 1, H, W) of scaled luminance."""
        x = F.pixel_unshuffle(torch.cat([current, previous]), 2)
        pyramid = []
        for features in self.features:
            x = features(x)
            pyramid.append(x)
        flow, seen, found = None, None, []
        for stage, here, radius in zip(self.stages[::-1], pyramid[::-1], self.config.radii[::-1], strict=True):
            flow, seen = _finer(stage, here, radius, flow, seen)
            found.append(flow)
        assert flow is not None
        backward, forward = _to_pixels(flow, self.mixing(seen).float()).chunk(2)
        return Flows(backward, forward, tuple(found[::-1]))


class _Features(nn.Module):
    """Two convolutions; the first may halve the size."""

    def __init__(self, before: int, after: int, *, halve: bool) -> None:
        super().__init__()
        # four cells a side halve a size exactly; with three the tracer carries roundings along, and takes minutes
        side, stride = (4, 2) if halve else (3, 1)
        self.first = nn.Conv2d(before, after, side, stride=stride, padding=1)
        self.second = nn.Conv2d(after, after, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return F.leaky_relu(self.second(F.leaky_relu(self.first(x), 0.1)), 0.1)


class _Stage(nn.Module):
    """What is known at a stride becomes a correction of the flow there; ``above``: channels of the stage before."""

    def __init__(self, inputs: int, hidden: int, above: int | None, handed: int) -> None:
        super().__init__()
        self.handed = None if above is None else nn.Conv2d(above, handed, 1)
        self.first = nn.Conv2d(inputs + (handed if above else 0), hidden, 3, padding=1)
        self.second = nn.Conv2d(hidden, hidden, 3, padding=2, dilation=2)
        self.third = nn.Conv2d(hidden, hidden, 3, padding=1)
        self.flow = nn.Conv2d(hidden, 2, 3, padding=1)
        nn.init.zeros_(self.flow.weight)
        nn.init.zeros_(self.flow.bias)

    def forward(self, x: Tensor, seen: Tensor | None) -> tuple[Tensor, Tensor]:
        """The correction (B, 2, h, w) and what it was drawn from (B, hidden, h, w); ``seen``: that of the stage
        before, at half the size."""
        if self.handed is not None and seen is not None:
            x = torch.cat([x, twice(self.handed(seen))], 1)
        x = F.leaky_relu(self.first(x), 0.1)
        x = F.leaky_relu(self.second(x), 0.1)
        x = F.leaky_relu(self.third(x), 0.1)
        return self.flow(x), x


def _finer(
    stage: nn.Module, here: Tensor, radius: int, flow: Tensor | None, seen: Tensor | None
) -> tuple[Tensor, Tensor]:
    """One stride finer: flow (2B, 2, h, w) in its cells, and what the stage saw; ``flow`` and ``seen`` are those of the
    stride before, None at the coarsest."""
    even = _even(here.float())
    other = torch.cat(even.chunk(2)[::-1])
    if flow is None:
        flow, brought = torch.zeros_like(here[:, :2]).float(), other
    else:
        flow = 2.0 * twice(flow)
        brought = sample_along(other, flow)
    cost = F.leaky_relu(local_correlation(even, brought, radius), 0.1)
    known = torch.cat([cost.to(here.dtype), here, (FLOW_SCALE * flow).to(here.dtype)], 1)
    correction, seen = stage(known, seen)
    return flow + correction.float(), seen


def _even(features: Tensor) -> Tensor:
    """``features`` (2B, C, h, w) of both frames of each pair, every channel with mean 0 and variance 1 over the pair:
    correlation then says how alike places are, not how bright. Source: Jonschkowski et al., "What Matters in
    Unsupervised Optical Flow", ECCV 2020, section 3.1."""
    mean = _of_the_pair(features)
    variance = _of_the_pair(features.square()) - mean.square()
    return (features - mean) * torch.rsqrt(variance.clamp_min(0) + LEAST_VARIANCE)


def _of_the_pair(features: Tensor) -> Tensor:
    """Mean of each channel over both frames, (2B, C, 1, 1)."""
    current, previous = features.mean((2, 3), keepdim=True).chunk(2)
    mean = 0.5 * (current + previous)
    return torch.cat([mean, mean])


def _to_pixels(flow: Tensor, mixing: Tensor) -> Tensor:
    """Flow (B, 2, h, w) in cells of 2 pixels to (B, 2, 2h, 2w) in pixels: each pixel's is a mean of those of the nine
    cells around its own, weighted by the softmax of ``mixing`` (B, 36, h, w)."""
    height, width = flow.shape[-2:]
    logits = mixing.unflatten(1, (NEIGHBOURS, 4))
    weights = F.softmax(logits, 1)
    around = F.pad(2.0 * flow, (1, 1, 1, 1), mode="replicate")
    offsets = [(row, column) for row in range(3) for column in range(3)]
    fine = sum(
        weights[:, index, None] * around[:, :, None, row : row + height, column : column + width]
        for index, (row, column) in enumerate(offsets)
    )
    assert isinstance(fine, Tensor)
    return F.pixel_shuffle(fine.flatten(1, 2), 2)
