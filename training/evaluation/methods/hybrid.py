"""Flow where it can be trusted, the feature copy elsewhere: the strongest method without training."""

from collections.abc import Iterable, Iterator

from tinct.training.evaluation.methods.base import Image
from tinct.training.evaluation.methods.copy import FeatureCopy
from tinct.training.flow.dis import MEDIUM, DisFlow
from tinct.training.flow.trust import trust
from tinct.training.flow.warp import warp


class Hybrid:
    """Warps the previous ab along DIS flow where forward and backward flow agree and luminance is kept, else copies."""

    name = "hybrid"

    def __init__(self, copy: FeatureCopy | None = None) -> None:
        """``copy``: a loaded ``FeatureCopy`` to share; else one is loaded, with its errors."""
        self._copy = copy or FeatureCopy()

    def colorize(self, lightness: Iterable[Image], reference_lab: Image) -> Iterator[Image]:
        """Yield the ab of each frame; see ``Colorizer.colorize``. The still is taken to be the first frame."""
        source = DisFlow(MEDIUM)
        bank = self._copy.encode_reference(reference_lab)
        previous: Image | None = None
        ab = reference_lab[..., 1:].copy()
        for frame in lightness:
            if previous is not None:
                backward, forward = source.flow(frame, previous), source.flow(previous, frame)
                share = trust(previous, frame, backward, forward)[..., None]
                ab = share * warp(ab, backward) + (1.0 - share) * self._copy.copy(frame, bank)
            previous = frame
            yield ab
