"""Photos in artificial motion that is not affine, and the luminance noise of their pictures."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tinct.training.data.plan import DISTORTION_SPACING, PhotoPlan
from tinct.training.flow.device_warp import sample_at


def trace(plan: PhotoPlan, size: tuple[int, int], device: torch.device) -> tuple[Tensor, Tensor]:
    """Where the pixels of a distorted plan's N pictures of ``size`` (H, W) come from, in pixels, x then y, exactly.

    A pixel p of picture i lies at S_i(p) = B_i (p + F_i(p)) in the picture before: F_i is the plan's distortion, B_i
    the motion of its camera. Returns places (N, H, W, 2) in the photo and positions (N-2, H, W, 2) of the pictures to
    be coloured in the picture before each.
    """
    square = np.stack([np.vstack([matrix, [0, 0, 1]]) for matrix in plan.views])
    cameras = torch.tensor(np.linalg.inv(square[:-1]) @ square[1:], dtype=torch.float32, device=device)
    first = torch.tensor(square[0], dtype=torch.float32, device=device)
    fields = [torch.tensor(f, device=device).movedim(-1, 0)[None] for f in plan.distortions]
    rows, columns = (torch.arange(extent, device=device, dtype=torch.float32) for extent in size)
    grid = torch.stack(torch.meshgrid(columns, rows, indexing="xy"), -1)

    def step(number: int, at: Tensor) -> Tensor:
        offset = sample_at(fields[number], at[None] / DISTORTION_SPACING)[0].movedim(0, -1)
        return _moved(cameras[number], at + offset)

    places = [_moved(first, grid)]
    for picture in range(len(fields)):
        at = grid
        for number in range(picture, -1, -1):
            at = step(number, at)
        places.append(_moved(first, at))
    positions = [step(number, grid) for number in range(1, len(fields))]
    return torch.stack(places), torch.stack(positions)


def luminance_noise(plan: PhotoPlan, size: tuple[int, int]) -> NDArray[np.float32]:
    """What is added to the L* of a plan's N pictures of ``size``, (N, H, W); nothing to the reference and the picture
    before the first coloured one."""
    noise = np.zeros((len(plan.views), *size), np.float32)
    if plan.noise is not None:
        random = np.random.default_rng(plan.noise.seed)
        coloured = noise[2:]
        coloured += random.normal(0, plan.noise.grain, coloured.shape)
        coloured += random.normal(0, plan.noise.flicker, (len(coloured), 1, 1))
    return noise


def _moved(matrix: Tensor, at: Tensor) -> Tensor:
    return at @ matrix[:2, :2].T + matrix[:2, 2]
