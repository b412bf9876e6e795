"""Distance between colour edges."""

from torch import Tensor

from tinct.training.losses.colour import colour_distance


def edge_distance(ab: Tensor, truth: Tensor) -> Tensor:
    """`colour_distance` of the horizontal and vertical differences of (B, 2, H, W): punishes bleeding and blotches."""
    across = colour_distance(ab.diff(dim=3), truth.diff(dim=3))
    down = colour_distance(ab.diff(dim=2), truth.diff(dim=2))
    return across + down
