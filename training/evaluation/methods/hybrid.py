"""Flow where it can be trusted, the feature copy elsewhere: the strongest method without training."""

from collections.abc import Iterable, Iterator

import numpy as np

from tinct.training.evaluation.flow_field import inside, round_trip, warp
from tinct.training.evaluation.methods.base import Image
from tinct.training.evaluation.methods.copy import FeatureCopy
from tinct.training.evaluation.methods.flow import DisFlow

ROUND_TRIP_PIXELS = 1.5
"""Where backward and forward flow miss each other by this much, trust is 1/e."""
LUMINANCE_STEP = 10.0
"""Where L* differs by this much from the place that the flow names, trust is 1/e. Both chosen on training clips."""


class Hybrid:
    """Warps the previous ab along DIS flow where forward and backward flow agree and luminance is kept, else copies."""

    name = "hybrid"

    def __init__(self, copy: FeatureCopy | None = None) -> None:
        """``copy``: a loaded ``FeatureCopy`` to share; else one is loaded, with its errors."""
        self._copy = copy or FeatureCopy()

    def colorize(self, lightness: Iterable[Image], reference_lab: Image) -> Iterator[Image]:
        """Yield the ab of each frame; see ``Colorizer.colorize``. The still is taken to be the first frame."""
        flow = DisFlow()
        bank = self._copy.encode_reference(reference_lab)
        previous: Image | None = None
        ab = reference_lab[..., 1:].copy()
        for frame in lightness:
            if previous is not None:
                backward, forward = flow(frame, previous), flow(previous, frame)
                trust = gate(previous, frame, backward, forward)[..., None]
                ab = trust * warp(ab, backward) + (1.0 - trust) * self._copy.copy(frame, bank)
            previous = frame
            yield ab


def gate(previous: Image, current: Image, backward: Image, forward: Image) -> Image:
    """Trust (H, W) float32 0..1 in the flow from ``current`` back to ``previous``, both (H, W) L* in 0..100."""
    miss = round_trip(backward, forward) / ROUND_TRIP_PIXELS**2
    change = np.square((current - warp(previous, backward)) / LUMINANCE_STEP)
    trust = np.exp(-miss - change) * inside(backward)
    return trust.astype(np.float32, copy=False)
