"""The frames of a source, upright, in square pixels, as full-range RGB."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import Colorspace
from numpy.typing import NDArray

from tinct.training.data.clip_store import DataSetError
from tinct.training.data.layouts.base import FILM_RATE, Source

Picture = NDArray[np.uint8]
UNSPECIFIED = 2
HD_LINES = 720
"""A movie that does not name its colour matrix is BT.709 from so many lines on, BT.601 below."""

LOST_SHARE = 0.02
"""Containers may count a few frames that are cut off at their ends; more missing ones mean a truncated file."""


def read_frames(source: Source) -> Iterator[Picture]:
    """Yield the frames of ``source`` in order, (H, W, 3) uint8 sRGB-encoded RGB, all of one size.

    Raises:
        DataSetError: a file is missing, corrupt, truncated or without pictures, or frames differ in size.
    """
    frames = _movie(source.files[0]) if source.kind == "movie" else (read_picture(path) for path in source.files)
    size = None
    for number, frame in enumerate(frames):
        size = size or frame.shape
        if frame.shape != size:
            width, height, now = size[1], size[0], frame.shape
            raise DataSetError(f"mixed sizes: {width}x{height}, but {now[1]}x{now[0]} at frame {number}")
        yield frame
    if size is None:
        raise DataSetError("no frames")


def frame_rate(source: Source) -> Fraction:
    """Frames a second.

    Raises:
        DataSetError: the movie cannot be opened.
    """
    if source.kind != "movie":
        return source.rate
    try:
        with av.open(str(source.files[0])) as container:
            if not container.streams.video:
                raise DataSetError("no video in it")
            return container.streams.video[0].average_rate or FILM_RATE
    except (av.FFmpegError, OSError) as error:
        raise DataSetError(f"cannot be decoded: {error.strerror}") from error


def read_picture(path: Path) -> Picture:
    """A picture file as (H, W, 3) uint8 sRGB-encoded RGB.

    Raises:
        DataSetError: it cannot be read or decoded.
    """
    try:
        data = np.fromfile(path, np.uint8)
        bgr = cv2.imdecode(data, cv2.IMREAD_COLOR) if data.size else None
    except (OSError, cv2.error) as error:
        raise DataSetError(f"{path.name} cannot be read: {error}") from error
    if bgr is None:
        raise DataSetError(f"{path.name} cannot be decoded")
    if path.suffix.lower() in (".jpg", ".jpeg") and b"\xff\xd9" not in data[-4096:].tobytes():
        raise DataSetError(f"{path.name} is truncated")  # OpenCV fills the rest with grey and says nothing
    return cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB)


def _movie(path: Path) -> Iterator[Picture]:
    count = 0
    try:
        with av.open(str(path)) as container:
            if not container.streams.video:
                raise DataSetError("no video in it")
            stream = container.streams.video[0]
            stream.thread_type = "AUTO"
            promised, aspect = stream.frames, stream.sample_aspect_ratio
            for frame in container.decode(stream):
                if frame.is_corrupt:
                    raise DataSetError(f"corrupt at frame {count}")
                yield _upright(frame, aspect)
                count += 1
    except (av.FFmpegError, OSError) as error:
        raise DataSetError(f"cannot be decoded past frame {count}: {error.strerror}") from error
    if promised - count > max(2, promised * LOST_SHARE):
        raise DataSetError(f"truncated: {count} of {promised} frames")


def _upright(frame: VideoFrame, aspect: Fraction | None) -> Picture:
    matrix = None
    if frame.colorspace == UNSPECIFIED:
        matrix = Colorspace.ITU709 if frame.height >= HD_LINES else Colorspace.ITU601
    picture = frame.reformat(format="rgb24", src_colorspace=matrix).to_ndarray()
    if aspect and aspect != 1:
        width = max(2, round(frame.width * aspect))
        picture = cv2.resize(picture, (width, frame.height), interpolation=cv2.INTER_LINEAR)
    turns = round(frame.rotation / 90) % 4
    return np.ascontiguousarray(np.rot90(picture, turns)) if turns else picture
