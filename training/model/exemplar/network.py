"""SwinTExCo, ViTExCo and DEVC: one network, three configurations.

Where this differs from the seeds, docs/networks.md says why.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tinct.training.model.exemplar.colorization import ColorizationConfig, ColorizationSubmodule
from tinct.training.model.exemplar.lab_rgb import lab_to_rgb
from tinct.training.model.exemplar.warp import STRIDE, ExemplarBank, WarpConfig, WarpedColour, WarpSubmodule
from tinct.training.model.features import create_extractor
from tinct.training.model.features.trunk_weights import Weights
from tinct.training.model.matching import tokens
from tinct.training.model.network import Colours, ExemplarBased, FrameInputs


@dataclass(frozen=True)
class ExemplarConfig:
    """Configuration of `ExemplarNetwork`.

    ``variant``: its name in bundles and checkpoints; ``extractor``: a name that `create_extractor` knows, with
    ``extractor_options``. ``colour_stills``: the trunk looks at stills in colour as the seeds do, else in grey like at
    frames. The scales are those of network input and output.
    """

    variant: str
    extractor: str
    extractor_options: Mapping[str, Any] = field(default_factory=dict)
    warp: WarpConfig = field(default_factory=WarpConfig)
    colorization: ColorizationConfig = field(default_factory=ColorizationConfig)
    colour_stills: bool = True
    l_mean: float = 50.0
    l_scale: float = 50.0
    ab_scale: float = 110.0


class ExemplarNetwork(ExemplarBased):
    """Feature extractor, warp submodule, colorization submodule, and a calibrated confidence."""

    BANK = ExemplarBank._fields

    def __init__(self, config: ExemplarConfig, *, weights: Weights) -> None:
        """``weights``: where the trunk's come from (see `create_extractor`); everything else starts at random.

        Raises:
            FeatureWeightsError, ModuleNotFoundError, ValueError: as `create_extractor`.
        """
        super().__init__()
        self.config = config
        self.extractor = create_extractor(config.extractor, weights=weights, **config.extractor_options)
        self.warp = WarpSubmodule(config.warp, self.extractor.channels)
        self.colorization = ColorizationSubmodule(config.colorization)
        self.confidence = nn.Conv2d(2, 1, 1)
        with torch.no_grad():  # before any training: half sure at a cosine of 0.7, or of 0.5 where motion is trusted
            self.confidence.weight.copy_(torch.tensor([10.0, 2.0]).reshape(1, 2, 1, 1))
            self.confidence.bias.fill_(-7.0)

    @property
    def VARIANT(self) -> str:
        """Name in bundles and checkpoints."""
        return self.config.variant

    @property
    def trunk(self) -> nn.Module:
        """The pretrained, frozen part."""
        return self.extractor.trunk

    def encode_reference(self, still: Tensor) -> ExemplarBank:
        config = self.config
        if config.colour_stills:
            light, ab = still[:, :1].float() * config.l_scale + config.l_mean, still[:, 1:].float() * config.ab_scale
            rgb = lab_to_rgb(torch.cat([light, ab], 1))
        else:
            rgb = self._grey(still[:, :1])
        phi = self.warp.embed_still(self.extractor(rgb))
        return ExemplarBank(tokens(phi), tokens(F.avg_pool2d(still[:, 1:].float(), STRIDE)))

    def colour_and_match(
        self, frame: FrameInputs, bank: ExemplarBank, bank_bias: Tensor
    ) -> tuple[Colours, WarpedColour]:
        theta = self.warp.embed_frame(self.extractor(self._grey(frame.luminance)))
        copied = self.warp.copy(theta, bank, bank_bias)
        similarity = self.warp.enlarge(copied.similarity)
        ab = self.colorization(self._planes(frame, self.warp.enlarge(copied.fine), similarity)) / self.config.ab_scale
        return Colours(ab, self._sure(similarity, frame)), copied

    def _grey(self, luminance: Tensor) -> Tensor:
        """The frame as the trunk sees it: L in 0..1 in three channels."""
        grey = (luminance.float() * self.config.l_scale + self.config.l_mean) / 100.0
        return grey.expand(-1, 3, -1, -1)

    def _planes(self, frame: FrameInputs, copied: Tensor, similarity: Tensor) -> Tensor:
        """The colorization submodule's inputs (B, 11, H, W) in the seed's units: L - 50, ab, similarity.

        The seed's previous Lab stands, moved, where the motion is trusted, and fades to its black placeholder where it
        is not; its L is that of the frame itself, which trusted motion brings there.
        """
        config = self.config
        light = (frame.luminance.float() * config.l_scale + config.l_mean) - 50.0
        ab, validity = (plane.float() for plane in frame.past())
        hint, mask = frame.hints[:, :2].float() * config.ab_scale, frame.hints[:, 2:].float()
        previous = torch.cat([light, ab * config.ab_scale], 1) * validity
        return torch.cat([light, copied * config.ab_scale, similarity, previous, validity, hint * mask, mask], 1)

    def _sure(self, similarity: Tensor, frame: FrameInputs) -> Tensor:
        """Confidence (B, 1, H, W) 0..1: a logistic calibration of the similarity map and what the moved colour is
        worth.

        The similarity is detached: calibration must not bend the matching that it judges.
        """
        worth = torch.maximum(frame.warped_validity * frame.warped_confidence, frame.anchored_validity)
        facts = torch.cat([similarity.detach(), worth.to(similarity.dtype)], 1)
        return torch.sigmoid(self.confidence(facts.to(self.confidence.weight.dtype)).float())
