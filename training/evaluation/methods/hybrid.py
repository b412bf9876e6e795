"""Flow where it can be trusted, the feature copy elsewhere: the strongest method without training."""

from collections.abc import Iterable, Iterator

import cv2
import numpy as np

from tinct.training.evaluation.flow_field import inside, round_trip, warp
from tinct.training.evaluation.methods.base import Image
from tinct.training.evaluation.methods.copy import FeatureCopy
from tinct.training.evaluation.methods.flow import DisFlow

ROUND_TRIP_PIXELS = 1.0
LUMINANCE_STEP = 10.0
"""Largest difference of L* between a pixel and where the flow says it came from."""
SOFTENING_SIGMA = 1.0
"""Pixels of blur of the gate, which hides the seam between the two sources."""


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
    agrees = round_trip(backward, forward) <= ROUND_TRIP_PIXELS**2
    keeps_luminance = np.abs(current - warp(previous, backward)) <= LUMINANCE_STEP
    trusted = (agrees & keeps_luminance & inside(backward)).astype(np.float32)
    return cv2.GaussianBlur(trusted, (0, 0), SOFTENING_SIGMA)
