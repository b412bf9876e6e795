"""Colour hints for training: points of a run, followed through it, some on a thing that is given another colour."""

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

CELL = 8
"""Pixels of a cell in which a repainted thing is grown from its point."""
SAME = 0.3
"""Likeness below which a point followed through the run has come upon another thing."""


@dataclass(frozen=True)
class HintConfig:
    """How hints are drawn.

    ``share``: chance that a run has hints. ``repainted``: chance that the thing under the first hint of such a run gets
    another colour, so that the hint, not the still, is right. ``points``: largest number of hints (seed 002 takes about
    5 in a picture of 256x256). ``radius``: smallest and largest half side in pixels of a hint. ``alike``: distance in
    ab (Lab units) and in L at which a place counts little as the same thing. ``chroma``: smallest and largest of the
    new colour. ``late``: chance that the hints come up at a later frame than the first.
    """

    share: float = 0.35
    repainted: float = 0.65
    points: int = 5
    radius: tuple[int, int] = (1, 5)
    alike: tuple[float, float] = (7.0, 30.0)
    chroma: tuple[float, float] = (8.0, 70.0)
    late: float = 0.5


class HintedRun(NamedTuple):
    """``frames`` (B, T, H, W, 3) Lab, in the colours wanted; ``hints`` (B, T, H, W, 3): a, b in Lab units and mask;
    ``steady`` (B, T, H, W): 1 where the wanted colour is the true one."""

    frames: Tensor
    hints: Tensor
    steady: Tensor


def hint_run(frames: Tensor, positions: Tensor, config: HintConfig, random: torch.Generator) -> HintedRun:
    """Give runs hints.

    ``frames`` (B, T, H, W, 3): Lab; ``positions`` (B, T, H, W, 2): where in the frame before each pixel comes from, x
    then y. Points are drawn on the last frame and followed back. ``random`` lives on the frames' device.
    """
    draw = _Draw(len(frames), random, frames.device)
    tracks = _follow_back(_points(frames, config, draw), positions)
    hinted = draw.chance(config.share)
    repainted = hinted & draw.chance(config.repainted)
    first = torch.where(draw.chance(config.late), draw.whole(0, frames.shape[1]), 0)
    active = torch.arange(frames.shape[1], device=frames.device) >= first[:, None]
    active = active[:, :, None] & _still_seen(frames, tracks, config)
    change = _other_colour(frames, tracks, config, draw)
    strength = _same_thing(frames, tracks[:, :, 0], config) * (repainted[:, None] & active[:, :, 0])[..., None, None]
    light, ab = frames[..., :1], frames[..., 1:] + strength[..., None] * change[:, None, None, None]
    used = torch.arange(config.points, device=frames.device) < draw.whole(1, config.points + 1)[:, None]
    colours = _at(ab[:, -1], tracks[:, -1])
    marks = _marks(tracks, draw.whole(config.radius[0], config.radius[1] + 1), frames.shape[2:4])
    marks = marks & (used[:, None] & hinted[:, None, None] & active)[..., None, None]
    given, which = marks.int().max(2)  # the first of the points that cover a pixel
    painted = torch.gather(colours, 1, which.flatten(1)[..., None].expand(-1, -1, 2)).unflatten(1, which.shape[1:])
    hints = torch.cat([painted, torch.ones_like(painted[..., :1])], -1) * given[..., None]
    return HintedRun(torch.cat([light, ab], -1), hints, (strength < 0.02).to(frames.dtype))


class _Draw:
    """Random numbers for each run of a batch."""

    def __init__(self, count: int, random: torch.Generator, device: torch.device) -> None:
        self.count, self.random, self.device = count, random, device

    def uniform(self, *more: int) -> Tensor:
        return torch.rand((self.count, *more), generator=self.random, device=self.device)

    def chance(self, share: float) -> Tensor:
        return self.uniform() < share

    def whole(self, low: int, high: int) -> Tensor:
        return low + (self.uniform() * (high - low)).long()


def _points(frames: Tensor, config: HintConfig, draw: _Draw) -> Tensor:
    """Points (B, K, 2) of the last frame, x then y."""
    height, width = frames.shape[2:4]
    most = torch.tensor([width - 1, height - 1], dtype=torch.float32)
    return draw.uniform(config.points, 2) * most.to(frames.device, non_blocking=True)


