"""Which channels of an image are its picture, and pixels as float32."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinct.runtime.errors import MediaError
from tinct.runtime.media.image_file import ImageHeader

Image = NDArray[np.float32]


@dataclass(frozen=True)
class PictureChannels:
    """Indices of the picture's channels in a file: three colours or one luminance, and alpha if there is one."""

    colours: tuple[int, ...]
    alpha: int | None

    @property
    def span(self) -> tuple[int, int]:
        """First index and one past the last of all channels that are needed."""
        used = (*self.colours, *(() if self.alpha is None else (self.alpha,)))
        return min(used), max(used) + 1


def picture_channels(path: Path, header: ImageHeader) -> PictureChannels:
    """Find R, G, B (of the first layer that has them), Y or a single grey channel, and alpha.

    Raises:
        MediaError: the file has none of them.
    """
    by_name = {name.lower(): index for index, name in reversed(list(enumerate(header.channels)))}
    for name in header.channels:
        layer, dot, last = name.lower().rpartition(".")
        stem = layer + dot
        if last in ("r", "red") and all(stem + other in by_name for other in _siblings(last)):
            colours = (by_name[stem + last], *(by_name[stem + other] for other in _siblings(last)))
            return PictureChannels(colours, by_name.get(stem + "a", by_name.get(stem + "alpha")))
    for name in header.channels:
        layer, dot, last = name.lower().rpartition(".")
        if last in ("y", "l", "i", "luminance"):
            return PictureChannels((by_name[name.lower()],), by_name.get(layer + dot + "a"))
    if len(header.channels) == 1:
        return PictureChannels((0,), None)
    raise MediaError(
        f"{path} has no R, G, B or Y channels; it has {', '.join(header.channels[:8])}. Write it with RGB."
    )


def to_float(pixels: NDArray[Any], header: ImageHeader) -> Image:
    """Return stored samples of any shape as float32: integers as code / (2^bits - 1), floats as they are.

    OpenImageIO widens 10 and 12-bit codes to 16 bits by repeating the high bits; shifting brings them back exactly.
    """
    if header.is_float:
        return pixels.astype(np.float32)
    stored = pixels.dtype.itemsize * 8
    codes = pixels >> (stored - header.bits) if header.bits < stored else pixels
    return codes.astype(np.float32) / np.float32(2**header.bits - 1)


def reorient(image: Image, orientation: int) -> Image:
    """Turn stored pixels (H, W, ...) upright; ``orientation`` is TIFF/EXIF tag 274 (1 = upright already)."""
    if orientation in (5, 6, 7, 8):
        image = np.swapaxes(image, 0, 1)
    if orientation in (3, 4, 7, 8):
        image = image[::-1]
    if orientation in (2, 3, 6, 7):
        image = image[:, ::-1]
    return np.ascontiguousarray(image)


def _siblings(red: str) -> tuple[str, str]:
    """Names of green and blue beside a red channel that is called ``red``."""
    return ("g", "b") if red == "r" else ("green", "blue")
