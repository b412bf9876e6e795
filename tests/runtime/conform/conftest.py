"""Two small movies, one with a timecode, and a sequence."""

from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest


def write_movie(path: Path, frames: int, timecode: str | None, rate: Fraction) -> None:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=rate)
        stream.width, stream.height, stream.pix_fmt = 32, 16, "yuv420p"
        if timecode is not None:
            stream.metadata["timecode"] = timecode
        for number in range(frames):
            picture = np.full((16, 32), number, np.uint8)
            frame = av.VideoFrame.from_ndarray(picture, format="gray").reformat(format="yuv420p")
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


@pytest.fixture(scope="session")
def media(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """``arrival.mov`` (100 frames from 01:00:00:00), ``hall.mov`` (60 frames, no timecode), both 24 fps, and
    ``scan/garden.1001.png`` to 1030."""
    folder = tmp_path_factory.mktemp("media")
    write_movie(folder / "arrival.mov", 100, "01:00:00:00", Fraction(24))
    write_movie(folder / "hall.mov", 60, None, Fraction(24))
    (folder / "scan").mkdir()
    for number in range(1001, 1031):
        cv2.imwrite(str(folder / "scan" / f"garden.{number}.png"), np.full((16, 32), number % 256, np.uint8))
    return folder
