"""A chain of optical flow: the first frame takes the still's ab, each later frame the ab before it, moved."""

from collections.abc import Iterable, Iterator

import cv2
import numpy as np

from tinct.training.evaluation.flow_field import warp
from tinct.training.evaluation.methods.base import Image


class DisFlow:
    """Dense inverse search (Kroeger et al., ECCV 2016) on luminance at full size, OpenCV's medium preset."""

    def __init__(self) -> None:
        self._dis = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)

    def __call__(self, source: Image, target: Image) -> Image:
        """Flow (H, W, 2) in pixels from ``source`` to ``target``, both (H, W) L* in 0..100."""
        return self._dis.calc(_codes(source), _codes(target), None)


class FlowChain:
    """Warps the previous frame's ab along DIS flow, and nothing else."""

    name = "flow"

    def colorize(self, lightness: Iterable[Image], reference_lab: Image) -> Iterator[Image]:
        """Yield the warped ab for each frame; see ``Colorizer.colorize``. The still is taken to be the first frame."""
        flow = DisFlow()
        previous: Image | None = None
        ab = reference_lab[..., 1:].copy()
        for frame in lightness:
            if previous is not None:
                ab = warp(ab, flow(frame, previous))
            previous = frame
            yield ab


def _codes(lightness: Image) -> np.ndarray:
    return np.rint(np.clip(lightness, 0.0, 100.0) * 2.55).astype(np.uint8)
