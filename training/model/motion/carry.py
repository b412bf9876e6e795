"""How far motion inside a graph is trusted: the counterpart of `tinct.runtime.motion.trust`."""

import torch
from torch import Tensor

from tinct.training.flow.occlusion import ROUND_TRIP_PIXELS
from tinct.training.flow.trust import LIGHTNESS_TOLERANCE
from tinct.training.model.motion.network import Flows
from tinct.training.model.motion.sampling import leads_inside, sample_along


def agreement(flows: Flows) -> Tensor:
    """(B, 1, H, W) 0..1: how well the two flows are inverse to each other, where they lead inside the picture."""
    gap = flows.backward + sample_along(flows.forward, flows.backward)
    squares = gap.square().sum(1, keepdim=True)
    return torch.exp(-squares / ROUND_TRIP_PIXELS**2) * leads_inside(flows.backward)


def trust(flows: Flows, previous: Tensor, current: Tensor, *, l_scale: float) -> Tensor:
    """(B, 1, H, W) 0..1: `agreement` times ``exp(-(d / 10)^2)``, d being the difference of L* between a pixel of
    ``current`` and the place in ``previous`` that it came from; both (B, 1, H, W) scaled by ``l_scale``."""
    difference = (current - sample_along(previous, flows.backward)) * l_scale
    return agreement(flows) * torch.exp(-(difference / LIGHTNESS_TOLERANCE).square())
