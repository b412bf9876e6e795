"""The colorization network of `lite`: chooses between moved, anchored, copied and hinted colour at every pixel,
corrects the result, and evens out what it doubts.

A U-Net without normalisation layers (safe in half precision). Its last layer starts at zero, so that an untrained
network is the hand-made rule: moved colour, corrected by a still's own, where motion is trusted, copied colour
elsewhere.
"""

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tinct.training.model.evening import even_out
from tinct.training.model.hint_field import HintField, spread, twice
from tinct.training.model.matching import Match
from tinct.training.model.network import Colours, FrameInputs
from tinct.training.model.resampling import enlarge
from tinct.training.model.trunk import CHANNELS

FULL_PLANES = 11  # luminance, moved ab, validity, confidence, anchored ab, validity, hint a, b, mask
QUARTER_PLANES = (
    15  # fine copy, coarse copy, similarity, certainty, rivalry; hint a, b, its distance in L, copy, moved; nearness
)
HEADS = 8  # five blend logits (moved, fine, coarse, hint, anchored), correction a, b, confidence


class HintRule(NamedTuple):
    """The blend logit of the hint's colour before any training: ``far`` from any hint, and what a place at a hint has
    ``more``. ``light`` and ``ab``: scaled distance at which a place counts little as the hinted thing. ``fall``: power
    of the nearness, how fast a hint grows weaker with distance."""

    far: float
    more: float
    light: float
    ab: float
    fall: int


IN_TRAINING = HintRule(-6.0, 18.0, 0.6, 0.1, 1)
IN_USE = HintRule(-6.0, 68.0, 0.9, 0.25, 2)
"""Stronger than in training: most hints of training tell a colour that the network has right already, so that it
learns to mistrust a rule as strong as this one; an artist's hint tells what is wrong."""
BEFORE_TRAINING = 2.0
"""Logit of the confidence before any training: high enough that nothing is evened out."""
WITHOUT_HINTS = -1e4
"""Blend logit of the hint's colour where the picture has no hint: never."""
GAIN = 0.35
"""Share of anchored colour, before any training, in what it and moved colour have together where both are trusted
alike. The place in the still is a little wrong, in another way in each frame, and what is moved averages that."""
LEAST_SHARE = 1e-3
"""Of either of the two."""


@dataclass(frozen=True)
class ColourNetConfig:
    """Channels at strides 2, 4, 8 and 16; ``correction`` is the largest correction in scaled ab. What the network sees,
    False only to measure what it is worth: ``sees_past``, moved and anchored colour; ``sees_confidence``, what it
    thought of the moved one a frame ago; ``sees_anchor``, the anchored one; ``sees_similarity``, how alike and how
    certain what was copied is. ``leak``: slope of the activations below 0; with 0 a network that is trained from the
    start may die (docs/decisions/dead_units.md)."""

    channels: tuple[int, int, int, int] = (32, 64, 96, 160)
    correction: float = 0.5
    leak: float = 0.1
    sees_past: bool = True
    sees_confidence: bool = True
    sees_anchor: bool = True
    sees_similarity: bool = True


class Residual(nn.Module):
    """Two 3x3 convolutions beside an identity; the second starts at zero."""

    def __init__(self, channels: int, leak: float) -> None:
        super().__init__()
        self.leak = nn.LeakyReLU(leak)
        self.first = nn.Conv2d(channels, channels, 3, padding=1)
        self.second = nn.Conv2d(channels, channels, 3, padding=1)
        nn.init.zeros_(self.second.weight)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.second(self.leak(self.first(self.leak(x))))


