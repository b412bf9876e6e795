"""Shot boundaries by the detectors of PySceneDetect, set for grey film. Needs scenedetect-headless (the extra "shots").

Their usual score is the mean change of hue, saturation and brightness. Grey film has no hue and no saturation, which
dilutes the score to a third, so brightness and, for `ContentShots`, edges are all that is weighed here.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from fractions import Fraction
from typing import Any, ClassVar

import cv2
import numpy as np

from tinct.runtime.errors import UsageError
from tinct.runtime.shots.base import LEAST_SHOT, Picture, apart
from tinct.runtime.shots.fades import find_fades, measured
from tinct.runtime.shots.shot import Transition


class SceneDetector(ABC):
    """Cuts by one of PySceneDetect's detectors, fed frame by frame; fades by the picture's contrast."""

    NAME: ClassVar[str]
    GRADUAL: ClassVar[bool] = False

    def __init__(self) -> None:
        """Make sure that PySceneDetect is there.

        Raises:
            UsageError: it is not installed.
        """
        try:
            import scenedetect  # noqa: F401
        except ImportError as error:
            raise UsageError(
                f"the detector {self.NAME} needs PySceneDetect ({error}); pip install 'tinct[shots]', or take "
                "--detector transnetv2"
            ) from error

    def transitions(self, frames: Iterable[Picture], rate: Fraction) -> tuple[Transition, ...]:
        from scenedetect.common import FrameTimecode

        detector, contrast, cuts, timecode = self.detector(), list[float](), list[Any](), None
        for number, frame in enumerate(measured(frames, contrast)):
            timecode = FrameTimecode(number, fps=rate)
            cuts += detector.process_frame(timecode, cv2.cvtColor(frame, cv2.COLOR_GRAY2BGR))
        if timecode is None:
            return ()
        cuts += detector.post_process(timecode)
        fades = find_fades(np.array(contrast, np.float32))
        found = [Transition.cut(int(cut.frame_num)) for cut in cuts]
        alone = [one for one in found if not any(fade.first <= one.start <= fade.last + 1 for fade in fades)]
        return apart([*alone, *fades])

    @abstractmethod
    def detector(self) -> Any:
        """A fresh detector: it keeps state over the frames of a film."""


class ContentShots(SceneDetector):
    """Cuts where the mean change of brightness and edges passes a fixed threshold."""

    NAME: ClassVar[str] = "content"

    def detector(self) -> Any:
        from scenedetect.detectors import ContentDetector

        weights = ContentDetector.Components(delta_hue=0.0, delta_sat=0.0, delta_lum=1.0, delta_edges=0.2)
        return ContentDetector(threshold=30.0, weights=weights, min_scene_len=LEAST_SHOT)


class AdaptiveShots(SceneDetector):
    """Cuts where the change of brightness is three times that of the frames around: fast motion is not cut."""

    NAME: ClassVar[str] = "adaptive"

    def detector(self) -> Any:
        from scenedetect.detectors import AdaptiveDetector

        return AdaptiveDetector(adaptive_threshold=3.0, min_content_val=15.0, luma_only=True, min_scene_len=LEAST_SHOT)


class HistogramShots(SceneDetector):
    """Cuts where the histogram of brightness changes: blind to motion, and to a cut between two views of one place."""

    NAME: ClassVar[str] = "histogram"

    def detector(self) -> Any:
        from scenedetect.detectors import HistogramDetector

        return HistogramDetector(threshold=0.2, min_scene_len=LEAST_SHOT)
