"""Movies made of photographs that ship with scikit-image."""

from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from skimage import data

HEIGHT, WIDTH = 96, 160


def pan(name: str, count: int, *, speed: int = 1) -> list[np.ndarray]:
    """A camera that moves over a photograph, (96, 160, 3) uint8 RGB each."""
    picture = cv2.resize(getattr(data, name)(), (300, 200), interpolation=cv2.INTER_AREA)
    return [picture[50 : 50 + HEIGHT, 10 + speed * i : 10 + WIDTH + speed * i] for i in range(count)]


def write_movie(path: Path, frames: list[np.ndarray], rate: Fraction = Fraction(25)) -> Path:
    """Write RGB frames as H.264."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=rate)
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt, stream.options = "yuv444p", {"crf": "10", "preset": "veryfast", "threads": "1"}
        for frame in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), format="rgb24")))
        container.mux(stream.encode(None))
    return path


def letterboxed(frames: list[np.ndarray], bar: int) -> list[np.ndarray]:
    """Frames with black bars above and below."""
    return [np.pad(frame, ((bar, bar), (0, 0), (0, 0))) for frame in frames]


@pytest.fixture(scope="session")
def film(tmp_path_factory) -> Path:
    """A folder with a film of four shots (coffee, grey coffee, chelsea, a black screen), letterboxed, and a photo."""
    root = tmp_path_factory.mktemp("import") / "films"
    grey = [np.repeat(frame.mean(-1, keepdims=True).astype(np.uint8), 3, -1) for frame in pan("astronaut", 10)]
    black = [np.zeros((HEIGHT, WIDTH, 3), np.uint8)] * 10
    write_movie(root / "film.mp4", letterboxed(pan("coffee", 12) + grey + pan("chelsea", 14) + black, 20))
    cv2.imwrite(str(root / "photo.png"), cv2.cvtColor(data.rocket(), cv2.COLOR_RGB2BGR))
    return root


@pytest.fixture(scope="session")
def pan_over():
    """`pan`."""
    return pan


@pytest.fixture(scope="session")
def make_movie():
    """`write_movie`."""
    return write_movie
