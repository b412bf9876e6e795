"""What every feature extractor of the networks promises."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import ClassVar

import torch
from torch import Tensor, nn


class FeatureExtractor(nn.Module, ABC):
    """A pretrained trunk that turns a picture into a feature pyramid.

    The trunk is frozen: its weights ask for no gradient and it stays in evaluation mode, so that no dropout of its own
    disturbs matching. Gradients pass through it to the picture, as losses on features need.
    """

    NAME: ClassVar[str]
    trunk: nn.Module

    def __init__(
        self, trunk: nn.Module, channels: Mapping[int, int], *, mean: Sequence[float], std: Sequence[float]
    ) -> None:
        super().__init__()
        self.trunk = trunk.eval().requires_grad_(False)
        self.channels = dict(channels)
        """Stride of each level of the pyramid -> its channels."""
        self.register_buffer("mean", torch.tensor(mean).reshape(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(std).reshape(1, 3, 1, 1), persistent=False)

    @abstractmethod
    def forward(self, rgb: Tensor) -> dict[int, Tensor]:
        """Features of ``rgb`` (B, 3, H, W), sRGB-encoded 0..1, H and W multiples of 32.

        Returns stride -> (B, channels[stride], H / stride, W / stride).
        """

    def normalise(self, rgb: Tensor) -> Tensor:
        """``rgb`` in the scale that the trunk was trained with, in its weights' type."""
        return ((rgb - self.mean) / self.std).to(self.mean.dtype)

    def train(self, mode: bool = True) -> "FeatureExtractor":
        super().train(mode)
        self.trunk.eval()
        return self
