"""One training step: a run of frames coloured one after another, each from its own predecessor's result."""

import math
from collections.abc import Callable, Iterator
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tinct.training.flow.anchor import read_anchored
from tinct.training.flow.device_warp import sample_at
from tinct.training.generator_terms import GeneratorTerms, LabFrame
from tinct.training.hint_points import HintedRun, hint_run
from tinct.training.losses.colour import colour_distance, log_square_error
from tinct.training.losses.confidence import closeness, confidence_distance
from tinct.training.losses.edges import edge_distance
from tinct.training.losses.temporal import temporal_distance
from tinct.training.model.matching import Match
from tinct.training.model.motion.network import MotionNet
from tinct.training.model.network import Colours, FrameInputs
from tinct.training.model.registry import Network
from tinct.training.recipes import Recipe

LOWEST_FREQUENCY = 8
"""Side in cells of the random field that disturbs previous colours."""


class PreparedRun(NamedTuple):
    """A batch of runs as the network gets them. ``reference`` (B, 3, H, W) scaled Lab; ``foreign`` (B, 1, 1, 1) bool:
    the reference is of another shot; ``start`` (B, 2, H, W) scaled ab of the frame before the first, and ``sure``
    (B, 1, H, W) the confidence in it, 0..1; ``positions`` (B, T, H, W, 2) and ``trust`` (B, T, H, W) of the motion;
    ``anchored`` and ``anchored_trust`` alike, of the places in the reference; ``run``: frames, hints and where colours
    are the true ones."""

    reference: Tensor
    foreign: Tensor
    start: Tensor
    sure: Tensor
    positions: Tensor
    trust: Tensor
    anchored: Tensor
    anchored_trust: Tensor
    run: HintedRun

    @property
    def length(self) -> int:
        """Frames of each run."""
        return self.run.frames.shape[1]


class ColouredFrame(NamedTuple):
    """A frame of each run, coloured. ``luminance`` (B, 1, H, W) scaled; ``truth`` and ``moved`` (B, 2, H, W) scaled ab;
    ``trust`` and ``steady`` (B, 1, H, W)."""

    index: int
    luminance: Tensor
    truth: Tensor
    moved: Tensor
    trust: Tensor
    steady: Tensor
    colours: Colours
    matched: Match

    @property
    def result(self) -> Tensor:
        """The frame in the network's colours, (B, 3, H, W) scaled Lab."""
        return torch.cat([self.luminance, self.colours.ab.float()], 1)

    @property
    def wanted(self) -> Tensor:
        """The frame in the colours wanted, (B, 3, H, W) scaled Lab."""
        return torch.cat([self.luminance, self.truth], 1)


class UnrolledLoss(nn.Module):
    """The loss of a network, with the discriminator that may be part of it, as a module, so that gradients of several
    processes can be averaged."""

    def __init__(self, model: Network, recipe: Recipe) -> None:
        super().__init__()
        self.model = model
        self.recipe = recipe
        self.generator = None if recipe.generator is None else GeneratorTerms(recipe.generator, model)

    def forward(self, batch: dict[str, Tensor], random: torch.Generator) -> dict[str, Tensor]:
        """Loss terms of a batch (fields of `Sample`, on the model's device), averaged over the last ``unroll`` frames.

        Frames before them only carry the state on, without gradients: a network must live with what it did long before.
        Key ``total`` is their weighted sum. ``random`` draws colour jitter, disturbance and hints and lives on the same
        device.
        """
        recipe, model = self.recipe, self.model
        prepared = prepare(model, batch, recipe, random)
        lead = prepared.length - recipe.samples.unroll
        frames = [frame for frame in unroll(model, prepared, lead=lead) if frame.index >= lead]
        terms = _mean([_terms(frame, prepared.foreign, model.config.ab_scale) for frame in frames])
        total = sum(getattr(recipe.losses, name) * value for name, value in terms.items())
        if self.generator is not None:
            seeds = self._seeds_terms(self.generator, prepared, frames)
            total = total + self.generator.total(seeds)
            terms |= {f"seed_{name}": value for name, value in seeds.items()}
        return terms | {"total": total}

    def _seeds_terms(
        self, generator: GeneratorTerms, prepared: PreparedRun, frames: list[ColouredFrame]
    ) -> dict[str, Tensor]:
        """The terms of `GeneratorTerms`, averaged over the frames."""
        reference = LabFrame(prepared.reference, self.model)
        fakes = [LabFrame(frame.result, self.model) for frame in frames]
        truths = [LabFrame(frame.wanted, self.model) for frame in frames]
        terms = []
        for frame, fake, truth in zip(frames, fakes, truths, strict=True):
            moved = frame.moved * self.model.config.ab_scale
            mask = frame.trust * frame.steady * float(frame.index > 0)
            terms.append(generator(fake, truth, reference, moved=moved, mask=mask))
        mean = _mean(terms)
        if generator.critic is not None and len(frames) > 1:
            mean |= generator.duel(fakes, truths)
        return mean


