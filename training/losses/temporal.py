"""Steadiness from frame to frame."""

from torch import Tensor


def temporal_distance(ab: Tensor, moved: Tensor, trust: Tensor) -> Tensor:
    """Mean of ``trust * |ab - moved|`` over (B, 2, H, W): colour stays where motion is known (seed 000, eq. 4.7).

    ``moved``: the previous result at this frame; ``trust`` (B, 1, H, W) 0..1.
    """
    return (trust * (ab - moved.detach()).abs()).mean()
