"""The seeds' losses of a run of coloured frames: what the generator pays and what the discriminator learns.

Source: seed 000, section 4.2.3, eq. 4.1 to 4.9.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from torch.func import functional_call

from tinct.training.losses.adversarial import discriminator_loss, generator_loss
from tinct.training.losses.contextual import contextual_loss
from tinct.training.losses.l1 import l1_loss
from tinct.training.losses.perceptual import perceptual_loss
from tinct.training.losses.smoothness import smoothness_loss
from tinct.training.losses.temporal import temporal_loss
from tinct.training.losses.weights import GeneratorLossWeights
from tinct.training.model.discriminator import Discriminator, DiscriminatorConfig
from tinct.training.model.exemplar.lab_rgb import lab_to_rgb
from tinct.training.model.features import PRETRAINED, FeatureExtractor, create_extractor
from tinct.training.model.motion.network import MotionNet
from tinct.training.model.registry import Network

OWN = "own"
FINEST_STRIDE = 4
"""Finer levels are left out of the contextual loss: it compares every place with every other."""


@dataclass(frozen=True)
class GeneratorConfig:
    """``weights`` of the losses. ``judge``: extractor whose features the perceptual and contextual losses compare,
    ``"own"`` for the network's own; ``judge_weights`` as `create_extractor` takes them. ``learning_rate`` and ``betas``
    of the discriminator."""

    weights: GeneratorLossWeights
    judge: str = OWN
    judge_weights: str = PRETRAINED
    critic: DiscriminatorConfig = field(default_factory=DiscriminatorConfig)
    learning_rate: float = 3e-5
    betas: tuple[float, float] = (0.5, 0.999)


class LabFrame:
    """A frame's lightness and colours (B, 3, H, W) as the losses want them; ``lab`` is scaled, see `Network.config`."""

    def __init__(self, scaled: Tensor, model: Network | MotionNet) -> None:
        config = model.config
        self.scaled = scaled.float()
        self.ab = self.scaled[:, 1:] * config.ab_scale
        self.lab = torch.cat([self.scaled[:, :1] * config.l_scale + config.l_mean, self.ab], 1)

    @property
    def rgb(self) -> Tensor:
        """sRGB-encoded 0..1."""
        return lab_to_rgb(self.lab)


class GeneratorTerms(nn.Module):
    """Computes the terms of eq. 4.8, without the ones that weigh nothing, and eq. 4.9 under the name ``critic``."""

    def __init__(self, config: GeneratorConfig, model: Network) -> None:
        """``model``: whose own extractor judges, where the configuration says so.

        Raises:
            ValueError: the network has no extractor of several levels, or the judge is unknown.
            FeatureWeightsError: the judge's weights cannot be had.
        """
        super().__init__()
        self.config = config
        self.critic = Discriminator(config.critic) if config.weights.adversarial else None
        self._judge: list[FeatureExtractor] = []  # in a list: its frozen weights are no part of this module's state
        if config.weights.perceptual or config.weights.contextual:
            if config.judge == OWN and not hasattr(model, "extractor"):
                raise ValueError(f"{model.VARIANT} has no feature extractor to judge with; name one, for example vgg16")
            own = config.judge == OWN
            self._judge = [model.extractor if own else create_extractor(config.judge, weights=config.judge_weights)]

    def forward(
        self, fake: LabFrame, truth: LabFrame, reference: LabFrame, *, moved: Tensor, mask: Tensor
    ) -> dict[str, Tensor]:
        """Terms of one frame but for the adversarial ones, unweighted.

        ``moved`` (B, 2, H, W): the result before, brought here, Lab units; ``mask`` (B, 1, H, W): where that is right.
        """
        weights = self.config.weights
        terms = {
            "l1": l1_loss(fake.ab, truth.ab),
            "temporal": temporal_loss(fake.ab, moved, mask),
            "smoothness": smoothness_loss(fake.ab, truth.lab),
        }
        if self._judge:
            (judge,) = self._judge
            judge.to(fake.lab.device)
            seen = _levels(judge(fake.rgb))
            with torch.no_grad():
                wanted, shown = _levels(judge(truth.rgb)), _levels(judge(reference.rgb))
            terms["perceptual"] = perceptual_loss(seen[-1], wanted[-1])
            if weights.contextual:
                levels = len(seen)
                terms["contextual"] = contextual_loss(seen, shown, weights=weights.contextual_levels[-levels:])
        return terms

    def duel(self, fake: Sequence[LabFrame], truth: Sequence[LabFrame]) -> dict[str, Tensor]:
        """``adversarial`` and ``critic`` of consecutive frames, two at least.

        The generator's term sees the discriminator as it is, and the discriminator's sees the frames as they are: one
        backward pass gives each the gradient of its own term alone.
        """
        assert self.critic is not None
        fakes, truths = ([frame.scaled for frame in frames] for frames in (fake, truth))
        fixed = {name: value.detach() for name, value in self.critic.named_parameters()}
        pairs = [torch.cat(frames[:-1]) for frames in (truths, fakes)], [torch.cat(f[1:]) for f in (truths, fakes)]
        (real_before, fake_before), (real_now, fake_now) = pairs
        with torch.no_grad():
            real = self.critic(real_before, real_now).score
        fooled = functional_call(self.critic, fixed, (fake_before, fake_now)).score
        learnt_real = self.critic(real_before, real_now).score
        learnt_fake = self.critic(fake_before.detach(), fake_now.detach()).score
        return {
            "adversarial": generator_loss(real, fooled),
            "critic": discriminator_loss(learnt_real, learnt_fake),
        }

    def total(self, terms: Mapping[str, Tensor]) -> Tensor:
        """The weighted sum of eq. 4.8, and the discriminator's own loss, whose gradient reaches it alone."""
        paid = {name: value for name, value in terms.items() if name != "critic"}
        return self.config.weights.total(paid) + terms.get("critic", 0.0)


def _levels(pyramid: Mapping[int, Tensor]) -> list[Tensor]:
    """The coarser levels, from the shallowest to the deepest, four at most."""
    strides = [stride for stride in sorted(pyramid) if stride >= FINEST_STRIDE]
    return [pyramid[stride].float() for stride in strides[-4:]]
