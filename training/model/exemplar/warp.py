"""The warp submodule: finds where each place of a frame occurs in the stills and copies the colour from there.

Seed 000, section 4.2.2.2.2 and Fig. 4.4; layer by layer as DEVC and SwinTExCo publish it.
Shapes: B batch, h = H/4 and w = W/4, Nq = h w cells of the frame, N tokens of all stills, E embedding size.
"""

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tinct.training.model.correspondence import standardise, unit
from tinct.training.model.exemplar.instance_norm import InstanceNorm
from tinct.training.model.matching import tokens

STRIDE = 4
"""Stride at which frame and still are compared."""


@dataclass(frozen=True)
class WarpConfig:
    """Sizes of the warp submodule.

    ``strides``: levels of the pyramid that it reads, fine to coarse; ``hidden``: channels between the two units of each
    level. ``features``: F, the channels that each level ends with. ``enlarge``: nearest enlargement of every level
    before its units (SwinTExCo enlarges by 2, so that its levels lie where VGG19's do). ``temperature``: T of the
    softmax. ``upsampling``: how the maps at stride 4 are brought to the frame's size. ``chunk``: cells of the frame
    that are compared at a time when no gradient is wanted; the result is the same, the memory chunk x N.
    """

    strides: tuple[int, ...] = (4, 8, 16, 32)
    hidden: tuple[int, ...] = (128, 128, 256, 256)
    features: int = 128
    embedding: int = 256
    residual_blocks: int = 3
    dropout: float = 0.2
    enlarge: int = 2
    temperature: float = 0.01
    upsampling: str = "nearest"
    chunk: int = 512


class ExemplarBank(NamedTuple):
    """Tokens of the stills, joined along axis 1: ``key`` (B, N, E) of unit length, centred on its own still's mean, and
    ``value`` (B, N, 2) scaled ab, mean of the token's 4 x 4 pixels."""

    key: Tensor
    value: Tensor


class WarpedColour(NamedTuple):
    """``fine`` (B, 2, h, w) and ``coarse`` (B, 2, h/2, w/2) copied colour, scaled ab; ``similarity`` (B, 1, h, w), the
    similarity map: the largest cosine of a cell with any token, -1..1."""

    fine: Tensor
    coarse: Tensor
    similarity: Tensor


