"""Shots and photographs in the form that a data set is kept in."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from types import TracebackType

import av
import cv2
import numpy as np
from av.video.reformatter import ColorRange, Colorspace
from numpy.typing import NDArray

from tinct.training.data.plan import Window

Picture = NDArray[np.uint8]
PART = ".part"
"""Suffix of a file in the making; nothing reads such a file, and the next import removes it."""

ENCODING = "libx264 crf=16 preset=medium mbtree=0 yuv420p bt601"
"""What a shot is encoded with, for the manifest. BT.601, limited range, is what `clip_store` decodes."""

_BT601_TAG = 6
_JPEG_QUALITY = 95


class ShotWriter:
    """Writes pictures, cut and scaled alike, as an H.264 movie that gets its name when it is whole.

    On one thread and without macroblock-tree rate control, whose decisions vary from run to run, so that the same
    pictures give the same bytes with the same libx264.
    """

    def __init__(self, path: Path, *, window: Window, size: tuple[int, int], rate: Fraction) -> None:
        self._path, self._window, self._size = path, window, size
        self._part = part_of(path)
        self._container = av.open(str(self._part), "w", format="mp4", options={"movflags": "+faststart"})
        self._stream = self._container.add_stream("libx264", rate=rate)
        self._stream.height, self._stream.width = size
        self._stream.pix_fmt = "yuv420p"
        self._stream.options = {"crf": "16", "preset": "medium", "threads": "1", "x264-params": "mbtree=0"}
        self._stream.codec_context.colorspace = _BT601_TAG
        self._stream.codec_context.color_range = ColorRange.MPEG

    def __enter__(self) -> "ShotWriter":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self._container.mux(self._stream.encode(None))
        self._container.close()
        if kind is None:
            publish(self._part, self._path)
        else:
            self._part.unlink(missing_ok=True)

    def write(self, picture: Picture) -> None:
        """Add a picture (H, W, 3) RGB of the source."""
        frame = av.VideoFrame.from_ndarray(cut_and_scaled(picture, self._window, self._size), format="rgb24")
        frame = frame.reformat(format="yuv420p", dst_colorspace=Colorspace.ITU601, dst_color_range=ColorRange.MPEG)
        self._container.mux(self._stream.encode(frame))


def write_photo(path: Path, picture: Picture, *, window: Window, size: tuple[int, int]) -> None:
    """Write a picture (H, W, 3) RGB, cut and scaled, as a JPEG that gets its name when it is whole."""
    bgr = cv2.cvtColor(cut_and_scaled(picture, window, size), cv2.COLOR_RGB2BGR)
    _, data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
    with whole_file(path) as part:
        part.write_bytes(data.tobytes())


def scaled_size(window: Window, short_side: int) -> tuple[int, int]:
    """Even height and width of ``window`` with a short side of ``short_side`` pixels at most."""
    _, _, height, width = window
    scale = min(1.0, short_side / min(height, width))
    return max(2, round(height * scale / 2) * 2), max(2, round(width * scale / 2) * 2)


def cut_and_scaled(picture: Picture, window: Window, size: tuple[int, int]) -> Picture:
    """``window`` of ``picture`` (H, W, 3) at ``size`` (height, width)."""
    top, left, height, width = window
    piece = picture[top : top + height, left : left + width]
    return cv2.resize(piece, size[::-1], interpolation=cv2.INTER_AREA)


def part_of(path: Path) -> Path:
    """Where ``path`` is written before it is whole."""
    return path.with_name(f".{path.name}{PART}")


def publish(part: Path, path: Path) -> None:
    """Give a whole file its name, on the disk too."""
    with part.open("rb") as file:
        os.fsync(file.fileno())
    part.replace(path)


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A place to write ``path`` at, which gets its name when the block ends well and vanishes otherwise."""
    part = part_of(path)
    try:
        yield part
        publish(part, path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
