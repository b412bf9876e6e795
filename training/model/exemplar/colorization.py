"""The colorization submodule: ab of a frame from its luminance, the copied colour and the previous colour.

Seed 000, section 4.2.2.2.3 and Fig. 4.5; layer by layer as DEVC (ReLU) and SwinTExCo (PReLU) publish it.
"""

from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor, nn

from tinct.training.model.exemplar.instance_norm import InstanceNorm

PLANES = 7
"""Inputs of the seed: luminance, copied ab, similarity, previous Lab."""
OWN_PLANES = 4
"""Inputs of ours: validity of the moved colour; a, b and mask of the hints."""
LARGEST_AB = 128.0


@dataclass(frozen=True)
class ColorizationConfig:
    """``widths``: channels of the first convolution and at strides 1, 2, 4 and 8; ``activation``: ``"prelu"`` or
    ``"relu"``."""

    widths: tuple[int, int, int, int, int] = (32, 64, 128, 256, 512)
    activation: str = "prelu"


class ColorizationSubmodule(nn.Module):
    """A U-Net of three halvings with dilated convolutions at its bottom and additive skips."""

    def __init__(self, config: ColorizationConfig) -> None:
        super().__init__()
        if config.activation not in ("prelu", "relu"):
            raise ValueError(f"the activation {config.activation!r} is unknown; use 'prelu' or 'relu'")
        stem, c1, c2, c4, c8 = config.widths
        self.kind = config.activation
        self.encode1 = nn.Sequential(
            nn.Conv2d(PLANES + OWN_PLANES, stem, 3, padding=1), nn.ReLU(), *self._stage(stem, c1, c1)
        )
        self.half1 = _halving(c1)
        self.encode2 = self._stage(c1, c2, c2)
        self.half2 = _halving(c2)
        self.encode4 = self._stage(c2, c4, c4, c4)
        self.half4 = _halving(c4)
        self.bottom = nn.Sequential(
            self._stage(c4, c8, c8, c8),
            self._stage(c8, c8, c8, c8, dilation=2),
            self._stage(c8, c8, c8, c8, dilation=2),
            self._stage(c8, c8, c8, c8),
        )
        self.up4, self.skip4 = _doubling(c8, c4), nn.Conv2d(c4, c4, 3, padding=1)
        self.decode4 = nn.Sequential(self._activation(), *self._stage(c4, c4, c4))
        self.up2, self.skip2 = _doubling(c4, c2), nn.Conv2d(c2, c2, 3, padding=1)
        self.decode2 = nn.Sequential(self._activation(), *self._stage(c2, c2))
        self.up1, self.skip1 = _doubling(c2, c2), nn.Conv2d(c1, c2, 3, padding=1)
        self.decode1 = nn.Sequential(self._activation(), nn.Conv2d(c2, c2, 3, padding=1), nn.LeakyReLU(0.2))
        self.ab = nn.Conv2d(c2, 2, 1)

    def forward(self, planes: Tensor) -> Tensor:
        """``planes`` (B, 11, H, W), in Lab units and 0..1 for similarity, validity and mask -> ab (B, 2, H, W), Lab
        units within +-128, float32. H and W are multiples of 8."""
        x1 = self.encode1(planes.to(self.ab.weight.dtype))
        x2 = self.encode2(self.half1(x1))
        x4 = self.encode4(self.half2(x2))
        x8 = self.bottom(self.half4(x4))
        y4 = self.decode4(self.up4(x8) + self.skip4(x4))
        y2 = self.decode2(self.up2(y4) + self.skip2(x2))
        y1 = self.decode1(self.up1(y2) + self.skip1(x1))
        return torch.tanh(self.ab(y1).float()) * LARGEST_AB

    def _activation(self) -> nn.Module:
        return nn.PReLU() if self.kind == "prelu" else nn.ReLU()

    def _stage(self, *widths: int, dilation: int = 1) -> nn.Sequential:
        """3x3 convolutions from width to width, each with its activation, and an instance norm."""
        layers: list[nn.Module] = []
        for inputs, outputs in pairwise(widths):
            layers += [nn.Conv2d(inputs, outputs, 3, padding=dilation, dilation=dilation), self._activation()]
        return nn.Sequential(*layers, InstanceNorm())


def _halving(channels: int) -> nn.Conv2d:
    """Every second pixel of every second row, with a learned gain a channel."""
    return nn.Conv2d(channels, channels, 1, 2, groups=channels, bias=False)


def _doubling(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(nn.Upsample(scale_factor=2), nn.Conv2d(inputs, outputs, 3, padding=1))
