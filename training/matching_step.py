"""One training step of matching alone: how far copied colours are from the true ones.

A tenth of the cost of a step of the whole network: one frame and one reference, no motion, nothing coloured.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tinct.training.losses.colour import colour_distance
from tinct.training.model.lite import Lite
from tinct.training.recipes import Recipe
from tinct.training.unrolled_step import copies_of, jitter_colours, scaler

SHARE = 0.1
"""Weight of the distance as a share of the picture's own colourfulness: pale pictures count too."""
LEAST_COLOUR = 0.02
"""Added to that colourfulness, in scaled ab."""


class MatchingLoss(nn.Module):
    """The loss of what a `Lite` copies from a reference; its colour network rests."""

    generator = None

    def __init__(self, model: Lite, recipe: Recipe) -> None:
        super().__init__()
        self.model = model
        self.recipe = recipe
        model.colour.requires_grad_(False)

    def forward(self, batch: dict[str, Tensor], random: torch.Generator) -> dict[str, Tensor]:
        """Loss terms of a batch (fields of `Sample`, on the model's device): ``colour``, the mean distance of the
        copies at strides 4 and 8, ``share``, that as a share of the frame's colourfulness, and ``total``."""
        batch = jitter_colours(batch, self.recipe, random)
        scale = scaler(self.model)
        frame, truth = scale(batch["frames"][:, -1]).split([1, 2], 1)
        bank = self.model.encode_reference(scale(batch["reference"]))
        _, matched = self.model.matched(frame, bank, torch.zeros(bank[0].shape[:2], device=frame.device))
        terms = [_terms(found, F.avg_pool2d(truth, stride)) for found, stride in copies_of(matched)]
        colour, share = (torch.stack(values).mean() for values in zip(*terms, strict=True))
        return {"colour": colour, "share": share, "total": colour + SHARE * share}


def _terms(found: Tensor, wanted: Tensor) -> tuple[Tensor, Tensor]:
    colourful = wanted.square().mean((1, 2, 3)).sqrt() + LEAST_COLOUR
    each = torch.stack([colour_distance(*pair) for pair in zip(found, wanted, strict=True)])
    return each.mean(), (each / colourful).mean()
