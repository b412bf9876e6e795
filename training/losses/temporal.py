"""Steadiness from frame to frame."""

from torch import Tensor

from tinct.training.losses.inputs import full_precision, require_one_shape


def temporal_distance(ab: Tensor, moved: Tensor, trust: Tensor) -> Tensor:
    """Mean of ``trust * |ab - moved|`` over (B, 2, H, W): colour stays where motion is known; the form of `lite`.

    ``moved``: the previous result at this frame, a constant here; ``trust`` (B, 1, H, W) 0..1. An absolute form of seed
    000, eq. 4.6.
    """
    return (trust * (ab - moved.detach()).abs()).mean()


@full_precision
def temporal_loss(ab: Tensor, moved: Tensor, mask: Tensor) -> Tensor:
    """Mean of ``mask * (moved - ab)^2`` over (B, 2, H, W) in Lab units: the form of the seed.

    ``moved``: the previous result brought to this frame by the flow; gradients go to both frames. ``mask`` (B, 1, H, W)
    is 1 where the flow can be trusted, else 0 (`tinct.training.flow.occlusion.reliable`); the mean is over all pixels,
    so that an empty mask gives 0. Source: seed 000, eq. 4.6, squared as in the code published with it.

    Raises:
        ValueError: the shapes do not match.
    """
    require_one_shape(ab=ab, moved=moved)
    require_one_shape(mask=mask, one_channel_of_ab=ab[:, :1])
    return (mask * (moved - ab).square()).mean()
