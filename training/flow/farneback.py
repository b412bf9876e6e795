"""Polynomial expansion, by OpenCV (Farnebäck, "Two-Frame Motion Estimation Based on Polynomial Expansion", SCIA 2003).

No method and no model of Tinct takes its motion from here: the warp error is measured with it.
"""

from dataclasses import dataclass
from typing import ClassVar

import cv2
import numpy as np

from tinct.training.flow.base import FlowSource, Image, lightness_levels


@dataclass(frozen=True)
class FarnebackConfig:
    """Arguments of OpenCV's function, under its names."""

    pyr_scale: float = 0.5
    levels: int = 5
    winsize: int = 15
    iterations: int = 5
    poly_n: int = 7
    poly_sigma: float = 1.5


@dataclass(frozen=True)
class FarnebackFlow(FlowSource):
    """Farnebäck's flow with Gaussian windows, on 8-bit luminance."""

    NAME: ClassVar[str] = "farneback"
    config: FarnebackConfig = FarnebackConfig()

    @property
    def fingerprint(self) -> str:
        return f"farneback, OpenCV {cv2.__version__}, {self.config}"

    def _estimate(self, source: Image, target: Image) -> Image:
        settings = {**vars(self.config), "flags": cv2.OPTFLOW_FARNEBACK_GAUSSIAN}
        pairs = zip(lightness_levels(source), lightness_levels(target), strict=True)
        return np.stack([cv2.calcOpticalFlowFarneback(*pair, None, **settings) for pair in pairs])
