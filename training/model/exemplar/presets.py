"""Configurations of `ExemplarNetwork` as the seeds and DEVC publish them, and small ones of the same layers."""

from dataclasses import replace
from typing import Any

from tinct.training.model.exemplar.colorization import ColorizationConfig
from tinct.training.model.exemplar.network import ExemplarConfig
from tinct.training.model.exemplar.warp import WarpConfig

_TINY_TRUNKS: dict[str, dict[str, Any]] = {
    "swin": {"embed_dim": 16, "depths": (1, 2, 1, 1), "num_heads": (1, 1, 2, 2)},
    "vit": {"embed_dim": 32, "num_heads": 2},
    "vgg19": {"widths": (8, 8, 16, 16, 16)},
}


def swintexco() -> ExemplarConfig:
    """SwinTExCo (seed 000): Swin Transformer V2 tiny, F = 128, PReLU."""
    return ExemplarConfig("swin", "swin")


def vitexco() -> ExemplarConfig:
    """ViTExCo (seeds 000 and 001): ViT tiny with feature-transform heads at VGG19's levels, F = 64, PReLU."""
    warp = WarpConfig(strides=(2, 4, 8, 16), features=64, enlarge=1)
    return ExemplarConfig("vit", "vit", warp=warp)


def devc() -> ExemplarConfig:
    """DEVC (Zhang et al., CVPR 2019): VGG19, F = 64, ReLU, no dropout."""
    warp = WarpConfig(strides=(2, 4, 8, 16), features=64, enlarge=1, dropout=0.0)
    return ExemplarConfig("devc", "vgg19", warp=warp, colorization=ColorizationConfig(activation="relu"))


def tiny(config: ExemplarConfig) -> ExemplarConfig:
    """The layers of ``config`` with few channels and few blocks, for trying out a run or an export within seconds.

    Pretrained weights do not fit its trunk.
    """
    warp = replace(config.warp, features=8, hidden=(8, 8, 8, 8), embedding=32, residual_blocks=1)
    colorization = replace(config.colorization, widths=(8, 8, 8, 8, 16))
    options = _TINY_TRUNKS[config.extractor]
    return replace(config, extractor_options=options, warp=warp, colorization=colorization)
