"""A small film drawn for tests and benchmarks: waves that move, with sound and timecode, a still, a list of shots."""

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np

from tinct.runtime.shots import Shot, ShotList, Transition, write_shots

HEIGHT, WIDTH = 64, 96
SAMPLES = 2000
"""Of sound, to a frame: 48 kHz at 24 frames a second."""


def draw_film(folder: Path, frames: int, *, cuts: Sequence[int] = ()) -> None:
    """Draw ``plate.mov`` (ProRes, 64x96, from frame 0 on) and ``still.png`` in ``folder``, and write ``shots.csv``,
    whose shots after the first begin at ``cuts``."""
    y, x = np.mgrid[:HEIGHT, :WIDTH].astype(np.float32)
    with av.open(str(folder / "plate.mov"), "w") as movie:
        picture = movie.add_stream("prores_ks", rate=Fraction(24))
        picture.width, picture.height, picture.pix_fmt = WIDTH, HEIGHT, "yuv422p10le"
        picture.codec_context.time_base = Fraction(1, 24)
        picture.metadata["timecode"] = "01:00:00:00"
        sound = movie.add_stream("aac", rate=24 * SAMPLES, layout="mono")
        for number in range(frames):
            frame = av.VideoFrame(WIDTH, HEIGHT, "yuv422p10le")
            luma = 500 + 300 * np.sin((x + 3 * number) / 9) * np.cos(y / 7)
            for index, plane in enumerate(frame.planes):
                samples_of: Any = plane  # a buffer, which its stubs do not say
                values = np.frombuffer(samples_of, "<u2").reshape(plane.height, -1)
                values[:] = 512
                if index == 0:
                    values[:, :WIDTH] = luma
            frame.pts, frame.time_base = number, Fraction(1, 24)
            movie.mux(picture.encode(frame))
            samples = np.sin(np.arange(SAMPLES, dtype=np.float32) * (number % 50 + 3) / 200)[np.newaxis]
            tone = av.AudioFrame.from_ndarray(samples, format="fltp", layout="mono")
            tone.sample_rate, tone.pts, tone.time_base = 24 * SAMPLES, SAMPLES * number, Fraction(1, 24 * SAMPLES)
            movie.mux(sound.encode(tone))
        movie.mux(picture.encode(None))
        movie.mux(sound.encode(None))
    bgr = np.stack([60 + x, 40 + y, 220 - x - y / 2], axis=-1)
    cv2.imwrite(str(folder / "still.png"), np.clip(bgr, 0, 255).astype(np.uint8))
    starts = [0, *cuts, frames]
    shots = [Shot(first, after - 1, Transition.cut(first) if first else None) for first, after in pairwise(starts)]
    write_shots(folder / "shots.csv", ShotList(str(folder / "plate.mov"), tuple(shots)))
