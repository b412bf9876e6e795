"""A chain of optical flow: the first frame takes the still's ab, each later frame the ab before it, moved."""

from collections.abc import Iterable, Iterator

from tinct.training.evaluation.methods.base import Image
from tinct.training.flow.dis import MEDIUM, DisFlow
from tinct.training.flow.warp import warp


class FlowChain:
    """Warps the previous frame's ab along DIS flow on luminance at full size, OpenCV's medium preset, and nothing
    else."""

    name = "flow"

    def colorize(self, lightness: Iterable[Image], reference_lab: Image) -> Iterator[Image]:
        """Yield the warped ab for each frame; see ``Colorizer.colorize``. The still is taken to be the first frame."""
        source = DisFlow(MEDIUM)
        previous: Image | None = None
        ab = reference_lab[..., 1:].copy()
        for frame in lightness:
            if previous is not None:
                ab = warp(ab, source.flow(frame, previous))
            previous = frame
            yield ab
