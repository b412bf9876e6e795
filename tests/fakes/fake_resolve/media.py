"""What the application finds when it looks at a file: real files are opened, nothing is made up."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from pathlib import Path

import av
import cv2
import numpy as np

RANGE = re.compile(r"^(.*)\[(\d+)-(\d+)\](\.[A-Za-z]+)$")
IMAGES = (".exr", ".dpx", ".tif", ".tiff", ".png", ".jpg")


@dataclass(frozen=True)
class MediaFile:
    """A movie or numbered pictures: how the application spells its path, and what is in it.

    ``rate``: None where the file has none. ``first``: number of a sequence's first picture, 0 of a movie.
    """

    path: str
    frames: int
    rate: Fraction | None
    width: int
    height: int
    first: int
    timecode: str | None = None

    def picture(self, index: int) -> np.ndarray:
        """Picture ``index``, 0 for the first, (H, W, 3) bytes, blue first."""
        match = RANGE.match(self.path)
        if match:
            number = f"{self.first + index:0{len(match[2])}d}"
            found = cv2.imread(f"{match[1]}{number}{match[4]}", cv2.IMREAD_COLOR)
            assert found is not None
            return found
        return _decoded(self.path, Path(self.path).stat().st_mtime_ns)[index]


@lru_cache(maxsize=8)
def _decoded(path: str, changed: int) -> list[np.ndarray]:
    with av.open(path) as container:
        return [frame.to_ndarray(format="bgr24") for frame in container.decode(video=0)]


def look_at_movie(path: str) -> MediaFile | None:
    """The movie at ``path``; None if there is none that can be read."""
    try:
        with av.open(path) as container:
            stream = container.streams.video[0]
            count = sum(1 for packet in container.demux(stream) if packet.size)
            timecode = stream.metadata.get("timecode") or container.metadata.get("timecode")
            return MediaFile(path, count, stream.average_rate, stream.width, stream.height, 0, timecode)
    except (OSError, IndexError):
        return None


def look_at_sequence(pattern: str, first: int, last: int) -> MediaFile | None:
    """The pictures ``first`` to ``last`` of a pattern such as ``x_%04d.exr``; None if one of them is missing."""
    token = re.search(r"%0?(\d*)d", pattern)
    if token is None or last < first:
        return None
    if not all(Path(pattern % number).is_file() for number in range(first, last + 1)):
        return None
    width = max(int(token[1] or 1), len(str(first)))
    spelled = f"{pattern[: token.start()]}[{first:0{width}d}-{last:0{width}d}]{pattern[token.end() :]}"
    height, breadth = _size(Path(pattern % first))
    return MediaFile(spelled, last - first + 1, None, breadth, height, first)


def _size(path: Path) -> tuple[int, int]:
    if path.suffix.lower() in (".exr", ".dpx"):
        import OpenImageIO

        image = OpenImageIO.ImageBuf(str(path)).spec()
        return int(image.height), int(image.width)
    found = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    assert found is not None
    return found.shape[0], found.shape[1]


def shown_rate(rate: Fraction) -> float:
    """A frame rate as the application's properties have it: 23.976, 29.97, 24.0."""
    return round(float(rate), 3)
