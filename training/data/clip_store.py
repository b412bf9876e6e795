"""Clips and photos in memory: decoded once, kept as 4:2:0 so that a whole data set fits."""

from collections.abc import Callable, Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

VIDEO_SUFFIXES = {".mp4", ".mov", ".mkv", ".avi", ".webm"}
PHOTO_SUFFIXES = {".jpg", ".jpeg", ".png"}
LEAST_FRAMES = 8


class DataSetError(ValueError):
    """A data set that cannot be trained on."""


@dataclass(frozen=True, eq=False)
class StoredClip:
    """One clip (or photo, a clip of one frame): ``planes`` (T, 3H/2, W) uint8, I420 as OpenCV lays it out."""

    name: str
    planes: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.planes)

    @property
    def size(self) -> tuple[int, int]:
        """Height and width in pixels."""
        rows, width = self.planes.shape[1:]
        return rows * 2 // 3, width

    def rgb(self, frame: int) -> NDArray[np.uint8]:
        """Frame as (H, W, 3) uint8 sRGB."""
        return cv2.cvtColor(self.planes[frame], cv2.COLOR_YUV2RGB_I420)


@dataclass(frozen=True, eq=False)
class ClipStore:
    """All clips and photos of a data set; ``skipped`` names the files that could not be used, with the reason."""

    clips: tuple[StoredClip, ...]
    photos: tuple[StoredClip, ...]
    skipped: tuple[str, ...]


def load_store(
    folder: Path, *, short_side: int = 256, limit: int | None = None, exclude: Collection[str] = ()
) -> ClipStore:
    """Decode every clip and photo under ``folder`` (the first ``limit`` of each); short side ``short_side`` pixels
    at most. Files and folders whose name is in ``exclude`` are left out; nothing else is.

    Raises:
        DataSetError: there is no usable clip, or nothing has a name in ``exclude``.
    """
    files = _files(folder, exclude)
    videos = [path for path in files if path.suffix.lower() in VIDEO_SUFFIXES][:limit]
    pictures = [path for path in files if path.suffix.lower() in PHOTO_SUFFIXES][:limit]
    skipped: list[str] = []
    with ThreadPoolExecutor() as pool:
        clips = _usable(pool.map(lambda path: _attempt(_decode_video, path, short_side), videos), skipped)
        photos = _usable(pool.map(lambda path: _attempt(_decode_photo, path, short_side), pictures), skipped)
    if not clips:
        raise DataSetError(f"{folder} holds no clip of {LEAST_FRAMES} frames or more that can be decoded")
    return ClipStore(tuple(clips), tuple(photos), tuple(skipped))


def _files(folder: Path, exclude: Collection[str]) -> list[Path]:
    """All files under ``folder`` but the excluded."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    present = {name for path in files for name in path.relative_to(folder).parts}
    for name in exclude:
        if name not in present:  # a slip would bring in what was to be left out
            raise DataSetError(f"{folder} holds no file or folder {name!r} to exclude")
    return [path for path in files if not set(exclude).intersection(path.relative_to(folder).parts)]


def _usable(results: Iterable[StoredClip | str], skipped: list[str]) -> list[StoredClip]:
    """Keep the clips; move the reasons of the others to ``skipped``."""
    kept = []
    for result in results:
        if isinstance(result, str):
            skipped.append(result)
        else:
            kept.append(result)
    return kept


def _attempt(decode: Callable[[Path, int], StoredClip], path: Path, short_side: int) -> StoredClip | str:
    try:
        clip = decode(path, short_side)
    except Exception as error:
        return f"{path.name}: {error}"
    return clip


def _decode_video(path: Path, short_side: int) -> StoredClip:
    import av
    from av.video.reformatter import ColorRange, Colorspace

    kept_as = {"dst_colorspace": Colorspace.ITU601, "dst_color_range": ColorRange.MPEG}  # as `StoredClip` reads it
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        height, width = _even_size(stream.codec_context.height, stream.codec_context.width, short_side)
        frames = []
        for frame in container.decode(stream):
            if frame.is_corrupt:  # decoders fill what is missing and go on
                raise DataSetError(f"corrupt at frame {len(frames)}")
            frame = frame.reformat(width, height, "yuv420p", **kept_as)
            frames.append(frame.to_ndarray())
    if len(frames) < LEAST_FRAMES:
        raise DataSetError(f"only {len(frames)} frames")
    return StoredClip(path.stem, np.stack(frames))


def _decode_photo(path: Path, short_side: int) -> StoredClip:
    picture = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if picture is None:
        raise DataSetError("cannot be decoded")
    height, width = _even_size(*picture.shape[:2], short_side)
    picture = cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)
    return StoredClip(path.stem, cv2.cvtColor(picture, cv2.COLOR_BGR2YUV_I420)[None])


def _even_size(height: int, width: int, short_side: int) -> tuple[int, int]:
    scale = min(1.0, short_side / min(height, width))
    return tuple(max(2, int(extent * scale) // 2 * 2) for extent in (height, width))  # type: ignore[return-value]
