"""Image sequences and single images as plates."""

from collections.abc import Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from typing import ClassVar, Self

from tinct.runtime.errors import FrameRangeError, MediaError, MediaNotFoundError
from tinct.runtime.media.base import PlateReader
from tinct.runtime.media.channels import picture_channels, reorient, to_float
from tinct.runtime.media.frame_range import format_frames, parse_frames, select_frames
from tinct.runtime.media.frame_rate import nearest_frame_rate
from tinct.runtime.media.image_file import HeaderAttribute, ImageHeader, read_header, read_image
from tinct.runtime.media.image_size import check_size
from tinct.runtime.media.luma import desaturate, is_colour
from tinct.runtime.media.plate import ColourTags, PlateFrame, PlateInfo
from tinct.runtime.media.sequence_pattern import SequencePattern
from tinct.runtime.media.timecode import parse_timecode, timecode_from_word

WINDOW = "tinct:window"
"""Name under which `PlateFrame.metadata` carries data and display window (`ImageHeader.window`)."""

_REC2020 = (0.708, 0.292, 0.170, 0.797, 0.131, 0.046)
_STRUCTURAL = (
    "oiio:", "planarconfig", "openexr:", "jpeg:", "png:", "dpx:ImageDescriptor", "dpx:EndOf", "dpx:DittoKey", "dpx:Low",
    "dpx:High", "dpx:Version", "dpx:TimeCode", "tiff:", "Orientation", "Exif:Orientation", "Software", "DateTime",
    "ResolutionUnit", "name", "type", "chunkCount", "version", "textureformat", "thumbnail_",
)  # fmt: skip
"""Beginnings of attribute names that describe how the plate's file was stored, which the result's may differ in."""


class SequenceReader(PlateReader):
    """A numbered sequence, or one image file as a plate of a single frame."""

    NAME: ClassVar[str] = "sequence"

    def __init__(self, name: Path, files: Mapping[int, Path]) -> None:
        """Open ``files`` by frame number, in order; ``name`` is what the plate is called.

        Raises:
            MediaError: the first or the last file cannot be read, or they differ in size or depth.
        """
        self._files = dict(files)
        paths = list(self._files.values())
        self._first = read_header(paths[0])
        channels = picture_channels(paths[0], self._first)
        self.info = describe(name, self._first, tuple(self._files), has_alpha=channels.alpha is not None)
        if len(paths) > 1:
            self._check_alike(paths[-1], read_header(paths[-1]))

    @classmethod
    def of_pattern(cls, pattern: SequencePattern, *, frames: str | None = None) -> Self:
        """Open the files that ``pattern`` names; ``frames`` as `parse_frames` reads it, None for all.

        Raises:
            MediaNotFoundError: no file fits the pattern.
            FrameRangeError: the sequence has holes, or lacks frames that were asked for.
            MediaError: the first or the last file cannot be read, or they differ in size or depth.
        """
        return cls(pattern.path, {number: pattern.file(number) for number in _choose(pattern, frames)})

    @classmethod
    def of_file(cls, path: Path, *, number: int, frames: str | None = None) -> Self:
        """Open one image as a plate whose only frame has that ``number``; ``frames`` may name nothing else.

        Raises:
            FrameRangeError: other frames were asked for.
            MediaError: the file cannot be read.
        """
        select_frames((number,), frames, name=str(path))
        return cls(path, {number: path})

    def frames(self) -> Iterator[PlateFrame]:
        """Yield every frame in order."""
        for number in self._files:
            yield self.read(number)

    def read(self, number: int) -> PlateFrame:
        """Return the frame with that number, exactly."""
        path = self._files.get(number)
        if path is None:
            available = format_frames(self._files)
            raise FrameRangeError(f"{self.info.path} has no frame {number}; it has {available}. Ask for one of these.")

        def span(header: ImageHeader) -> tuple[int, int]:
            self._check_alike(path, header)
            return picture_channels(path, header).span

        header, stored = read_image(path, span=span)
        channels = picture_channels(path, header)
        pixels = reorient(to_float(stored, header), _orientation(header))
        first = channels.span[0]
        colours = pixels[..., [index - first for index in channels.colours]]
        grey = len(channels.colours) == 1
        return PlateFrame(
            number=number,
            luma=colours[..., 0].copy() if grey else desaturate(colours, self.info.colour.luma_weights),
            alpha=None if channels.alpha is None else pixels[..., channels.alpha - first].copy(),
            was_colour=not grey and is_colour(colours, linear=self.info.colour.transfer == "linear"),
            metadata=carried_metadata(header, grey=grey),
        )

    def close(self) -> None:
        """Nothing stays open between frames."""

    def _check_alike(self, path: Path, header: ImageHeader) -> None:
        """Refuse a file that differs from the first in what the result must have in common."""
        first = self._first
        if _upright_size(header) != _upright_size(first):
            raise MediaError(
                f"{path} is {header.width}x{header.height}, but the first frame is {first.width}x{first.height}; "
                "all frames of a sequence must have one size. Leave it out with a frame range, or render it again."
            )
        if (header.bits, header.is_float) != (first.bits, first.is_float):
            raise MediaError(f"{path} has {header.bits} bits per channel, the first frame {first.bits}; use one depth.")


