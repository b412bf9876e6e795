"""EfficientNet-Lite0, the trunk of `lite`, behind the interface of the other extractors."""

from typing import ClassVar

from torch import Tensor

from tinct.training.model.features.base import FeatureExtractor
from tinct.training.model.features.trunk_weights import PRETRAINED, RANDOM, Weights, existing, unusable
from tinct.training.model.trunk import CHANNELS, EfficientNetLite0, load_pretrained


class LiteExtractor(FeatureExtractor):
    """Levels at strides 4, 8 and 16; its pretrained weights lie in a registry package, so no hub is asked.

    A weights file is a state dictionary of the package's own form.
    """

    NAME: ClassVar[str] = "lite"

    def __init__(self, weights: Weights) -> None:
        trunk = EfficientNetLite0()
        if weights == PRETRAINED:
            load_pretrained(trunk)
        elif weights != RANDOM:
            try:
                load_pretrained(trunk, existing(weights, self.NAME))
            except Exception as error:  # torch raises what its unpickler raises
                raise unusable(self.NAME, weights, error) from error
        # the trunk scales its input itself
        super().__init__(trunk, CHANNELS, mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0))

    def forward(self, rgb: Tensor) -> dict[int, Tensor]:
        levels: dict[int, Tensor] = self.trunk(self.normalise(rgb))
        return levels
