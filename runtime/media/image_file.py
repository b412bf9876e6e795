"""Single image files through OpenImageIO; the border where its failures become Tinct's errors."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import OpenImageIO as oiio
from numpy.typing import NDArray

from tinct.runtime.errors import MediaError, MediaNotFoundError, OutputError
from tinct.runtime.media.image_size import check_size

Pixels = NDArray[Any]
"""(H, W, C) uint8, uint16, float16 or float32, as the file stores them."""

_DTYPES = {"uint8": np.uint8, "uint16": np.uint16, "half": np.float16, "float": np.float32}


_PNG_END = b"IEND\xaeB`\x82"
"""The last chunk of a PNG; readers do not miss it."""


@dataclass(frozen=True)
class HeaderAttribute:
    """One attribute of an image header: OpenImageIO's name of its type, and its value."""

    type: str
    value: object


@dataclass(frozen=True)
class ImageHeader:
    """What the header of an image file says.

    ``sample`` is ``uint8``, ``uint16``, ``half`` or ``float`` (other types are read as ``float``); ``bits`` counts the
    significant bits of a sample. ``window`` is (x, y, display x, display y, display width, display height).
    """

    width: int
    height: int
    channels: tuple[str, ...]
    sample: str
    bits: int
    window: tuple[int, int, int, int, int, int]
    attributes: Mapping[str, HeaderAttribute] = field(default_factory=dict)

    @property
    def is_float(self) -> bool:
        """Whether samples are floating point."""
        return self.sample in ("half", "float")

    def number(self, name: str) -> float | None:
        """Value of the numeric attribute ``name``, or None."""
        attribute = self.attributes.get(name)
        return float(attribute.value) if attribute and isinstance(attribute.value, (int, float)) else None


def read_header(path: Path) -> ImageHeader:
    """Return the header of the first image in ``path``.

    Raises:
        MediaNotFoundError: no such file.
        MediaError: it is not an image, or its size is out of the limits.
    """
    source = _open(path)
    try:
        return _header(path, source.spec())
    finally:
        source.close()


def read_image(
    path: Path, *, span: Callable[[ImageHeader], tuple[int, int]] | None = None
) -> tuple[ImageHeader, Pixels]:
    """Return header and pixels of ``path``; ``span`` tells from the header which channels (first, end) to decode.

    Alpha comes as stored, neither multiplied into the colours nor divided out of them.

    Raises:
        MediaNotFoundError: no such file.
        MediaError: it is not an image, is truncated, or its size is out of the limits.
    """
    source = _open(path)
    try:
        header = _header(path, source.spec())
        first, end = span(header) if span else (0, len(header.channels))
        pixels = source.read_image(0, 0, first, end, oiio.TypeDesc(header.sample))
        # Some decoders (JPEG) fill what is missing with grey and only leave a message.
        failure = source.geterror()
    finally:
        source.close()
    if pixels is None or failure:
        raise MediaError(
            f"{path} cannot be decoded: {_one_line(failure)}. It may be truncated; copy or render it again."
        )
    return header, np.asarray(pixels, _DTYPES[header.sample]).reshape(header.height, header.width, end - first)


def write_image(
    path: Path,
    pixels: Pixels,
    *,
    channels: tuple[str, ...],
    attributes: Mapping[str, HeaderAttribute],
    window: tuple[int, int, int, int, int, int] | None = None,
    final: Path | None = None,
    formats: tuple[str, ...] | None = None,
) -> None:
    """Write ``pixels`` (H, W, C), whose dtype is the file's sample type, with header ``attributes``.

    ``formats``: sample types of the single channels, where they differ; ``pixels`` then fit each exactly.
    ``final`` is what messages call the file, where ``path`` is a temporary name.

    Raises:
        OutputError: the file cannot be written, or the format refuses the pixels.
    """
    height, width = pixels.shape[:2]
    sample = next(name for name, dtype in _DTYPES.items() if pixels.dtype == dtype)
    spec = oiio.ImageSpec(width, height, len(channels), oiio.TypeDesc(sample))
    spec.channelnames = channels
    if formats is not None:
        spec.channelformats = tuple(oiio.TypeDesc(name) for name in formats)
    spec.alpha_channel = channels.index("A") if "A" in channels else -1
    if window is not None:
        spec.x, spec.y, spec.full_x, spec.full_y, spec.full_width, spec.full_height = window
    for name, attribute in attributes.items():
        spec.attribute(name, oiio.TypeDesc(attribute.type), attribute.value)
    called = final or path
    target = oiio.ImageOutput.create(str(path))
    if target is None:
        raise OutputError(f"{called} cannot be written: {_one_line(oiio.geterror())}.")
    # All three steps run, so that the file is closed whatever happened; the first message is the cause.
    done = target.open(str(path), spec) and target.write_image(np.ascontiguousarray(pixels))
    failure = "" if done else target.geterror()
    closed = target.close()
    if not (done and closed):
        reason = _one_line(failure or target.geterror()).replace(str(path), called.name)
        raise OutputError(f"{called} cannot be written: {reason}. Check free space and permissions.")
    _verify(path, pixels, channels, called)


def _verify(path: Path, pixels: Pixels, channels: tuple[str, ...], called: Path) -> None:
    """Read the file back: OpenImageIO's writers do not notice when the last bytes find no room on the disk."""
    try:
        header, stored = read_image(path)
    except MediaError as error:
        raise OutputError(f"{called} cannot be written: it is not whole. Check free space.") from error
    if path.suffix.lower() == ".png" and not path.read_bytes().endswith(_PNG_END):
        raise OutputError(f"{called} cannot be written: it is not whole. Check free space.")
    if header.channels != channels and set(header.channels) == set(channels):  # EXR sorts its layers
        stored = stored[..., [header.channels.index(name) for name in channels]]
    if stored.shape != pixels.shape or not np.array_equal(stored, pixels, equal_nan=pixels.dtype.kind == "f"):
        raise OutputError(f"{called} cannot be written: it reads back with other values. Check the disk.")


def _open(path: Path) -> Any:
    """Open ``path`` for reading, alpha unassociated as stored."""
    if not path.exists():
        raise MediaNotFoundError(f"There is no file {path}; check the path.")
    config = oiio.ImageSpec()
    config.attribute("oiio:UnassociatedAlpha", 1)
    source = oiio.ImageInput.open(str(path), config)
    if source is None:
        reason = _one_line(oiio.geterror())
        raise MediaError(f"{path} cannot be read as an image: {reason}.")
    return source


def _header(path: Path, spec: Any) -> ImageHeader:
    """Turn OpenImageIO's spec into a header, and check it."""
    check_size(path, spec.width, spec.height)
    if spec.deep:
        raise MediaError(f"{path} is a deep image; flatten it first.")
    stored = str(spec.format)
    sample = stored if stored in _DTYPES else "float"
    depth = {"uint8": 8, "uint16": 16, "half": 16, "float": 32}[sample]
    bits = spec.getattribute("oiio:BitsPerSample") if sample == "uint16" else None
    return ImageHeader(
        width=spec.width,
        height=spec.height,
        channels=tuple(spec.channelnames),
        sample=sample,
        bits=int(bits) if bits and 8 < int(bits) <= 16 else depth,
        window=(spec.x, spec.y, spec.full_x, spec.full_y, spec.full_width, spec.full_height),
        attributes={a.name: HeaderAttribute(str(a.type), a.value) for a in spec.extra_attribs},
    )


def _one_line(text: str) -> str:
    """The first line of a library's message, without a closing full stop."""
    lines = text.strip().splitlines()
    return lines[0].rstrip(". ") if lines else "no reason given"