def describe(name: Path, header: ImageHeader, frames: tuple[int, ...], *, has_alpha: bool) -> PlateInfo:
    """Return what a plate's first header says of the plate."""
    width, height = _upright_size(header)
    check_size(name, width, height)
    suffix = name.suffix.lower()
    transfer = "linear" if header.is_float else "bt709" if suffix == ".dpx" else "srgb"
    aspect = Fraction(header.number("PixelAspectRatio") or 1.0).limit_denominator(1000)
    return PlateInfo(
        path=name,
        width=width,
        height=height,
        frames=frames,
        bit_depth=header.bits,
        is_float=header.is_float,
        colour=ColourTags(matrix=_matrix(header), transfer=transfer, full_range=False, matrix_tag=0),
        frame_rate=_frame_rate(header),
        pixel_aspect=aspect if Fraction(1, 8) <= aspect <= 8 else Fraction(1),
        timecode=_timecode(header),
        has_alpha=has_alpha,
    )


def carried_metadata(header: ImageHeader, *, grey: bool) -> Mapping[str, object]:
    """Header attributes that the result's file of the same format should have too, and the `WINDOW`."""
    dropped = (*_STRUCTURAL, "ICCProfile") if grey else _STRUCTURAL
    kept: dict[str, object] = {
        name: attribute for name, attribute in header.attributes.items() if not name.startswith(dropped)
    }
    kept[WINDOW] = header.window
    return kept


def _choose(pattern: SequencePattern, frames: str | None) -> tuple[int, ...]:
    """Numbers of the frames to read; a hole is an error that names it."""
    found = pattern.numbers()
    if not found:
        raise MediaNotFoundError(f"No file fits {pattern.path}; check folder, name and number of digits.")
    there = set(found)
    wanted = parse_frames(frames) if frames is not None else tuple(range(found[0], found[-1] + 1))
    missing = [number for number in wanted if number not in there]
    if not missing:
        return wanted
    if frames is not None:
        raise FrameRangeError(
            f"{pattern.path} lacks frames {format_frames(missing)} of '{frames}'; it has {format_frames(found)}."
        )
    raise FrameRangeError(
        f"{pattern.path} has holes: of frames {found[0]}-{found[-1]} these are missing: {format_frames(missing)}. "
        f"Render them, or leave them out with the frame range {format_frames(found)}."
    )


def _orientation(header: ImageHeader) -> int:
    return int(header.number("Orientation") or 1)


def _upright_size(header: ImageHeader) -> tuple[int, int]:
    """Width and height once the picture stands upright."""
    turned = _orientation(header) in (5, 6, 7, 8)
    return (header.height, header.width) if turned else (header.width, header.height)


def _matrix(header: ImageHeader) -> str:
    """Luma weights by the header's primaries: Rec. 2020 where the chromaticities say so, else BT.709."""
    attribute = header.attributes.get("chromaticities")
    values = attribute.value if attribute and isinstance(attribute.value, (tuple, list)) else ()
    is_rec2020 = len(values) >= 6 and all(abs(a - b) < 0.002 for a, b in zip(values, _REC2020, strict=False))
    return "bt2020" if is_rec2020 else "bt709"


def _frame_rate(header: ImageHeader) -> Fraction | None:
    """Frames per second of an EXR (rational) or DPX (float) header."""
    attribute = header.attributes.get("FramesPerSecond")
    if attribute and isinstance(attribute.value, (tuple, list)) and attribute.value[0] and attribute.value[1]:
        return Fraction(int(attribute.value[0]), int(attribute.value[1]))
    for name in ("FramesPerSecond", "dpx:FrameRate", "dpx:TemporalFrameRate"):
        value = header.number(name)
        if value is not None and 0 < value < 1000:
            return nearest_frame_rate(value)
    return None


def _timecode(header: ImageHeader) -> str | None:
    """Timecode of an EXR or DPX header."""
    attribute = header.attributes.get("smpte:TimeCode")
    if isinstance(attribute, HeaderAttribute):
        if isinstance(attribute.value, (tuple, list)):
            return timecode_from_word(int(attribute.value[0]))
        if isinstance(attribute.value, str):
            return parse_timecode(attribute.value)
    return None
