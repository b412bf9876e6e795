"""Loss terms of motion: what is known of it, and colours that are carried along by it."""

from dataclasses import dataclass

import torch
from torch import Tensor

from tinct.training.losses.inputs import full_precision, require_one_shape


@dataclass(frozen=True)
class MotionLossWeights:
    """Weights of the terms: ``teacher`` the distance to known flow, ``coarser`` the same at the coarser strides,
    ``colour`` and ``light`` what carried scaled ab and luminance miss, ``smooth`` flow that changes where the picture
    does not, ``round_trip`` flows that are not inverse to each other."""

    teacher: float = 1.0
    coarser: float = 0.5
    colour: float = 12.0
    light: float = 2.0
    smooth: float = 0.05
    round_trip: float = 0.05


@full_precision
def flow_distance(flow: Tensor, known: Tensor, weight: Tensor, *, softness: float = 0.1) -> Tensor:
    """Mean of ``weight * ((|flow - known|^2 + softness^2)^0.4 - softness^0.8)`` over all places.

    ``flow`` and ``known`` (B, 2, H, W) pixels; ``weight`` (B, 1, H, W) 0..1. The power below one half lets places,
    where what is known is wrong, count little. Source: the robust loss of Sun et al., "PWC-Net", CVPR 2018, eq. 5.

    Raises:
        ValueError: the shapes do not match.
    """
    require_one_shape(flow=flow, known=known)
    squares = (flow - known).square().sum(1, keepdim=True)
    return (weight * ((squares + softness**2) ** 0.4 - softness**0.8)).mean()


@full_precision
def carried_distance(carried: Tensor, truth: Tensor, weight: Tensor, *, epsilon: float = 5e-3) -> Tensor:
    """Mean of ``weight * (sqrt(d^2 + epsilon^2) - epsilon)`` over ``carried - truth`` (B, C, H, W), scaled;
    ``weight`` (B, 1, H, W) 0..1.

    Raises:
        ValueError: the shapes do not match.
    """
    require_one_shape(carried=carried, truth=truth)
    return (weight * (torch.sqrt((carried - truth).square() + epsilon**2) - epsilon)).mean()


@full_precision
def flow_roughness(flow: Tensor, luminance: Tensor, *, edge: float = 0.05) -> Tensor:
    """Mean first difference of ``flow`` (B, 2, H, W) in pixels, weighted by ``exp(-|dL| / edge)`` of the differences of
    scaled ``luminance`` (B, 1, H, W).

    Source: the edge-aware smoothness of Meister et al., "UnFlow", AAAI 2018, in first order.
    """
    total = flow.new_zeros(())
    for axis in (2, 3):
        weight = torch.exp(-luminance.diff(dim=axis).abs() / edge)
        total = total + (weight * flow.diff(dim=axis).abs()).mean()
    return total
