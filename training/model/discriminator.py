"""The discriminator of the seeds: tells two consecutive true frames from two coloured ones.

Seed 000, section 4.2.2.3, layer by layer as DEVC and SwinTExCo publish it. Spectral normalisation: Miyato et al., ICLR
2018; self-attention: Zhang et al., "Self-Attention Generative Adversarial Networks", ICML 2019, section 3.
"""

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.parametrizations import spectral_norm

from tinct.training.model.exemplar.instance_norm import InstanceNorm

PLANES = 6
"""Two consecutive Lab frames."""
SLOPE = 0.2
LAST_KERNEL = 3


@dataclass(frozen=True)
class DiscriminatorConfig:
    """``channels``: of each halving; ``attention_after``: the halving, from 1, that self-attention follows."""

    channels: tuple[int, ...] = (64, 64, 128, 256, 512, 1024)
    attention_after: int = 2


class Judgement(NamedTuple):
    """``score`` (B, 1): higher for true frames, without bound; ``features``: of the fourth halving (or the last, of
    fewer), for losses that compare them."""

    score: Tensor
    features: Tensor


class SelfAttention(nn.Module):
    """Every place looks at every other; added with a gain that starts at 0."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.query = spectral_norm(nn.Conv2d(channels, channels, 1))
        self.key = spectral_norm(nn.Conv2d(channels, channels, 1))
        self.value = spectral_norm(nn.Conv2d(channels, channels, 1))
        self.gamma = nn.Parameter(torch.zeros(1))

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, h, w) -> the same shape. The softmax runs in float32."""
        query, key, value = (project(x).flatten(2).transpose(1, 2) for project in (self.query, self.key, self.value))
        with torch.autocast(x.device.type, enabled=False):
            # no scale below the softmax, as published
            found = F.scaled_dot_product_attention(query.float(), key.float(), value.float(), scale=1.0)
        return x + self.gamma * found.transpose(1, 2).reshape(x.shape).to(x.dtype)


class Discriminator(nn.Module):
    """Spectral-norm convolutions that halve the picture, self-attention, and one score averaged over the picture."""

    def __init__(self, config: DiscriminatorConfig | None = None) -> None:
        super().__init__()
        self.config = config or DiscriminatorConfig()
        layers, inputs = [], PLANES
        for i, channels in enumerate(self.config.channels, 1):
            convolution = spectral_norm(nn.Conv2d(inputs, channels, 4, 2, 1))
            norm = [InstanceNorm()] if i > 1 else []
            attention = [SelfAttention(channels)] if i == self.config.attention_after else []
            layers.append(nn.Sequential(convolution, *norm, nn.LeakyReLU(SLOPE), *attention))
            inputs = channels
        self.halvings = nn.ModuleList(layers)
        self.last = spectral_norm(nn.Conv2d(inputs, 1, LAST_KERNEL))

    @property
    def smallest_side(self) -> int:
        """Pixels below which the last normalisation has a single place and nothing to compare."""
        return 2 ** (len(self.config.channels) + 1)

    def forward(self, previous: Tensor, current: Tensor) -> Judgement:
        """Judge two consecutive frames, each (B, 3, H, W) scaled Lab.

        Raises:
            ValueError: a side is shorter than `smallest_side`.
        """
        height, width = current.shape[-2:]
        if min(height, width) < self.smallest_side:
            raise ValueError(
                f"a discriminator of {len(self.halvings)} halvings needs frames of at least {self.smallest_side} "
                f"pixels a side, not {height} x {width}; use larger frames or fewer channels in DiscriminatorConfig"
            )
        x, features = torch.cat([previous, current], 1), current
        for i, halving in enumerate(self.halvings, 1):
            x = halving(x)
            features = x if i <= 4 else features
        short = [max(0, LAST_KERNEL - side) for side in x.shape[-2:]]  # frames below 192 pixels a side
        scores = self.last(F.pad(x, (0, short[1], 0, short[0])))
        return Judgement(scores.mean((2, 3)), features)
