"""Pictures of what a network does with training samples, while it trains."""

from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tinct.training.colour import lab_to_srgb
from tinct.training.generator_terms import LabFrame
from tinct.training.model.registry import Network
from tinct.training.recipes import Recipe
from tinct.training.unrolled_step import prepare, unroll

COLUMNS = ("reference", "frame, with its hints", "result", "wanted", "confidence")


@torch.no_grad()
def sample_sheet(
    model: Network, batch: dict[str, Tensor], recipe: Recipe, random: torch.Generator
) -> NDArray[np.uint8]:
    """A picture (H, W, 3) RGB with a row for each sample of ``batch``: `COLUMNS`, of the run's last frame.

    ``random`` draws jitter and hints as in training. The network's mode is left as it is.
    """
    prepared = prepare(model, batch, recipe, random)
    *_, last = unroll(model, prepared)
    light = prepared.run.frames[:, -1, ..., :1]
    references, results, truths = (
        LabFrame(scaled, model).lab.movedim(1, -1) for scaled in (prepared.reference, last.result, last.wanted)
    )
    hints = prepared.run.hints[:, -1]
    rows = []
    for i in range(len(light)):
        hinted = torch.cat([light[i], hints[i, ..., :2]], -1)
        confidence = torch.cat([100 * last.colours.confidence[i].float().movedim(0, -1), hints[i, ..., :2] * 0], -1)
        rows.append(np.hstack([picture(lab) for lab in (references[i], hinted, results[i], truths[i], confidence)]))
    return np.vstack(rows)


def write_sheet(path: Path, picture: NDArray[np.uint8]) -> None:
    """Write a sheet as PNG; its folder is made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    _, encoded = cv2.imencode(".png", picture[..., ::-1])
    path.write_bytes(encoded.tobytes())


def picture(lab: Tensor) -> NDArray[np.uint8]:
    """Lab (H, W, 3) as 8-bit sRGB."""
    rgb = lab_to_srgb(lab.cpu().numpy().astype(np.float32))
    return np.rint(np.clip(rgb, 0, 1) * 255).astype(np.uint8)
