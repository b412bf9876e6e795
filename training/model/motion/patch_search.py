"""Dense inverse search inside a graph: the runtime's search for motion, for devices, without any weights.

Each patch of a picture is found in another one by descending from where a coarser level saw it; a pixel's flow is the
mean of its patches', each weighed by how well the pixel fits there (Kroeger et al., "Fast Optical Flow using Dense
Inverse Search", ECCV 2016). All patches of a level go together, so that neighbours take over from each other what was
found, not what is being found. Pictures are L* 0..100, (B, 1, H, W); flows are pixels, x then y, (B, 2, ...).
"""

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tinct.training.model.motion.network import Flows

CELL = 4
"""Pixels a side of the cells that patches step by; a patch is two by two of them."""
LEVELS = 4
"""Levels of the pyramid, each half the one before and of whole cells: sizes are multiples of `CELL` * 2^3."""
RIDGE = 1.5
"""Squared L* a pixel, added to a patch's squared slopes: without texture it stays where it is."""
NOISE = 0.4
"""L* below which a difference says nothing."""
FARTHEST = 4.0
"""Pixels beyond which a descent has lost its patch."""


@dataclass(frozen=True)
class SearchConfig:
    """Configuration of `PatchSearch`. ``descents`` of each patch in each of the ``rounds`` of a level, between which
    patches take over from each other; ``l_mean`` and ``l_scale``: as those of the network that it serves."""

    descents: int = 3
    rounds: int = 2
    l_mean: float = 50.0
    l_scale: float = 50.0


class PatchSearch(nn.Module):
    """Estimates motion. H and W are multiples of 32."""

    def __init__(self, config: SearchConfig | None = None) -> None:
        super().__init__()
        self.config = config or SearchConfig()

    def forward(self, previous: Tensor, current: Tensor) -> Flows:
        """Motion between two frames (B, 1, H, W) of scaled luminance."""
        levels = [torch.cat([current, previous]).float() * self.config.l_scale]
        while len(levels) < LEVELS:
            levels.append(F.avg_pool2d(levels[-1], 2))
        flow = torch.cat([levels[-1], levels[-1]], 1)[..., ::2, ::2] * 0.0
        for light in levels[::-1]:
            flow = self._finer(light, flow)
        backward, forward = flow.chunk(2)
        return Flows(backward, forward, ())

    def _finer(self, light: Tensor, coarse: Tensor) -> Tensor:
        """The flow of a level from that of the next coarser one."""
        here, there = light.chunk(2)
        patches = _patches(light, torch.cat([there, here]))
        seen = 2.0 * F.pad(coarse, (0, 1, 0, 1), mode="replicate")[..., ::2, ::2].permute(0, 2, 3, 1)
        rows, columns = seen.shape[1:3]
        flow = seen.flatten(1, 2)
        for turn in range(self.config.rounds):
            if turn:
                flow = _best_neighbour(patches, flow, rows, columns)
            flow = _descended(patches, flow, self.config.descents)
        return _spread(patches, flow, rows, columns)


class _Patches(NamedTuple):
    """The P patches of a level's picture.

    ``light`` (B, P, 64); ``along_x`` and ``along_y``: its slopes less the mean of each patch; ``inverse`` (B, P, 3):
    xx, xy and yy of the inverse of their squares; ``other``: the picture that they are searched in; ``places``
    (1, P, 64, 2) of their pixels in it and ``scale`` (2,) of a pixel there, as `grid_sample` counts.
    """

    light: Tensor
    along_x: Tensor
    along_y: Tensor
    inverse: Tensor
    other: Tensor
    places: Tensor
    scale: Tensor


def _patches(light: Tensor, other: Tensor) -> _Patches:
    wide = F.pad(light, (CELL + 1,) * 4, mode="replicate")
    columns = wide[..., :-2, :] + 2.0 * wide[..., 1:-1, :] + wide[..., 2:, :]
    rows = wide[..., :-2] + 2.0 * wide[..., 1:-1] + wide[..., 2:]
    slopes = columns[..., 2:] - columns[..., :-2], rows[..., 2:, :] - rows[..., :-2, :]
    along_x, along_y = (patch - patch.mean(-1, keepdim=True) for patch in (_cut(slope / 8.0) for slope in slopes))
    xx, yy = (along.square().sum(-1, keepdim=True) + RIDGE for along in (along_x, along_y))
    xy = (along_x * along_y).sum(-1, keepdim=True)
    inverse = torch.cat([yy, -xy, xx], -1) / (xx * yy - xy * xy)
    return _Patches(_cut(wide[..., 1:-1, 1:-1]), along_x, along_y, inverse, other, *_places(light))


