"""One training step of a motion network: pairs of neighbouring frames whose colours are known."""

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tinct.training.losses.motion import MotionLossWeights, carried_distance, flow_distance, flow_roughness
from tinct.training.model.motion.carry import agreement
from tinct.training.model.motion.network import Flows, MotionNet
from tinct.training.model.motion.sampling import sample_along
from tinct.training.unrolled_step import scaler

LARGEST_GRAIN = 2.0
"""Standard deviation in L* of the noise on both pictures, at most: film is grainy."""
LARGEST_CONTRAST = 0.3
"""How much the contrast of both pictures is changed at most, either way."""


class FramePairs(NamedTuple):
    """Neighbouring frames, N of them. ``previous`` and ``current`` (N, 3, H, W) scaled Lab; ``known`` (N, 2, H, W) flow
    in pixels from the current frame to the previous one, as far as it is known: ``trust`` (N, 1, H, W) 0..1."""

    previous: Tensor
    current: Tensor
    known: Tensor
    trust: Tensor


class MotionLoss(nn.Module):
    """The loss of a motion network as a module, so that gradients of several processes can be averaged."""

    generator = None

    def __init__(self, model: MotionNet, weights: MotionLossWeights) -> None:
        super().__init__()
        self.model = model
        self.weights = weights

    def forward(self, batch: dict[str, Tensor], random: torch.Generator) -> dict[str, Tensor]:
        """Loss terms of a batch (fields of `Sample`, on the model's device); ``total`` is their weighted sum.
        ``random`` draws grain and contrast and lives on the same device."""
        pairs = frame_pairs(batch, self.model)
        flows = self.model(*_filmed(pairs, self.model.config.l_scale, random))
        terms = _terms(flows, pairs)
        total = sum(getattr(self.weights, name) * value for name, value in terms.items())
        return terms | {"total": total}


def frame_pairs(batch: dict[str, Tensor], model: MotionNet) -> FramePairs:
    """The pairs of a batch (fields of `Sample`)."""
    chain = torch.cat([batch["previous"][:, None], batch["frames"]], 1)
    planes = scaler(model)(chain.flatten(0, 1)).unflatten(0, chain.shape[:2])
    positions = batch["positions"].flatten(0, 1)
    height, width = positions.shape[1:3]
    rows, columns = (torch.arange(extent, device=chain.device) for extent in (height, width))
    places = torch.stack(torch.meshgrid(columns, rows, indexing="xy"), -1)
    return FramePairs(
        planes[:, :-1].flatten(0, 1),
        planes[:, 1:].flatten(0, 1),
        (positions - places).movedim(-1, 1),
        batch["trust"].flatten(0, 1)[:, None],
    )


def _filmed(pairs: FramePairs, l_scale: float, random: torch.Generator) -> tuple[Tensor, Tensor]:
    """Both luminances as a film would show them: with grain of their own and a contrast of their pair."""
    count, device = len(pairs.current), pairs.current.device
    draw = torch.rand((2, count, 1, 1, 1), generator=random, device=device)
    contrast = 1 + LARGEST_CONTRAST * (2 * draw[0] - 1)
    grain = draw[1] * LARGEST_GRAIN / l_scale
    pictures = []
    for picture in (pairs.previous, pairs.current):
        light = picture[:, :1] * contrast
        noise = torch.randn(light.shape, generator=random, device=device)
        pictures.append(light + grain * noise)
    return pictures[0], pictures[1]


def _terms(flows: Flows, pairs: FramePairs) -> dict[str, Tensor]:
    """The unweighted loss terms."""
    seen = torch.maximum(agreement(flows).detach(), pairs.trust)
    carried = sample_along(pairs.previous, flows.backward)
    gap = flows.backward + sample_along(flows.forward, flows.backward)
    coarser = torch.zeros((), device=seen.device)
    for level, found in enumerate(flows.coarser, 1):
        stride = 2**level
        known, weight = F.avg_pool2d(pairs.known, stride), F.avg_pool2d(pairs.trust, stride)
        coarser = coarser + flow_distance(found.chunk(2)[0] * stride, known, weight)
    light = pairs.current[:, :1]
    rough = flow_roughness(flows.backward, light) + flow_roughness(flows.forward, pairs.previous[:, :1])
    return {
        "teacher": flow_distance(flows.backward, pairs.known, pairs.trust),
        "coarser": coarser / len(flows.coarser),
        "colour": carried_distance(carried[:, 1:], pairs.current[:, 1:], seen),
        "light": carried_distance(carried[:, :1], light, seen),
        "smooth": rough,
        "round_trip": flow_distance(gap, torch.zeros_like(gap), seen),
    }
