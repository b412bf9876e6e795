"""One training step: a run of frames coloured one after another, each from its own predecessor's result."""

import math
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

from tinct.training.flow.device_warp import sample_at
from tinct.training.hint_points import hint_run
from tinct.training.losses.colour import colour_distance, log_square_error
from tinct.training.losses.confidence import confidence_distance
from tinct.training.losses.edges import edge_distance
from tinct.training.losses.temporal import temporal_distance
from tinct.training.model.lite import Lite
from tinct.training.recipes import Recipe

LOWEST_FREQUENCY = 8
"""Side in cells of the random field that disturbs previous colours."""


def unrolled_loss(model: Lite, batch: dict[str, Tensor], recipe: Recipe, random: torch.Generator) -> dict[str, Tensor]:
    """Loss terms of a batch (fields of `Sample`, on the model's device), averaged over the last ``unroll`` frames.

    Frames before them only carry the state on, without gradients: a network must live with what it did long before. Key
    ``total`` is their weighted sum. ``random`` draws colour jitter and disturbance and lives on the same device.
    """
    batch = _jitter(batch, recipe, random)
    scale = _scaler(model)
    reference = scale(batch["reference"])
    run = hint_run(batch["frames"], batch["positions"], recipe.hints, random)
    frames = run.frames
    begun = (batch["trust"][:, 0].amax((1, 2)) > 0).float()  # a run without a past starts from no colour at all
    draw = torch.rand(len(frames), generator=random, device=frames.device)
    foreign = ((draw < recipe.foreign) & ((begun == 0) | (batch["disturb"] > 0)))[:, None, None, None]
    reference = torch.where(foreign, reference.roll(1, 0), reference)
    bank = model.encode_reference(reference)
    bias = torch.zeros(bank.key8.shape[:2], device=reference.device)
    ab = _disturb(scale(batch["previous"])[:, 1:], batch["disturb"], recipe.disturbance, random)
    ab = ab * begun[:, None, None, None]
    weights, totals = recipe.losses, {}
    count = recipe.samples.unroll
    lead = frames.shape[1] - count
    for i in range(frames.shape[1]):
        frame = scale(frames[:, i])
        trust = batch["trust"][:, i, None]
        moved = sample_at(ab, batch["positions"][:, i])
        ab_and_mask = run.hints[:, i].permute(0, 3, 1, 2)
        hints = torch.cat([ab_and_mask[:, :2] / model.config.ab_scale, ab_and_mask[:, 2:]], 1)
        with torch.set_grad_enabled(i >= lead):
            colours, matched = model.colour_and_match(frame[:, :1], moved, trust, hints, bank, bias)
        truth, ab = frame[:, 1:], colours.ab.float()
        if i < lead:
            continue
        copies = torch.zeros((), device=truth.device)
        for found, stride in ((matched.fine, 4), (matched.coarse, 8)):
            wanted = F.avg_pool2d(truth, stride)
            to_be_found = F.avg_pool2d(run.steady[:, i, None], stride) * ~foreign
            copies = copies + colour_distance(torch.lerp(wanted, found, to_be_found), wanted)
        terms = {
            "colour": colour_distance(ab, truth),
            "fidelity": log_square_error(ab, truth),
            "edges": edge_distance(ab, truth),
            "copies": copies,
            "temporal": temporal_distance(ab, moved, trust * run.steady[:, i, None]) * float(i > 0),
            "confidence": confidence_distance(colours.confidence.float(), ab, truth, ab_scale=model.config.ab_scale),
        }
        for name, value in terms.items():
            totals[name] = totals.get(name, 0.0) + value / count
    totals["total"] = sum(getattr(weights, name) * value for name, value in totals.items())
    return totals


def _scaler(model: Lite) -> Callable[[Tensor], Tensor]:
    config = model.config

    def scale(lab: Tensor) -> Tensor:
        """(B, H, W, 3) Lab -> (B, 3, H, W) scaled."""
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


def _jitter(batch: dict[str, Tensor], recipe: Recipe, random: torch.Generator) -> dict[str, Tensor]:
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
