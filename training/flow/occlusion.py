"""Where a flow cannot be trusted: there and back it does not return, it tears, or it leads outside.

``backward`` takes the pixels of the current frame to the previous one, ``forward`` those of the previous frame to the
current one; both (H, W, 2) float32 pixels, x then y. All results lie on the current frame's pixels.
"""

import numpy as np

from tinct.training.flow.warp import Image, Mask, inside, warp

ROUND_TRIP_PIXELS = 3.0
"""Distance between a place and where it comes back to, there and back, at which `agreement` has fallen to 1/e.
Chosen on training clips, as the tolerance in `trust` is."""


def round_trip(backward: Image, forward: Image) -> Image:
    """(H, W) squared pixels by which ``backward`` followed by ``forward`` misses."""
    return np.square(backward + warp(forward, backward)).sum(axis=-1)


def consistent(backward: Image, forward: Image) -> Mask:
    """(H, W): there and back comes back: ``|b + f|^2 <= 0.01 (|b|^2 + |f|^2) + 0.5``, f taken where b leads.

    Source: Sundaram, Brox and Keutzer, "Dense point trajectories by GPU-accelerated large displacement optical flow",
    ECCV 2010, eq. 5; Ruder et al., "Artistic Style Transfer for Videos", GCPR 2016, eq. 5 (seed 000, reference 34).
    """
    back = np.square(backward).sum(axis=-1)
    there = np.square(warp(forward, backward)).sum(axis=-1)
    return round_trip(backward, forward) <= 0.01 * (back + there) + 0.5


def motion_boundary(backward: Image) -> Mask:
    """(H, W): the flow tears: ``|grad u|^2 + |grad v|^2 > 0.01 |b|^2 + 0.002``, differences to the right and below.

    Source: Sundaram et al. 2010; Ruder et al. 2016, eq. 6.
    """
    slope = sum(np.square(np.diff(backward, axis=axis, append=_last(backward, axis))).sum(axis=-1) for axis in (0, 1))
    return slope > 0.01 * np.square(backward).sum(axis=-1) + 0.002


def reliable(backward: Image, forward: Image) -> Mask:
    """(H, W): neither occluded nor at a motion boundary, and inside the image.

    The mask of the temporal loss (seed 000, eq. 4.6), and of the warping error of Lai et al., "Learning Blind Video
    Temporal Consistency", ECCV 2018.
    """
    return consistent(backward, forward) & ~motion_boundary(backward) & inside(backward)


def agreement(backward: Image, forward: Image) -> Image:
    """(H, W) 0..1: the soft form, ``exp`` of the squared miss / 3^2 where the flow leads inside, else 0; as in the
    runtime."""
    return np.exp(-round_trip(backward, forward) / ROUND_TRIP_PIXELS**2) * inside(backward)


def _last(flow: Image, axis: int) -> Image:
    return flow[-1:] if axis == 0 else flow[:, -1:]
