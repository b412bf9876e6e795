"""Correspondence features: what a place looks like, comparable between a frame and a still.

Shapes: B batch, H and W image size, h = H/8 and w = W/8 (coarse cells), N = h w, C feature size.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tinct.training.model.trunk import CHANNELS

EPSILON = 1e-4
"""Floor of feature norms; large enough for half precision."""


@dataclass(frozen=True)
class CorrespondenceConfig:
    """Sizes of the learned features; the raw ones are the trunk's."""

    coarse: int = 64
    fine: int = 24
    hidden: int = 96


def standardise(features: Tensor) -> Tensor:
    """Subtract each channel's spatial mean and scale to unit length over channels (seed 000 section 3.2, eq. 3.1)."""
    centred = features - features.mean((2, 3), keepdim=True)
    return unit(centred)


def unit(features: Tensor) -> Tensor:
    """Scale (B, C, h, w) to unit length over channels."""
    return features / features.norm(dim=1, keepdim=True).clamp_min(EPSILON)


class CorrespondenceHead(nn.Module):
    """Turns a feature pyramid into coarse (stride 8) and fine (stride 4) descriptors whose dot product is a logit.

    Raw trunk features and learned ones stand side by side, each scaled by the root of a learned weight, so that a dot
    product of descriptors is the weighted sum of raw and learned cosine similarities over temperature.
    """

    def __init__(self, config: CorrespondenceConfig) -> None:
        super().__init__()
        raw = CHANNELS[8] + CHANNELS[16]
        self.coarse = nn.Sequential(
            nn.Conv2d(raw, config.hidden, 1),
            nn.ReLU(),
            nn.Conv2d(config.hidden, config.hidden, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(config.hidden, config.coarse, 1),
        )
        self.lift = nn.Conv2d(config.hidden, config.fine, 1)
        self.fine = nn.Sequential(
            nn.Conv2d(CHANNELS[4] + config.fine, config.fine, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(config.fine, config.fine, 1),
        )
        self.log_scale = nn.Parameter(torch.log(torch.tensor([20.0, 20.0, 6.0, 6.0, 3.0])))
        """Inverse temperatures of: raw /8, raw /16, learned /8, raw /4, learned /4."""

    def forward(self, pyramid: dict[int, Tensor]) -> tuple[Tensor, Tensor]:
        """Descriptors: coarse (B, Cc, h, w) and fine (B, Cf, 2h, 2w)."""
        size = pyramid[8].shape[-2:]
        raw8 = standardise(pyramid[8])
        raw16 = standardise(F.interpolate(pyramid[16], size=size, mode="bilinear", align_corners=False))
        hidden = self.coarse[:4](torch.cat([raw8, raw16], 1))
        learned8 = unit(self.coarse[4](hidden))
        raw4 = standardise(pyramid[4])
        lifted = F.interpolate(self.lift(hidden), size=raw4.shape[-2:], mode="bilinear", align_corners=False)
        learned4 = unit(self.fine(torch.cat([raw4, lifted], 1)))
        scale = torch.exp(0.5 * self.log_scale)
        coarse = torch.cat([raw8 * scale[0], raw16 * scale[1], learned8 * scale[2]], 1)
        fine = torch.cat([raw4 * scale[3], learned4 * scale[4]], 1)
        return coarse, fine
