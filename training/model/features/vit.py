"""Vision Transformer (tiny, patch 16) with feature-transform heads: the trunk of ViTExCo.

Seed 001, section III-B and Fig. 3; seed 000, section 4.2.2.2.1: the tokens after blocks 5, 7, 9 and 11, counted from 0.
"""

from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tinct.training.model.features.base import FeatureExtractor
from tinct.training.model.features.trunk_weights import Weights, timm_trunk

ARCHITECTURE = "vit_tiny_patch16_384"
BLOCKS = (5, 7, 9, 11)
PATCH = 16
LEVELS = {2: 128, 4: 256, 8: 512, 16: 512}
"""Stride of each head's output -> its channels, as the published ViTExCo has them: those of VGG19."""


class FeatureTransform(nn.Module):
    """Brings the tokens of one block to a level of the pyramid: linear, enlarged, normalised, GELU."""

    def __init__(self, tokens: int, channels: int, enlarge: int) -> None:
        super().__init__()
        self.project = nn.Conv2d(tokens, channels, 1)
        self.norm = nn.LayerNorm(channels)
        self.enlarge = enlarge

    def forward(self, grid: Tensor) -> Tensor:
        """``grid`` (B, tokens, h, w) -> (B, channels, h * enlarge, w * enlarge)."""
        x = self.project(grid)
        if self.enlarge > 1:
            x = F.interpolate(x, scale_factor=float(self.enlarge), mode="bilinear", align_corners=False)
        return F.gelu(self.norm(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2))


class VitExtractor(FeatureExtractor):
    """Heads at strides 2, 4, 8 and 16; the heads are trained with the network, the trunk is not.

    The position embedding is resampled to the picture's own grid, bilinearly as in the published ViTExCo and without
    the antialiasing that inference engines refuse.
    """

    NAME: ClassVar[str] = "vit"

    def __init__(self, weights: Weights, *, architecture: str = ARCHITECTURE, **options: object) -> None:
        trunk = timm_trunk(architecture, weights, **options)
        published = trunk.pretrained_cfg
        super().__init__(trunk, LEVELS, mean=published["mean"], std=published["std"])
        self.heads = nn.ModuleList(
            FeatureTransform(trunk.embed_dim, channels, PATCH // stride) for stride, channels in LEVELS.items()
        )

    def forward(self, rgb: Tensor) -> dict[int, Tensor]:
        grids = self._grids(self.normalise(rgb))
        return {stride: head(grid) for stride, head, grid in zip(LEVELS, self.heads, grids, strict=True)}

    def _grids(self, x: Tensor) -> list[Tensor]:
        """The tokens after each of `BLOCKS` as (B, C, H / 16, W / 16)."""
        trunk = self.trunk
        patches = trunk.patch_embed.proj(x)
        height, width = patches.shape[-2:]
        tokens = (patches + self._positions(height, width)).flatten(2).transpose(1, 2)
        first = trunk.cls_token + trunk.pos_embed[:, :1]
        tokens = trunk.norm_pre(torch.cat([first.expand(len(x), -1, -1), tokens], 1))
        grids = []
        for i, block in enumerate(trunk.blocks):
            tokens = block(tokens)
            if i in BLOCKS:
                grids.append(tokens[:, 1:].transpose(1, 2).unflatten(2, (height, width)))
        return grids

    def _positions(self, height: int, width: int) -> Tensor:
        """The position embedding of patches as (1, C, height, width)."""
        grid = self.trunk.patch_embed.grid_size
        stored = self.trunk.pos_embed[:, 1:].transpose(1, 2).unflatten(2, grid)
        return F.interpolate(stored, size=(height, width), mode="bilinear", align_corners=False)
