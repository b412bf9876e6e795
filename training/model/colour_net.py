"""The colorization network of `lite`: chooses between moved and copied colour at every pixel and corrects the result.

A U-Net without normalisation layers (safe in half precision). Its last layer starts at zero, so that an untrained
network is the hand-made rule: moved colour where motion is trusted, copied colour elsewhere.
"""

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tinct.training.model.matching import Match
from tinct.training.model.trunk import CHANNELS

FULL_PLANES = 7  # luminance, moved ab, validity, hint a, b, mask
QUARTER_PLANES = 6  # fine copy, coarse copy, similarity, certainty
HEADS = 6  # three blend logits, correction a, b, confidence


@dataclass(frozen=True)
class ColourNetConfig:
    """Channels at strides 2, 4, 8 and 16; ``correction`` is the largest correction in scaled ab."""

    channels: tuple[int, int, int, int] = (32, 64, 96, 160)
    correction: float = 0.5


class Colours(NamedTuple):
    """``ab`` (B, 2, H, W) scaled, ``confidence`` (B, 1, H, W) 0..1."""

    ab: Tensor
    confidence: Tensor


class Residual(nn.Module):
    """Two 3x3 convolutions beside an identity; the second starts at zero."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, channels, 3, padding=1)
        self.second = nn.Conv2d(channels, channels, 3, padding=1)
        nn.init.zeros_(self.second.weight)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.second(F.relu(self.first(F.relu(x))))


class ColourNet(nn.Module):
    """Colours a frame from its luminance, moved colour, copied colour and hints."""

    def __init__(self, config: ColourNetConfig) -> None:
        super().__init__()
        c2, c4, c8, c16 = config.channels
        self.correction = config.correction
        self.enter2 = nn.Conv2d(FULL_PLANES * 4, c2, 3, padding=1)
        self.enter4 = nn.Conv2d(c2, c4, 3, stride=2, padding=1)
        self.mix4 = nn.Conv2d(c4 + QUARTER_PLANES, c4, 3, padding=1)
        self.enter8 = nn.Conv2d(c4, c8, 3, stride=2, padding=1)
        self.mix8 = nn.Conv2d(c8 + CHANNELS[8], c8, 3, padding=1)
        self.enter16 = nn.Conv2d(c8, c16, 3, stride=2, padding=1)
        self.mix16 = nn.Conv2d(c16 + CHANNELS[16], c16, 3, padding=1)
        self.deep16 = nn.Sequential(Residual(c16), Residual(c16))
        self.leave16, self.deep8 = nn.Conv2d(c16, c8, 1), Residual(c8)
        self.leave8, self.deep4 = nn.Conv2d(c8, c4, 1), Residual(c4)
        self.leave4, self.deep2 = nn.Conv2d(c4, c2, 1), Residual(c2)
        self.head = nn.Conv2d(c2, HEADS * 4, 3, padding=1)
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)

    def forward(
        self,
        luminance: Tensor,
        moved: Tensor,
        validity: Tensor,
        hints: Tensor,
        matched: Match,
        pyramid: dict[int, Tensor],
    ) -> Colours:
        """Colour a frame.

        ``luminance`` (B, 1, H, W) scaled; ``moved`` (B, 2, H, W) previous colour moved to this frame, scaled ab (a
        guess where the validity is low, 0 without a past); ``validity`` (B, 1, H, W) 0..1; ``hints`` (B, 3, H, W)
        scaled a, b and mask; ``matched`` and ``pyramid`` as their makers say.
        """
        full = torch.cat([luminance, moved, validity, hints], 1)
        raw = self._unet(full, matched, pyramid)
        heads = F.pixel_shuffle(raw, 2)
        size = luminance.shape[-2:]
        fine = F.interpolate(matched.fine, size=size, mode="bilinear", align_corners=False)
        coarse = F.interpolate(matched.coarse, size=size, mode="bilinear", align_corners=False)
        return self._compose(heads.float(), moved, validity, fine, coarse)

    def _unet(self, full: Tensor, matched: Match, pyramid: dict[int, Tensor]) -> Tensor:
        size4 = matched.fine.shape[-2:]
        cells = torch.cat([matched.coarse, matched.similarity * 0.05, matched.certainty], 1)
        quarter = torch.cat([matched.fine, F.interpolate(cells, size=size4, mode="bilinear", align_corners=False)], 1)
        x2 = self.enter2(F.pixel_unshuffle(full, 2))
        x4 = self.mix4(torch.cat([F.relu(self.enter4(F.relu(x2))), quarter], 1))
        x8 = self.mix8(torch.cat([F.relu(self.enter8(F.relu(x4))), pyramid[8] * 0.25], 1))
        x16 = self.mix16(torch.cat([F.relu(self.enter16(F.relu(x8))), pyramid[16] * 0.25], 1))
        x16 = self.deep16(x16)
        x8 = self.deep8(x8 + _twice(self.leave16(x16)))
        x4 = self.deep4(x4 + _twice(self.leave8(x8)))
        x2 = self.deep2(x2 + _twice(self.leave4(x4)))
        return self.head(F.relu(x2))

    def _compose(self, heads: Tensor, moved: Tensor, validity: Tensor, fine: Tensor, coarse: Tensor) -> Colours:
        prior = torch.cat([8.0 * validity - 4.0, torch.zeros_like(validity), torch.full_like(validity, -1.0)], 1)
        weight = F.softmax(heads[:, :3] + prior, 1)
        ab = weight[:, 0:1] * moved + weight[:, 1:2] * fine + weight[:, 2:3] * coarse
        ab = ab + self.correction * torch.tanh(heads[:, 3:5])
        return Colours(ab.clamp(-1.2, 1.2), torch.sigmoid(heads[:, 5:6]))


def _twice(x: Tensor) -> Tensor:
    return F.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)
