"""Colour clips with known colours, decoded to memory."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from tinct.training.colour import srgb_to_lab

Image = NDArray[np.float32]

MOVIES = (".mp4", ".mov", ".mkv", ".avi", ".webm", ".m4v")
IMAGES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".webp")


class ClipError(ValueError):
    """A clip or a still cannot be used for evaluation."""


@dataclass(frozen=True)
class Clip:
    """A colour clip. ``codes``: (N, H, W, 3) uint8, sRGB-encoded RGB; 8 bits are what the published figures use."""

    name: str
    codes: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.codes)

    @property
    def size(self) -> tuple[int, int]:
        """Height and width in pixels."""
        return self.codes.shape[1], self.codes.shape[2]

    def rgb(self, index: int) -> Image:
        """Frame ``index`` (from 0) as (H, W, 3) float32, sRGB-encoded, 0..1."""
        return self.codes[index].astype(np.float32) / np.float32(255.0)

    def lab(self, index: int) -> Image:
        """Frame ``index`` (from 0) as (H, W, 3) float32 Lab."""
        return srgb_to_lab(self.rgb(index))

    def lightness(self) -> Iterator[Image]:
        """Yield the L* (H, W) float32, 0..100, of each frame in order."""
        for index in range(len(self)):
            yield np.ascontiguousarray(self.lab(index)[..., 0])


def find_clips(path: Path) -> tuple[Path, ...]:
    """The clips at ``path``: itself if it is a movie or a folder of images, else the movies and image folders in it.

    Raises:
        ClipError: there is no clip.
    """
    if not path.exists():
        raise ClipError(f"no such clip or folder: {path}")
    if _is_clip(path):
        return (path,)
    found = tuple(entry for entry in sorted(path.iterdir()) if _is_clip(entry)) if path.is_dir() else ()
    if not found:
        accepted = ", ".join(MOVIES)
        raise ClipError(f"no clip at {path}; give a movie ({accepted}), a folder of images, or a folder of those")
    return found


def load_clip(path: Path, *, frames: int | None = None) -> Clip:
    """Decode the movie or the folder of images (ordered by name) at ``path``, its first ``frames`` if given.

    Raises:
        ClipError: nothing there can be decoded, frames differ in size, or the clip has fewer than two frames.
    """
    decoded = _decode_images(path, frames) if path.is_dir() else _decode_movie(path, frames)
    if len(decoded) < 2:
        raise ClipError(f"{path} has {len(decoded)} frames; evaluation needs at least two")
    if len({frame.shape for frame in decoded}) > 1:
        raise ClipError(f"the frames of {path} differ in size; a clip has one size")
    return Clip(path.stem, np.stack(decoded))


def read_image(path: Path) -> NDArray[np.uint8]:
    """Decode an image file to (H, W, 3) uint8 sRGB-encoded RGB.

    Raises:
        ClipError: the file is missing or cannot be decoded.
    """
    try:
        bgr = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_COLOR)
    except (OSError, cv2.error) as error:
        raise ClipError(f"cannot read the image {path}: {error}") from error
    if bgr is None:
        raise ClipError(f"cannot decode the image {path}; use PNG, JPEG or TIFF")
    return cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB)


def _decode_images(folder: Path, frames: int | None) -> list[NDArray[np.uint8]]:
    return [read_image(file) for file in _images(folder)[:frames]]


def _decode_movie(path: Path, frames: int | None) -> list[NDArray[np.uint8]]:
    import av

    decoded: list[NDArray[np.uint8]] = []
    try:
        with av.open(str(path)) as container:
            if not container.streams.video:
                raise ClipError(f"{path} has no video stream")
            for frame in container.decode(video=0):
                if frames is not None and len(decoded) == frames:
                    break
                decoded.append(frame.to_ndarray(format="rgb24"))
    except (av.FFmpegError, OSError) as error:
        raise ClipError(f"cannot decode {path}: {error}") from error
    return decoded


def _images(folder: Path) -> list[Path]:
    return sorted(file for file in folder.iterdir() if file.suffix.lower() in IMAGES)


def _is_clip(path: Path) -> bool:
    return bool(_images(path)) if path.is_dir() else path.suffix.lower() in MOVIES
