"""Pictures of what a motion network does with training samples, while it trains."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tinct.training.generator_terms import LabFrame
from tinct.training.model.motion.carry import trust
from tinct.training.model.motion.network import MotionNet
from tinct.training.model.motion.sampling import sample_along
from tinct.training.motion_step import frame_pairs
from tinct.training.sample_sheet import picture

COLUMNS = (
    "previous",
    "current",
    "carried by the network",
    "carried by what is known",
    "trust",
    "trust in what is known",
)


@torch.no_grad()
def motion_sheet(model: MotionNet, batch: dict[str, Tensor]) -> NDArray[np.uint8]:
    """A picture (H, W, 3) RGB with a row for each pair of ``batch``: `COLUMNS`."""
    pairs = frame_pairs(batch, model)
    flows = model(pairs.previous[:, :1], pairs.current[:, :1])
    light = pairs.current[:, :1]
    found = trust(flows, pairs.previous[:, :1], light, l_scale=model.config.l_scale)
    columns = [pairs.previous, pairs.current]
    for flow in (flows.backward, pairs.known):
        columns.append(torch.cat([light, sample_along(pairs.previous[:, 1:], flow)], 1))
    grey = [torch.cat([2 * one - 1, torch.zeros_like(light.expand(-1, 2, -1, -1))], 1) for one in (found, pairs.trust)]
    labs = [LabFrame(one, model).lab.movedim(1, -1) for one in (*columns, *grey)]
    return np.vstack([np.hstack([picture(lab[i]) for lab in labs]) for i in range(len(light))])
