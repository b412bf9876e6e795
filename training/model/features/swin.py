"""Swin Transformer V2 (tiny) as a feature pyramid: the trunk of SwinTExCo.

Seed 000, section 4.2.2.2.1 and Fig. 4.3: the outputs of the four stages. Weights: timm, ImageNet-1k.
"""

from typing import ClassVar

import torch
from torch import Tensor, nn

from tinct.training.model.features.base import FeatureExtractor
from tinct.training.model.features.trunk_weights import Weights, timm_trunk

ARCHITECTURES = {"swin": "swinv2_cr_tiny_ns_224", "swin_window8": "swinv2_tiny_window8_256"}
STRIDES = (4, 8, 16, 32)


class SwinExtractor(FeatureExtractor):
    """Stages at strides 4, 8, 16 and 32 (96, 192, 384 and 768 channels), for pictures of any shape.

    Windows keep the size that they were trained with (7 or 8 cells) at every picture size; a picture that windows do
    not cover evenly is padded, and the masks of shifted windows are made for its own size.
    """

    NAME: ClassVar[str] = "swin"

    def __init__(self, weights: Weights, *, architecture: str = ARCHITECTURES["swin"], **options: object) -> None:
        trunk = timm_trunk(architecture, weights, dynamic_img_size=True, **options)
        levels = {stride: info["num_chs"] for stride, info in zip(STRIDES, trunk.feature_info, strict=True)}
        published = trunk.pretrained_cfg
        super().__init__(trunk, levels, mean=published["mean"], std=published["std"])
        for module in trunk.modules():
            if hasattr(module, "get_attn_mask"):
                module.get_attn_mask = _WindowMask(module)

    def forward(self, rgb: Tensor) -> dict[int, Tensor]:
        stages = self.trunk.forward_intermediates(
            self.normalise(rgb), output_fmt="NCHW", intermediates_only=True, norm=False
        )
        return dict(zip(STRIDES, stages, strict=True))


class _WindowMask:
    """Makes the mask of a block's shifted windows for a picture of any size.

    The same numbers as timm's own method, from two comparisons instead of nine slices written one after another:
    traced with unknown sizes, those make an export of this trunk take minutes.
    """

    def __init__(self, block: nn.Module) -> None:
        self.window, self.shift = block.window_size, block.shift_size

    def __call__(self, x: Tensor | None = None, device: object = None, dtype: object = None) -> Tensor | None:
        """``x`` (B, H, W, C), padded to whole windows -> (windows, cells, cells), 0 within a region, else -100."""
        if x is None or not any(self.shift):
            return None
        (height, width), (rows, columns) = self.window, x.shape[1:3]
        region = 3 * self._regions(rows, 0, x)[:, None] + self._regions(columns, 1, x)[None, :]
        cells = region.reshape(rows // height, height, columns // width, width).transpose(1, 2)
        cells = cells.reshape(-1, height * width)
        return (cells[:, None, :] != cells[:, :, None]).to(x.dtype) * -100.0

    def _regions(self, size: int, axis: int, x: Tensor) -> Tensor:
        """0 before the last window, 1 in it, 2 in its part that the shift brought round from the other side."""
        position = torch.arange(size, device=x.device)
        last = (position >= size - self.window[axis]).to(torch.int64)
        return last + (position >= size - self.shift[axis]).to(torch.int64)