class ColourNet(nn.Module):
    """Colours a frame from its luminance, moved, anchored and copied colour, and hints."""

    def __init__(self, config: ColourNetConfig) -> None:
        super().__init__()
        c2, c4, c8, c16 = config.channels
        self.config = config
        self.leak = nn.LeakyReLU(config.leak)
        self.enter2 = nn.Conv2d(FULL_PLANES, c2, 6, stride=2, padding=2)
        self.enter4 = nn.Conv2d(c2, c4, 3, stride=2, padding=1)
        self.mix4 = nn.Conv2d(c4 + QUARTER_PLANES, c4, 3, padding=1)
        self.enter8 = nn.Conv2d(c4, c8, 3, stride=2, padding=1)
        self.mix8 = nn.Conv2d(c8 + CHANNELS[8], c8, 3, padding=1)
        self.enter16 = nn.Conv2d(c8, c16, 3, stride=2, padding=1)
        self.mix16 = nn.Conv2d(c16 + CHANNELS[16], c16, 3, padding=1)
        self.deep16 = nn.Sequential(Residual(c16, config.leak), Residual(c16, config.leak))
        self.leave16, self.deep8 = nn.Conv2d(c16, c8, 1), Residual(c8, config.leak)
        self.leave8, self.deep4 = nn.Conv2d(c8, c4, 1), Residual(c4, config.leak)
        self.leave4, self.deep2 = nn.Conv2d(c4, c2, 1), Residual(c2, config.leak)
        self.head = nn.Conv2d(c2, HEADS * 4, 3, padding=1)
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)
        with torch.no_grad():
            self.head.bias[-4:] = BEFORE_TRAINING

    def forward(self, frame: FrameInputs, matched: Match, pyramid: dict[int, Tensor]) -> Colours:
        """Colour a frame.

        Its moved colour is a guess where the validity is low, and 0 without a past; ``matched`` and ``pyramid`` are as
        their makers say.
        """
        frame, matched = self._seen(frame, matched)
        moved, validity, luminance = frame.warped_ab, frame.warped_validity, frame.luminance
        hinted = _hint_field(frame, matched.fine)
        likeness = torch.cat([matched.similarity, matched.rivalry], 1) * 0.05
        cells = enlarge(torch.cat([matched.coarse, likeness, matched.certainty], 1), 2)
        raw = self._unet(torch.cat(frame, 1), torch.cat([matched.fine, cells], 1), hinted, pyramid)
        heads = F.pixel_shuffle(raw, 2).float()
        hinting = _hint_prior(hinted, IN_TRAINING if self.training else IN_USE)
        quarter = torch.cat([matched.fine, cells[:, :2], hinted.values[:, :2], hinting], 1)
        fine, coarse, hint, hinting = enlarge(quarter, 4).split([2, 2, 2, 1], 1)
        carried, anchored = _carried_priors(validity, frame.anchored_validity)
        prior = [carried, torch.zeros_like(validity), torch.full_like(validity, -1.0), hinting, anchored]
        weight = _shares(heads[:, :5] + torch.cat(prior, 1))
        ab = self.config.correction * torch.tanh(heads[:, 5:7])
        for i, source in enumerate((moved, fine, coarse, hint, frame.anchored_ab)):
            ab = ab + weight[:, i : i + 1] * source
        confidence = torch.sigmoid(heads[:, 7:8])
        fresh = weight[:, 1:4].sum(1, keepdim=True)
        return Colours(even_out(ab.clamp(-1.2, 1.2), confidence, fresh, luminance.float()), confidence)

    def _seen(self, frame: FrameInputs, matched: Match) -> tuple[FrameInputs, Match]:
        """What the configuration lets the network see of them; the rest is 0."""
        config, unseen = self.config, 0 * frame.warped_validity
        if not config.sees_past:
            frame = frame._replace(warped_ab=0 * frame.warped_ab, warped_validity=unseen, warped_confidence=unseen)
        if not config.sees_confidence:
            frame = frame._replace(warped_confidence=unseen)
        if not (config.sees_past and config.sees_anchor):
            frame = frame._replace(anchored_ab=0 * frame.anchored_ab, anchored_validity=unseen)
        if not config.sees_similarity:
            unseen = 0 * matched.similarity
            matched = matched._replace(similarity=unseen, certainty=unseen, rivalry=unseen)
        return frame, matched

    def _unet(self, full: Tensor, copied: Tensor, hinted: HintField, pyramid: dict[int, Tensor]) -> Tensor:
        """Heads at stride 2 from the ``full`` planes and what was ``copied`` (stride 4), with how alike it is."""
        quarter = torch.cat([copied, hinted.values, hinted.nearness], 1)
        x2 = self.enter2(full)
        x4 = self.mix4(torch.cat([self.leak(self.enter4(self.leak(x2))), quarter], 1))
        x8 = self.mix8(torch.cat([self.leak(self.enter8(self.leak(x4))), pyramid[8] * 0.25], 1))
        x16 = self.mix16(torch.cat([self.leak(self.enter16(self.leak(x8))), pyramid[16] * 0.25], 1))
        x16 = self.deep16(x16)
        x8 = self.deep8(x8 + twice(self.leave16(x16)))
        x4 = self.deep4(x4 + twice(self.leave8(x8)))
        x2 = self.deep2(x2 + twice(self.leave4(x4)))
        return self.head(self.leak(x2))


def _shares(logits: Tensor) -> Tensor:
    """Softmax over axis 1, written out: ONNX Runtime's takes three times as long over any axis but the last."""
    powers = torch.exp(logits - logits.amax(1, keepdim=True))
    return powers / powers.sum(1, keepdim=True)


def _carried_priors(moved: Tensor, anchored: Tensor) -> tuple[Tensor, Tensor]:
    """Blend logits of moved and of anchored colour from their validities (B, 1, H, W): before any training the two
    share what the better of them earns beside the copies."""
    earned = 8.0 * torch.maximum(moved, anchored) - 4.0
    share = GAIN * anchored / (GAIN * anchored + (1 - GAIN) * moved + LEAST_SHARE)
    share = LEAST_SHARE + (1 - 2 * LEAST_SHARE) * share
    return earned + torch.log1p(-share), earned + torch.log(share)


def _hint_field(frame: FrameInputs, fine: Tensor) -> HintField:
    """At stride 4 the nearest hint's a and b, and how far luminance, copied and moved colour at each place are from
    those at that hint: what looks like the hinted place is likely to be of the same thing."""
    hints = frame.hints
    cover = F.avg_pool2d(hints[:, 2:], 4)
    hint = F.avg_pool2d(hints[:, :2] * hints[:, 2:], 4) / cover.clamp_min(1e-4)
    here = torch.cat([F.avg_pool2d(frame.luminance, 4), fine, F.avg_pool2d(frame.warped_ab, 4)], 1)
    field = spread(torch.cat([hint, here], 1), (16 * cover).clamp(max=1))
    apart = (here - field.values[:, 2:]) * field.given
    return field._replace(values=torch.cat([field.values[:, :2], apart], 1))


def _hint_prior(hinted: HintField, rule: HintRule) -> Tensor:
    """Blend logit of the hint's colour at stride 4: high where a place is near a hint and looks like it."""
    squares = torch.square(hinted.values[:, 2:])
    apart = squares[:, :1] / rule.light**2 + squares[:, 1:].sum(1, keepdim=True) / rule.ab**2
    prior = rule.far + rule.more * hinted.nearness**rule.fall * torch.exp(-apart)
    # Not prior + (1 - given) * WITHOUT_HINTS: in bfloat16 OpenVINO 2026.4 gets that sum wrong, and hints are lost.
    return torch.where(hinted.given > 0, prior, WITHOUT_HINTS)
