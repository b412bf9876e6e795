"""`lite`: the exemplar-based colorization model that ships with Tinct.

Frame and still are both matched on luminance alone: measured on training clips, grey-to-grey matching beats
grey-to-colour by 0.3 dB.
"""

from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from tinct.training.model.colour_net import ColourNet, ColourNetConfig
from tinct.training.model.correspondence import CorrespondenceConfig, CorrespondenceHead
from tinct.training.model.matching import Bank, Match, match, subcell_tokens, tokens
from tinct.training.model.network import Colours, ExemplarBased, FrameInputs
from tinct.training.model.trunk import EfficientNetLite0


@dataclass(frozen=True)
class LiteConfig:
    """Configuration of `Lite`. ``candidates``: tokens whose sub-cells are searched at stride 4."""

    correspondence: CorrespondenceConfig = field(default_factory=CorrespondenceConfig)
    colour: ColourNetConfig = field(default_factory=ColourNetConfig)
    candidates: int = 8
    l_mean: float = 50.0
    l_scale: float = 50.0
    ab_scale: float = 110.0


class Lite(ExemplarBased):
    """EfficientNet-Lite0 trunk, coarse-to-fine matching, and a network that blends moved and copied colour."""

    VARIANT = "lite"
    BANK = Bank._fields

    def __init__(self, config: LiteConfig) -> None:
        super().__init__()
        self.config = config
        self.trunk = EfficientNetLite0()
        self.correspondence = CorrespondenceHead(config.correspondence)
        self.colour = ColourNet(config.colour)

    def encode_reference(self, still: Tensor) -> Bank:
        _, coarse, fine = self._describe(still[:, :1])
        with torch.autocast(still.device.type, enabled=False):
            ab4 = nn.functional.avg_pool2d(still[:, 1:], 4)
            ab8 = nn.functional.avg_pool2d(ab4, 2)
        return Bank(tokens(coarse), tokens(ab8), subcell_tokens(fine), subcell_tokens(ab4))

    def colour_and_match(self, frame: FrameInputs, bank: Bank, bank_bias: Tensor) -> tuple[Colours, Match]:
        pyramid, matched = self.matched(frame.luminance, bank, bank_bias)
        return self.colour(frame, matched, pyramid), matched

    def matched(self, luminance: Tensor, bank: Bank, bank_bias: Tensor) -> tuple[dict[int, Tensor], Match]:
        """Trunk levels by stride of a frame's ``luminance`` (B, 1, H, W), scaled, and what is copied to it."""
        pyramid, coarse, fine = self._describe(luminance)
        with torch.autocast(luminance.device.type, enabled=False):
            return pyramid, match(coarse, fine, bank, bank_bias, self.config.candidates)

    def _describe(self, luminance: Tensor) -> tuple[dict[int, Tensor], Tensor, Tensor]:
        """Trunk levels by stride, and the descriptors of `CorrespondenceHead` in full precision."""
        grey = (luminance * self.config.l_scale + self.config.l_mean) / 100.0
        pyramid: dict[int, Tensor] = self.trunk(grey.expand(-1, 3, -1, -1))
        with torch.autocast(luminance.device.type, enabled=False):
            coarse, fine = self.correspondence({k: v.float() for k, v in pyramid.items()})
        return pyramid, coarse, fine