class WarpSubmodule(nn.Module):
    """Feature-transform block, residual blocks, and the projections theta (frame) and phi (still)."""

    def __init__(self, config: WarpConfig, channels: dict[int, int]) -> None:
        super().__init__()
        self.config = config
        self.levels = nn.ModuleList(
            _level(channels[stride], hidden, stride / config.enlarge, config)
            for stride, hidden in zip(config.strides, config.hidden, strict=True)
        )
        width = config.features * len(config.strides)
        self.residual = nn.Sequential(*(_ResidualBlock(width) for _ in range(config.residual_blocks)))
        self.theta = nn.Conv2d(width, config.embedding, 1)
        self.phi = nn.Conv2d(width, config.embedding, 1)
        self.phi.load_state_dict(self.theta.state_dict())  # untrained, a place is most like itself

    def embed_frame(self, pyramid: dict[int, Tensor]) -> Tensor:
        """Theta (B, E, h, w) of a frame in float32, unit length."""
        return self._embed(pyramid, self.theta)

    def embed_still(self, pyramid: dict[int, Tensor]) -> Tensor:
        """Phi (B, E, h, w) of a still in float32, unit length."""
        return self._embed(pyramid, self.phi)

    def _embed(self, pyramid: dict[int, Tensor], project: nn.Conv2d) -> Tensor:
        grids = []
        for stride, level in zip(self.config.strides, self.levels, strict=True):
            with torch.autocast(pyramid[stride].device.type, enabled=False):
                x = unit(pyramid[stride].float())
            if self.config.enlarge > 1:
                x = F.interpolate(x, scale_factor=float(self.config.enlarge), mode="nearest")
            grids.append(level(x.to(project.weight.dtype)))
        embedded = project(self.residual(torch.cat(grids, 1)))
        with torch.autocast(embedded.device.type, enabled=False):
            return standardise(embedded.float())

    def copy(self, theta: Tensor, bank: ExemplarBank, bias: Tensor) -> WarpedColour:
        """Copy colour from ``bank`` to the cells of a frame.

        ``theta`` (B, E, h, w) from `embed_frame`; ``bias`` (B, N): natural logarithm of each token's weight. Runs in
        float32: over a temperature of 0.01 half precision loses the differences that decide.
        """
        height, width = theta.shape[-2:]
        with torch.autocast(theta.device.type, enabled=False):
            query, key, value = tokens(theta).float(), bank.key.float(), bank.value.float()
            if torch.is_grad_enabled() or torch.compiler.is_exporting():
                parts = [self._attend(query, key, value, bias.float())]
            else:
                parts = [self._attend(part, key, value, bias.float()) for part in query.split(self.config.chunk, 1)]
            ab, similarity = (torch.cat(part, 1) if len(part) > 1 else part[0] for part in zip(*parts, strict=True))
        fine = ab.transpose(1, 2).reshape(-1, 2, height, width)
        return WarpedColour(fine, F.avg_pool2d(fine, 2), similarity.reshape(-1, 1, height, width))

    def _attend(self, query: Tensor, key: Tensor, value: Tensor, bias: Tensor) -> tuple[Tensor, Tensor]:
        """Colour (B, n, 2) and similarity (B, n, 1) of n cells: the correlation matrix M = theta^T phi, its maximum
        over the still, and softmax(M / T) times the still's colour."""
        correlation = query @ key.transpose(1, 2)
        weight = F.softmax(correlation / self.config.temperature + bias[:, None, :], -1)
        return weight @ value, correlation.amax(-1, keepdim=True)

    def enlarge(self, grid: Tensor) -> Tensor:
        """A map at stride 4 brought to the frame's size."""
        smooth = {} if self.config.upsampling == "nearest" else {"align_corners": False}
        return F.interpolate(grid, scale_factor=float(STRIDE), mode=self.config.upsampling, **smooth)


class _Unit(nn.Module):
    """Reflection padding, 3x3 convolution, instance norm, PReLU."""

    def __init__(self, inputs: int, outputs: int, *, stride: int = 1) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, 3, stride, padding=1, padding_mode="reflect")
        self.norm = InstanceNorm()
        self.act = nn.PReLU()

    def forward(self, x: Tensor) -> Tensor:
        return self.act(self.norm(self.conv(x)))


class _ResidualBlock(nn.Module):
    """Two convolutions with instance norm beside an identity; one PReLU serves both places, as published."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = _Unit(channels, channels)
        self.second = nn.Conv2d(channels, channels, 3, padding=1, padding_mode="reflect")
        self.norm = InstanceNorm()

    def forward(self, x: Tensor) -> Tensor:
        return self.first.act(x + self.norm(self.second(self.first(x))))


def _level(inputs: int, hidden: int, stride: float, config: WarpConfig) -> nn.Sequential:
    """Two units that bring a level from ``stride`` to stride 4; far levels are enlarged between the units too."""
    ratio = stride / STRIDE
    if ratio not in (0.5, 1, 2, 4, 8):
        raise ValueError(f"a level of stride {stride:g} cannot be brought to stride {STRIDE}; use strides 2 to 32")
    between = 2 if ratio >= 4 else 1
    after = int(ratio / between) if ratio > 1 else 1
    return nn.Sequential(
        _Unit(inputs, hidden),
        nn.Upsample(scale_factor=between) if between > 1 else nn.Identity(),
        _Unit(hidden, config.features, stride=2 if ratio < 1 else 1),
        nn.Upsample(scale_factor=after) if after > 1 else nn.Identity(),
        nn.Dropout(config.dropout),
    )
