"""What the bench colours: frames of the demo clip at the wanted size, and its first still."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

import cv2
import numpy as np
from numpy.typing import NDArray

from tinct.demo_material import GREY_CLIP, STILLS, demo_file
from tinct.runtime.media import ColourTags, Still, open_plate, read_still
from tinct.runtime.picture.colour import luma_to_lightness

Image = NDArray[np.float32]


@dataclass(frozen=True)
class Workload:
    """``luma``: frames (H, W) float32 encoded 0..1 with ``tags``; ``lightness``: the same as L* 0..100; ``still``."""

    luma: Sequence[Image]
    lightness: Sequence[Image]
    tags: ColourTags
    still: Still


def demo_workload(*, height: int, width: int, frames: int) -> Workload:
    """The first ``frames`` frames of the demo clip's first shot, stretched to ``height`` x ``width``."""
    with demo_file(GREY_CLIP) as path, open_plate(path) as plate:
        tags = plate.info.colour
        luma = [
            np.asarray(cv2.resize(frame.luma, (width, height), interpolation=cv2.INTER_AREA), np.float32)
            for frame in islice(plate.frames(), frames)
        ]
    with demo_file(STILLS[0]) as path:
        still = read_still(path)
    return Workload(luma, [luma_to_lightness(image, tags) for image in luma], tags, still)