def _mean(terms: list[dict[str, Tensor]]) -> dict[str, Tensor]:
    return {name: torch.stack([one[name] for one in terms]).mean() for name in terms[0]}


def prepare(model: Network, batch: dict[str, Tensor], recipe: Recipe, random: torch.Generator) -> PreparedRun:
    """Jitter the colours of a batch (fields of `Sample`), give it hints, disturb its past, exchange its references."""
    batch = jitter_colours(batch, recipe, random)
    scale = scaler(model)
    reference = scale(batch["reference"])
    run = hint_run(batch["frames"], batch["positions"], recipe.hints, random)
    begun = (batch["trust"][:, 0].amax((1, 2)) > 0).float()  # a run without a past starts from no colour at all
    draw = torch.rand(len(reference), generator=random, device=reference.device)
    foreign = ((draw < recipe.foreign) & ((begun == 0) | (batch["disturb"] > 0)))[:, None, None, None]
    reference = torch.where(foreign, reference.roll(1, 0), reference)
    before = scale(batch["previous"])[:, 1:]
    start = _disturb(before, batch["disturb"], recipe.disturbance, random)
    sure = closeness(start, before, ab_scale=model.config.ab_scale)
    begun = begun[:, None, None, None]
    foreign |= batch["elsewhere"].bool()[:, None, None, None]
    motion = batch["positions"], batch["trust"]
    anchor = batch["anchored"], _anchored_trust(batch["anchored_trust"], foreign, run)
    return PreparedRun(reference, foreign, start * begun, sure * begun, *motion, *anchor, run)


def _anchored_trust(trust: Tensor, foreign: Tensor, run: HintedRun) -> Tensor:
    """Trust (B, T, H, W) in places in the reference: none in that of another shot, and none where a hint of a frame
    before has overruled it."""
    overruled = torch.cat([torch.ones_like(run.steady[:, :1]), run.steady[:, :-1]], 1)
    return trust * overruled * ~foreign.reshape(-1, 1, 1, 1)


def unroll(model: Network, prepared: PreparedRun, *, lead: int = 0) -> Iterator[ColouredFrame]:
    """Colour the frames one after another; the first ``lead`` of them without gradients."""
    scale = scaler(model)
    bank = model.encode_reference(prepared.reference)
    bias = torch.zeros(bank[0].shape[:2], device=prepared.reference.device)
    ab, sure = prepared.start, prepared.sure
    for i in range(prepared.length):
        frame = scale(prepared.run.frames[:, i])
        trust = prepared.trust[:, i, None]
        moved, moved_sure = sample_at(torch.cat([ab, sure], 1), prepared.positions[:, i]).split([2, 1], 1)
        hints = prepared.run.hints[:, i].permute(0, 3, 1, 2)
        hints = torch.cat([hints[:, :2] / model.config.ab_scale, hints[:, 2:]], 1)
        places = prepared.anchored[:, i], prepared.anchored_trust[:, i]
        anchored, likely = read_anchored(prepared.reference, frame[:, :1], *places, l_scale=model.config.l_scale)
        with torch.set_grad_enabled(torch.is_grad_enabled() and i >= lead):
            inputs = FrameInputs(frame[:, :1], moved, trust, moved_sure, anchored, likely, hints)
            colours, matched = model.colour_and_match(inputs, bank, bias)
        ab, sure = colours.ab.float(), colours.confidence.detach().float()
        yield ColouredFrame(
            i, frame[:, :1], frame[:, 1:], moved, trust, prepared.run.steady[:, i, None], colours, matched
        )


