"""Dense inverse search, by OpenCV (Kroeger et al., "Fast Optical Flow using Dense Inverse Search", ECCV 2016)."""

from dataclasses import dataclass
from typing import ClassVar

import cv2
import numpy as np

from tinct.training.flow.base import FlowSource, Image, Levels, lightness_levels

LEAST_SIDE = 16
"""Smaller pictures, and pictures flatter than `FLATTEST`, crash OpenCV's pyramid; they are extended for the search."""
FLATTEST = 8


@dataclass(frozen=True)
class DisConfig:
    """Settings of the search beside OpenCV's preset MEDIUM: by default those that find what the runtime's own search
    finds (a test holds the two together), clearly better than the preset's own."""

    finest_scale: int = 0
    patch_stride: int = 4
    descent_iterations: int = 16
    refinement_iterations: int = 0


MEDIUM = DisConfig(finest_scale=1, patch_stride=3, descent_iterations=25, refinement_iterations=5)
"""OpenCV's preset MEDIUM as it is."""


@dataclass(frozen=True)
class DisFlow(FlowSource):
    """DIS on 8-bit luminance."""

    NAME: ClassVar[str] = "dis"
    config: DisConfig = DisConfig()

    @property
    def fingerprint(self) -> str:
        return f"dis, OpenCV {cv2.__version__}, {self.config}"

    def _estimate(self, source: Image, target: Image) -> Image:
        search = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
        search.setFinestScale(self.config.finest_scale)
        search.setPatchStride(self.config.patch_stride)
        search.setGradientDescentIterations(self.config.descent_iterations)
        search.setVariationalRefinementIterations(self.config.refinement_iterations)
        height, width = source.shape[1:]
        pairs = zip(_searchable(lightness_levels(source)), _searchable(lightness_levels(target)), strict=True)
        return np.stack([search.calc(*pair, None)[:height, :width] for pair in pairs])


def _searchable(levels: Levels) -> Levels:
    """(N, H, W), extended at the right and the bottom to a shape that the search can bear."""
    height, width = levels.shape[1:]
    wanted_width = max(width, LEAST_SIDE)
    wanted_height = max(height, LEAST_SIDE, -(-wanted_width // FLATTEST))
    if (wanted_height, wanted_width) == (height, width):
        return levels
    return np.pad(levels, ((0, 0), (0, wanted_height - height), (0, wanted_width - width)), mode="edge")