def _follow_back(points: Tensor, positions: Tensor) -> Tensor:
    """Tracks (B, T, K, 2) of the points of the last frame."""
    tracks = [points]
    for i in range(positions.shape[1] - 1, 0, -1):
        tracks.append(_at(positions[:, i], tracks[-1]))
    return torch.stack(tracks[::-1], 1)


def _still_seen(frames: Tensor, tracks: Tensor, config: HintConfig) -> Tensor:
    """Whether (B, T, K) each track lies in the picture and on the thing of its last frame, from there to the end."""
    height, width = frames.shape[2:4]
    x, y = tracks.unbind(-1)
    inside = (x >= 0) & (x <= width - 1) & (y >= 0) & (y <= height - 1)
    found = _at(frames.flatten(0, 1), tracks.flatten(0, 1)).unflatten(0, frames.shape[:2])
    same = _alike(found, found[:, -1:], config)[..., 0] > SAME
    return (inside & same).flip(1).int().cummin(1).values.flip(1).bool()


def _alike(one: Tensor, other: Tensor, config: HintConfig) -> Tensor:
    """Likeness (..., 1), 0..1, of two Lab colours (..., 3)."""
    ab, light = config.alike
    apart = torch.square(one - other)
    return torch.exp(-0.5 * (apart[..., :1] / light**2 + apart[..., 1:].sum(-1, keepdim=True) / ab**2))


def _at(planes: Tensor, points: Tensor) -> Tensor:
    """Values (B, K, C) of planes (B, H, W, C) at the pixels nearest to points (B, K, 2)."""
    height, width, channels = planes.shape[1:]
    x, y = points.round().long().unbind(-1)
    index = y.clamp(0, height - 1) * width + x.clamp(0, width - 1)
    return torch.gather(planes.flatten(1, 2), 1, index[..., None].expand(-1, -1, channels))


def _other_colour(frames: Tensor, tracks: Tensor, config: HintConfig, draw: _Draw) -> Tensor:
    """What to add (B, 2) to the ab of the first point for a colour of random hue and chroma."""
    low, high = config.chroma
    hue, chroma = draw.uniform() * 2 * torch.pi, low + draw.uniform() * (high - low)
    wanted = torch.stack([chroma * torch.cos(hue), chroma * torch.sin(hue)], -1)
    return wanted - _at(frames[:, -1, ..., 1:], tracks[:, -1, :1])[:, 0]


def _same_thing(frames: Tensor, seeds: Tensor, config: HintConfig) -> Tensor:
    """How much (B, T, H, W), 0..1, each pixel is of the thing at the seeds (B, T, 2): alike, and joined to it."""
    flat = frames.flatten(0, 1)
    seed = _at(frames[:, -1], seeds[:, -1:])[:, :, None].expand(-1, frames.shape[1], -1, -1).flatten(0, 1)[:, :, None]
    alike = _alike(flat, seed, config).permute(0, 3, 1, 2)
    cells = F.avg_pool2d(alike, CELL)
    height, width = cells.shape[-2:]
    x, y = (seeds.flatten(0, 1) / CELL).floor().long().unbind(-1)
    cell = y.clamp(0, height - 1) * width + x.clamp(0, width - 1)
    joined = F.one_hot(cell, height * width).view(-1, 1, height, width) * cells
    for _ in range(height + width):
        joined = torch.minimum(F.max_pool2d(joined, 3, 1, 1), cells)
    joined = ((joined - 0.25) * 4).clamp(0, 1)
    joined = F.interpolate(joined, size=alike.shape[-2:], mode="bilinear", align_corners=False)
    strength = (alike * joined).permute(0, 2, 3, 1)
    at_seed = _at(strength, seeds.flatten(0, 1)[:, None]).clamp_min(0.3)  # so that it takes the hint's colour itself
    return (strength / at_seed[..., None]).clamp(max=1).unflatten(0, frames.shape[:2])[..., 0]


def _marks(tracks: Tensor, radius: Tensor, size: torch.Size) -> Tensor:
    """Where (B, T, K, H, W) the squares around the points of the tracks lie."""
    height, width = size
    x, y = tracks.round().unbind(-1)
    reach = radius[:, None, None, None]
    columns = (torch.arange(width, device=tracks.device) - x[..., None]).abs() <= reach
    rows = (torch.arange(height, device=tracks.device) - y[..., None]).abs() <= reach
    return rows[..., :, None] & columns[..., None, :]