def _cut(picture: Tensor) -> Tensor:
    """(B, 1, H + 8, W + 8) to its patches (B, P, 64), a quarter after the other: top left, top right, ..."""
    cells = F.pixel_unshuffle(picture, CELL)
    quarters = [cells[..., :-1, :-1], cells[..., :-1, 1:], cells[..., 1:, :-1], cells[..., 1:, 1:]]
    return torch.cat(quarters, 1).flatten(2).transpose(1, 2)


def _places(light: Tensor) -> tuple[Tensor, Tensor]:
    """``places`` and ``scale`` of `_Patches`."""
    height, width = light.shape[-2:]
    kind = {"device": light.device, "dtype": light.dtype}
    within = torch.arange(CELL, **kind)
    down, right = (one.flatten() for one in torch.meshgrid(within, within, indexing="ij"))
    down, right = (
        torch.cat([down, down, down + CELL, down + CELL]),
        torch.cat([right, right + CELL, right, right + CELL]),
    )
    y = (CELL * torch.arange(height // CELL + 1, **kind) - CELL)[:, None] + down
    x = (CELL * torch.arange(width // CELL + 1, **kind) - CELL)[:, None] + right
    x, y = x * (2.0 / (width - 1)) - 1.0, y * (2.0 / (height - 1)) - 1.0
    places = torch.stack([x[None] + 0.0 * y[:, None], y[:, None] + 0.0 * x[None]], -1)
    scale = torch.stack([2.0 / (width - 1) + 0.0 * x[0, 0], 2.0 / (height - 1) + 0.0 * y[0, 0]])
    return places.flatten(0, 1)[None], scale


def _misses(patches: _Patches, flow: Tensor) -> Tensor:
    """What lies by ``flow`` (B, P, 2) from each patch, less the patch, (B, P, 64)."""
    grid = patches.places + (flow * patches.scale)[:, :, None]
    found = F.grid_sample(patches.other, grid, mode="bilinear", padding_mode="border", align_corners=True)
    return found[:, 0] - patches.light


def _misfit(misses: Tensor) -> Tensor:
    """Mean squared differences (B, P, 1), a difference of brightness left out."""
    return misses.square().mean(-1, keepdim=True) - misses.mean(-1, keepdim=True).square()


def _best_neighbour(patches: _Patches, flow: Tensor, rows: int, columns: int) -> Tensor:
    """Each patch's flow or, where that fits better, one of its four neighbours'."""
    here = flow.unflatten(1, (rows, columns))
    around = (
        torch.cat([here[:, :, :1], here[:, :, :-1]], 2),
        torch.cat([here[:, :, 1:], here[:, :, -1:]], 2),
        torch.cat([here[:, :1], here[:, :-1]], 1),
        torch.cat([here[:, 1:], here[:, -1:]], 1),
    )
    best, least = flow, _misfit(_misses(patches, flow))
    for other in (one.flatten(1, 2) for one in around):
        misfit = _misfit(_misses(patches, other))
        best = torch.where(misfit < least, other, best)
        least = torch.minimum(misfit, least)
    return best


def _descended(patches: _Patches, flow: Tensor, times: int) -> Tensor:
    """The flow of each patch by steepest descent, as long as it fits better each time."""
    xx, xy, yy = patches.inverse.split(1, -1)
    best, now = flow, flow
    least = torch.full_like(xx, torch.inf)
    for turn in range(times):
        misses = _misses(patches, now)
        misfit = _misfit(misses)
        better = misfit < least
        best, least = torch.where(better, now, best), torch.where(better, misfit, -1.0)  # once worse, it is over
        if turn < times - 1:
            with_x, with_y = ((misses * along).sum(-1, keepdim=True) for along in (patches.along_x, patches.along_y))
            now = now - torch.cat([xx * with_x + xy * with_y, xy * with_x + yy * with_y], -1)
    lost = (best - flow).square().sum(-1, keepdim=True) > FARTHEST**2
    return torch.where(lost, flow, best)


def _spread(patches: _Patches, flow: Tensor, rows: int, columns: int) -> Tensor:
    """The flow (B, 2, H, W) of each pixel from that of its four patches."""
    weights = _misses(patches, flow).abs().clamp(min=NOISE).reciprocal()
    sums = [
        _joined(one.transpose(1, 2).unflatten(2, (rows, columns)))
        for one in (weights * flow[..., :1], weights * flow[..., 1:], weights)
    ]
    inner = slice(CELL, -CELL)
    return (torch.cat(sums[:2], 1) / sums[2])[..., inner, inner]


def _joined(patches: Tensor) -> Tensor:
    """Sums (B, 1, H + 8, W + 8) of the patches (B, 64, n, m) at each pixel; the reverse of `_cut`."""
    sides = (0, 1, 0, 1), (1, 0, 0, 1), (0, 1, 1, 0), (1, 0, 1, 0)
    cells = [F.pad(quarter, side) for quarter, side in zip(patches.split(CELL**2, 1), sides, strict=True)]
    return F.pixel_shuffle(cells[0] + cells[1] + cells[2] + cells[3], CELL)
