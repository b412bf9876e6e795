"""One vector for a whole picture, by which stills that show the same place are found.

Generalised-mean pooling: Radenovic, Tolias, Chum, "Fine-tuning CNN Image Retrieval with No Human Annotation" (TPAMI
2019), eq. 3, here of the positive and of the negative parts of each channel, because the trunk's levels are signed.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

SMALLEST = 1e-6
"""Stands for the part of a channel that is nowhere positive (or negative): a root of zero has no gradient."""


@dataclass(frozen=True)
class DescriptorConfig:
    """``stride``: level of the pyramid that is pooled. ``power``: exponent of the generalised mean (1 = the mean).
    ``short_side``: of the pictures that are described, in pixels. ``l_mean``, ``l_scale``: how luminance is scaled."""

    stride: int = 16
    power: float = 3.0
    short_side: int = 224
    l_mean: float = 50.0
    l_scale: float = 50.0


class GlobalDescriptor(nn.Module):
    """Describes a picture by its luminance alone, so that a grey plate and a colour still of one view agree."""

    def __init__(self, trunk: nn.Module, config: DescriptorConfig) -> None:
        """``trunk`` maps (B, 3, H, W) in 0..1 to features (B, C, h, w) keyed by stride; it is shared, not copied."""
        super().__init__()
        self.trunk: Callable[[Tensor], Mapping[int, Tensor]] = trunk
        self.config = config

    def forward(self, luminance: Tensor) -> Tensor:
        """Scaled L* (B, 1, H, W), sides multiples of 32 -> (B, 2 C) of unit length."""
        grey = (luminance * self.config.l_scale + self.config.l_mean) / 100.0
        level = self.trunk(grey.expand(-1, 3, -1, -1))[self.config.stride]
        with torch.autocast(luminance.device.type, enabled=False):
            return signed_gem(level.float(), self.config.power)


def signed_gem(features: Tensor, power: float) -> Tensor:
    """Generalised means of the positive and the negative parts of ``features`` (B, C, h, w) as (B, 2 C), unit length.

    The mean over the 2 C numbers is taken off first: it is large in all pictures, and without it all cosines lie
    above 0.95.
    """
    parts = torch.cat([features, -features], 1).clamp_min(SMALLEST)
    pooled = parts.pow(power).mean((2, 3)).pow(1.0 / power)
    return F.normalize(pooled - pooled.mean(1, keepdim=True), dim=1)
