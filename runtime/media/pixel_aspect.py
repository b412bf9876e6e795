"""The pixel aspect ratio in the headers of Matroska and MXF.

FFmpeg's muxers for these two take it from a field of the stream that PyAV cannot set, so it is put into the finished
file, in place. (QuickTime and MP4 take it from the codec, which PyAV can set.)
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import BinaryIO

from tinct.runtime.errors import OutputError

SUFFIXES = (".mkv", ".mxf")
"""Containers that need `stamp_pixel_aspect`."""

_SEGMENT, _SEEK_HEAD, _INFO, _CLUSTER, _VOID = 0x18538067, 0x114D9B74, 0x1549A966, 0x1F43B675, 0xEC
_TRACKS, _TRACK_ENTRY, _VIDEO = 0x1654AE6B, 0xAE, 0xE0
_SEEK, _SEEK_ID, _SEEK_POSITION = 0x4DBB, 0x53AB, 0x53AC
_DISPLAY_WIDTH, _DISPLAY_HEIGHT, _DISPLAY_UNIT = 0x54B0, 0x54BA, 0x54B2
_PARENTS = (_SEGMENT, _SEEK_HEAD, _SEEK, _TRACKS, _TRACK_ENTRY, _VIDEO)
_UNIT_PIXELS, _UNIT_RATIO = 0, 3
_MXF_ASPECT_RATIO = b"\x32\x0e\x00\x08"
_MXF_HEADER = 1 << 18


def stamp_pixel_aspect(path: Path, aspect: Fraction, *, width: int, height: int) -> None:
    """Write ``aspect`` (width of a pixel over its height) into the finished movie ``path``.

    Raises:
        OutputError: the header is not where FFmpeg puts it.
    """
    shape = aspect * width / height
    with open(path, "r+b") as file:
        is_matroska = path.suffix.lower() == ".mkv"
        done = _stamp_matroska(file, aspect, width, height) if is_matroska else _stamp_mxf(file, shape)
    if not done:
        raise OutputError(f"The pixel aspect {aspect} cannot be written into {path}; use .mov.")


def _stamp_mxf(file: BinaryIO, shape: Fraction) -> bool:
    """Set the picture descriptors' AspectRatio (SMPTE ST 377-1, local tag 32.0E, a rational) wherever it stands."""
    size = file.seek(0, 2)
    done = False
    for begin in {0, max(0, size - _MXF_HEADER)}:
        file.seek(begin)
        data = file.read(_MXF_HEADER)
        found = data.find(_MXF_ASPECT_RATIO)
        while found >= 0:
            file.seek(begin + found + len(_MXF_ASPECT_RATIO))
            file.write(struct.pack(">II", shape.numerator, shape.denominator))
            done = True
            found = data.find(_MXF_ASPECT_RATIO, found + 12)
    return done


@dataclass(frozen=True)
class _Element:
    """One EBML element: where its size field, its data and its end are."""

    identity: int
    begin: int
    size_at: int
    data: int
    end: int


def _stamp_matroska(file: BinaryIO, aspect: Fraction, width: int, height: int) -> bool:
    """Insert DisplayWidth and DisplayHeight (RFC 9559, section 5.1.4.1.28) into the video track.

    The room comes from the Void element that FFmpeg leaves before Info; what lies between moves there, and the seek
    head, which says where it is, is corrected.
    """
    elements = list(_walk(file, 0, file.seek(0, 2)))
    by_id = {element.identity: element for element in reversed(elements)}
    video, info, void = by_id.get(_VIDEO), by_id.get(_INFO), by_id.get(_VOID)
    if video is None or info is None or void is None or void.end != info.begin or _DISPLAY_WIDTH in by_id:
        return False
    unit, shown_width, shown_height = _display_size(aspect, width, height)
    added = _uint(_DISPLAY_WIDTH, shown_width) + _uint(_DISPLAY_HEIGHT, shown_height)
    if _DISPLAY_UNIT in by_id:
        _overwrite(file, by_id[_DISPLAY_UNIT].data, unit, by_id[_DISPLAY_UNIT].end)
    else:
        added += _uint(_DISPLAY_UNIT, unit)
    room = len(added)
    if void.end - void.data < room:
        return False
    for element in elements:
        if (
            element.identity in (_TRACKS, _TRACK_ENTRY, _VIDEO)
            and element.begin <= video.begin
            and element.end >= video.end
        ):
            _resize(file, element, element.end - element.data + room)
    _resize(file, void, void.end - void.data - room)
    segment = by_id[_SEGMENT]
    for position in (element for element in elements if element.identity == _SEEK_POSITION):
        target = segment.data + _value(file, position)
        if info.begin <= target < video.end:
            _overwrite(file, position.data, target - segment.data - room, position.end)
    file.seek(info.begin)
    moved = file.read(video.end - info.begin)
    file.seek(info.begin - room)
    file.write(moved + added)
    return True


def _display_size(aspect: Fraction, width: int, height: int) -> tuple[int, int, int]:
    """Return (unit, width, height): in pixels where that is exact, else as a ratio."""
    if (aspect * width).denominator == 1:
        return _UNIT_PIXELS, int(aspect * width), height
    shape = aspect * width / height
    return _UNIT_RATIO, shape.numerator, shape.denominator


def _walk(file: BinaryIO, begin: int, end: int) -> Iterator[_Element]:
    """Yield the elements between ``begin`` and ``end`` and those in them, up to the first cluster."""
    while begin < end:
        file.seek(begin)
        identity = _read_number(file, keep_marker=True)
        size_at = file.tell()
        length = _read_number(file, keep_marker=False)
        if identity is None or length is None or identity == _CLUSTER:
            return
        element = _Element(identity, begin, size_at, file.tell(), min(file.tell() + length, end))
        yield element
        if identity in _PARENTS:
            yield from _walk(file, element.data, element.end)
        begin = element.end


def _uint(identity: int, value: int) -> bytes:
    """An element that holds ``value`` in four bytes."""
    return identity.to_bytes(2, "big") + b"\x84" + value.to_bytes(4, "big")


def _value(file: BinaryIO, element: _Element) -> int:
    file.seek(element.data)
    return int.from_bytes(file.read(element.end - element.data), "big")


def _overwrite(file: BinaryIO, begin: int, value: int, end: int) -> None:
    file.seek(begin)
    file.write(value.to_bytes(end - begin, "big"))


def _resize(file: BinaryIO, element: _Element, length: int) -> None:
    """Write a new data size into the element's size field, which keeps its width."""
    width = element.data - element.size_at
    _overwrite(file, element.size_at, length | 1 << 7 * width, element.data)


def _read_number(file: BinaryIO, *, keep_marker: bool) -> int | None:
    """Read an EBML variable-size number (RFC 8794, section 4); None at the end of the file."""
    first = file.read(1)
    if not first or not first[0]:
        return None
    extra = 8 - first[0].bit_length()
    value = first[0] if keep_marker else first[0] & (0x7F >> extra)
    for byte in file.read(extra):
        value = value << 8 | byte
    return value
