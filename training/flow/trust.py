"""How far a moved colour can be trusted: the same estimate that the runtime makes (a test holds the two together)."""

import numpy as np

from tinct.training.flow.base import FlowSource, Image
from tinct.training.flow.dis import DisFlow
from tinct.training.flow.occlusion import agreement
from tinct.training.flow.warp import positions, warp

LIGHTNESS_TOLERANCE = 10.0
"""Difference of L* at which the trust in a moved colour has fallen to 1/e."""


def moved_from(previous: Image, current: Image, source: FlowSource | None = None) -> tuple[Image, Image]:
    """Where ``current``'s pixels lay in ``previous``, both (H, W) L* 0..100, and the `trust` (H, W) in that.

    The places are (H, W, 2) in pixels, x then y. ``source`` is `DisFlow` unless given.
    """
    source = source or DisFlow()
    backward, forward = source.flow(current, previous), source.flow(previous, current)
    return positions(backward), trust(previous, current, backward, forward)


def trust(previous: Image, current: Image, backward: Image, forward: Image) -> Image:
    """(H, W) float32 0..1: `agreement` of the flows (H, W, 2) from ``current`` back to ``previous`` and forward, times
    ``exp(-(d / 10)^2)`` of the difference of L* between a pixel and the place that it came from."""
    difference = current - warp(previous, backward)
    likeness = np.exp(-np.square(difference / LIGHTNESS_TOLERANCE))
    return (agreement(backward, forward) * likeness).astype(np.float32)
