"""Reference stills."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tinct.runtime.errors import MediaError, MediaNotFoundError, StillError
from tinct.runtime.media.framing import WHOLE, Framing
from tinct.runtime.media.sequence_pattern import IMAGE_SUFFIXES
from tinct.runtime.media.transfer import encode_linear

Image = NDArray[np.float32]

GREY_CHROMA = 3.0
"""CIELAB chroma under which a pixel counts as grey: a just visible tint."""

COLOURED_FRACTION = 0.005
"""A still is grey unless at least this share of its pixels has more chroma than `GREY_CHROMA`."""


@dataclass(frozen=True)
class Still:
    """A reference still. ``rgb``: (H, W, 3) float32, sRGB-encoded, 0..1, upright. ``digest``: sha256 of its pixels."""

    path: Path
    rgb: Image
    digest: str


@dataclass(frozen=True)
class StillFile:
    """A still whose pixels are read anew each time they are wanted; for sets too large to hold in memory.

    ``digest``: that of the `Still` that was read before; ``to_srgb`` and ``framing``: as `read_still` has them.
    """

    path: Path
    digest: str
    to_srgb: Callable[[Image], Image] | None = None
    framing: Framing = WHOLE

    @property
    def rgb(self) -> Image:
        """The pixels (H, W, 3) float32, sRGB-encoded, 0..1.

        Raises:
            StillError: the file is gone, or has other pixels than before.
        """
        try:
            still = read_still(self.path, to_srgb=self.to_srgb, framing=self.framing)
        except MediaNotFoundError as error:
            raise StillError(f"The still {self.path} is gone; put it back and resume.") from error
        if still.digest != self.digest:
            raise StillError(f"The still {self.path} was changed since the run began; put it back and resume.")
        return still.rgb


def read_still(path: str | Path, *, to_srgb: Callable[[Image], Image] | None = None, framing: Framing = WHOLE) -> Still:
    """Read a reference still: PNG, JPEG, TIFF, DPX or EXR.

    Scene-linear files (EXR, float TIFF) are sRGB-encoded and clipped to 0..1; other pixels are taken as they are. EXIF
    orientation is honoured, alpha ignored. ``to_srgb`` does it instead where the file's space is known: it gets pixels
    (H, W, 3) float32 as stored, integers as 0..1, and gives sRGB. ``framing``: the part of the picture that
    counts.

    Raises:
        MediaNotFoundError: no such file.
        StillError: it cannot be decoded, is grey, or is out of the size limits.
    """
    path = Path(path)
    rgb = framing.of(read_picture(path, to_srgb=to_srgb))
    if is_grey(rgb):
        if framing.crop is not None:
            raise StillError(f"The part of the still {path} that counts is grey; let it show the colours.")
        raise StillError(f"The still {path} is grey; use one that shows the colours.")
    rgb.setflags(write=False)
    named = hashlib.sha256(repr(rgb.shape).encode())
    named.update(np.ascontiguousarray(rgb).data)
    return Still(path, rgb, named.hexdigest())


def read_picture(path: Path, *, to_srgb: Callable[[Image], Image] | None = None) -> Image:
    """The pixels of a picture that may be grey, (H, W, 3) float32 sRGB 0..1, upright; otherwise as `read_still`.

    Raises:
        MediaNotFoundError: no such file.
        StillError: it cannot be decoded, or is out of the size limits.
    """
    # Here, so that whoever only wants the type does not load the image library.
    from tinct.runtime.media.channels import picture_channels, reorient, to_float
    from tinct.runtime.media.image_file import read_image

    if path.is_dir() or (path.exists() and path.suffix.lower() not in IMAGE_SUFFIXES):
        raise StillError(f"The still {path} is not an image; use one of {', '.join(IMAGE_SUFFIXES)}.")
    try:
        header, stored = read_image(path)
        channels = picture_channels(path, header)
    except MediaNotFoundError as error:
        raise MediaNotFoundError(f"There is no still {path}; check the path.") from error
    except MediaError as error:
        raise StillError(f"A still cannot be used: {error}") from error
    rgb = to_float(np.take(stored, channels.colours, axis=-1), header)  # contiguous, which indexing would not be
    if len(channels.colours) == 1:
        rgb = np.repeat(rgb, 3, axis=-1)
    if to_srgb is not None:
        rgb = to_srgb(rgb)
    elif header.is_float:
        rgb = encode_linear(rgb, "srgb")
    return reorient(rgb, int(header.number("Orientation") or 1))


def is_grey(rgb: Image) -> bool:
    """Whether sRGB-encoded ``rgb`` (H, W, 3) float32 0..1 has hardly any pixel with visible chroma."""
    import cv2

    step = max(1, min(rgb.shape[:2]) // 256)
    lab = cv2.cvtColor(np.ascontiguousarray(rgb[::step, ::step]), cv2.COLOR_RGB2LAB)
    chroma = np.hypot(lab[..., 1], lab[..., 2])
    return float(np.mean(chroma > GREY_CHROMA)) < COLOURED_FRACTION
