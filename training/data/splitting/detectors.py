"""Splitting with the detectors of PySceneDetect. Needs the package scenedetect-headless."""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from fractions import Fraction
from typing import Any, ClassVar

import cv2
import scenedetect.detectors as detectors
from scenedetect.common import FrameTimecode

from tinct.training.data.splitting.base import LEAST_SHOT, Picture, Shot, between


class DetectorSplitter(ABC):
    """Shots between the cuts of one of PySceneDetect's detectors, fed frame by frame so that frame numbers are ours."""

    NAME: ClassVar[str]
    FINDS: ClassVar[str] = "cuts"

    def __init__(self, **parameters: float) -> None:
        self._parameters = parameters

    @property
    def parameters(self) -> dict[str, float]:
        return dict(self._parameters)

    def split(self, frames: Iterable[Picture], rate: Fraction) -> tuple[Shot, ...]:
        detector = self.detector()
        cuts: list[FrameTimecode] = []
        timecode = None
        for number, frame in enumerate(frames):
            timecode = FrameTimecode(number, fps=rate)
            cuts += detector.process_frame(timecode, cv2.cvtColor(frame, cv2.COLOR_RGB2BGR))
        if timecode is None:
            return ()
        cuts += detector.post_process(timecode)
        return between((cut.frame_num for cut in cuts), timecode.frame_num + 1)

    @abstractmethod
    def detector(self) -> Any:
        """A fresh detector: it keeps state over the frames of a movie."""


class ContentSplitter(DetectorSplitter):
    """Hard cuts: the mean change of hue, saturation and brightness of a pixel reaches ``threshold`` levels. Fast motion
    and flashes can reach it too."""

    NAME: ClassVar[str] = "content"

    def __init__(self, threshold: float = 27.0) -> None:
        super().__init__(threshold=threshold)

    def detector(self) -> Any:
        return detectors.ContentDetector(**self.parameters, min_scene_len=LEAST_SHOT)


class AdaptiveSplitter(DetectorSplitter):
    """Hard cuts in moving footage: the same change, ``ratio`` times as large as around it, and at least ``least``."""

    NAME: ClassVar[str] = "adaptive"

    def __init__(self, ratio: float = 3.0, least: float = 15.0) -> None:
        super().__init__(ratio=ratio, least=least)

    def detector(self) -> Any:
        return detectors.AdaptiveDetector(
            adaptive_threshold=self.parameters["ratio"],
            min_content_val=self.parameters["least"],
            min_scene_len=LEAST_SHOT,
        )


class ThresholdSplitter(DetectorSplitter):
    """Fades to black and back: the mean level falls below ``threshold``; the cut lies in the middle of the black. Sees
    no hard cut."""

    NAME: ClassVar[str] = "threshold"
    FINDS: ClassVar[str] = "fades"

    def __init__(self, threshold: float = 12.0) -> None:
        super().__init__(threshold=threshold)

    def detector(self) -> Any:
        return detectors.ThresholdDetector(**self.parameters, min_scene_len=LEAST_SHOT)