def _terms(frame: ColouredFrame, foreign: Tensor, ab_scale: float) -> dict[str, Tensor]:
    """The unweighted loss terms of one frame."""
    truth, ab = frame.truth, frame.colours.ab.float()
    copies = torch.zeros((), device=truth.device)
    for found, stride in copies_of(frame.matched):
        wanted = F.avg_pool2d(truth, stride)
        to_be_found = F.avg_pool2d(frame.steady, stride) * ~foreign  # elsewhere the still does not show the true colour
        copies = copies + colour_distance(torch.lerp(wanted, found, to_be_found), wanted)
    confidence = frame.colours.confidence.float()
    return {
        "colour": colour_distance(ab, truth),
        "fidelity": log_square_error(ab, truth),
        "edges": edge_distance(ab, truth),
        "copies": copies,
        "temporal": temporal_distance(ab, frame.moved, frame.trust * frame.steady) * float(frame.index > 0),
        "confidence": confidence_distance(confidence, ab, truth, ab_scale=ab_scale),
    }


def copies_of(matched: Match) -> tuple[tuple[Tensor, int], tuple[Tensor, int]]:
    """The copied colours, finer ones first, each with its stride in pixels."""
    return (matched.fine, 4), (matched.coarse, 8)


def scaler(model: Network | MotionNet) -> Callable[[Tensor], Tensor]:
    """How Lab (B, H, W, 3) becomes what ``model`` takes, (B, 3, H, W) scaled."""
    config = model.config

    def scale(lab: Tensor) -> Tensor:
        planes = lab.permute(0, 3, 1, 2)
        return torch.cat([(planes[:, :1] - config.l_mean) / config.l_scale, planes[:, 1:] / config.ab_scale], 1)

    return scale


def _disturb(ab: Tensor, wanted: Tensor, largest: float, random: torch.Generator) -> Tensor:
    """Put a smooth colour error on ``ab`` (B, 2, H, W) where ``wanted`` (B,) is 1, as a long run of frames would."""
    shape = (len(ab), 2, LOWEST_FREQUENCY, LOWEST_FREQUENCY)
    field = torch.randn(shape, generator=random, device=ab.device)
    size = torch.rand((len(ab), 1, 1, 1), generator=random, device=ab.device) * largest
    error = F.interpolate(field, size=ab.shape[-2:], mode="bicubic", align_corners=False) * size
    return ab + error * wanted[:, None, None, None]


def jitter_colours(batch: dict[str, Tensor], recipe: Recipe, random: torch.Generator) -> dict[str, Tensor]:
    """Turn and scale ab alike in reference, previous frame and frames, so that the network must copy, not remember."""
    count = len(batch["reference"])
    device = batch["reference"].device
    draw = torch.rand((3, count), generator=random, device=device)
    active = (draw[0] < recipe.jitter).float()
    angle = draw[1] * 2 * math.pi * active
    gain = 1 + (draw[2] * 1.0 - 0.5) * active
    cosine, sine = torch.cos(angle) * gain, torch.sin(angle) * gain
    turned = dict(batch)
    for name in ("reference", "previous", "frames"):
        lab = batch[name]
        c, s = (v.reshape(-1, *[1] * (lab.ndim - 2)) for v in (cosine, sine))
        light, a, b = lab.unbind(-1)
        turned[name] = torch.stack([light, a * c - b * s, a * s + b * c], -1)
    return turned
