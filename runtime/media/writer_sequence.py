"""Results as image sequences: EXR, DPX, TIFF, PNG."""

import os
from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from tinct.runtime.errors import OutputError, UsageError
from tinct.runtime.media.base import Piece, ResultWriter
from tinct.runtime.media.image_file import HeaderAttribute, write_image
from tinct.runtime.media.plate import Image, PlateInfo, ResultFrame
from tinct.runtime.media.quantise import to_codes, to_half, widen_codes
from tinct.runtime.media.reader_sequence import WINDOW
from tinct.runtime.media.sequence_pattern import SequencePattern, parse_pattern
from tinct.runtime.media.staging import StagingFolder, check_target, sync_file, sync_folder, writing_to
from tinct.runtime.media.timecode import advance_timecode, timecode_to_word
from tinct.runtime.media.transfer import encode_linear

OUTPUT_SUFFIXES = (".exr", ".dpx", ".tif", ".tiff", ".png")
"""Image formats that results are written in."""

_LOSSY_EXR = ("dwaa", "dwab", "b44", "b44a", "pxr24")


_PNG_LEVEL = 2
"""zlib's default of 6 takes three times as long for files a few per cent smaller."""


class SequenceWriter(ResultWriter):
    """Writes one image file a frame.

    The sample type is the plate's where the format has it. Integer plates become half-float EXR up to 10 bits and float
    EXR above, **in the plate's own encoding** (its transfer curve is often not what the header says, log DPX above
    all; the attribute ``tinct:transfer`` names it). Scene-linear plates written to an integer format are encoded: sRGB
    in PNG and TIFF, BT.709 in DPX, 16 bits.
    """

    NAME: ClassVar[str] = "sequence"

    def __init__(
        self,
        files: Mapping[int, Path],
        info: PlateInfo,
        *,
        overwrite: bool = False,
        staging: StagingFolder | None = None,
        done: Sequence[Piece] = (),
    ) -> None:
        """Prepare to write ``files``, by frame number; all lie in one folder and have one suffix.

        ``staging``: a folder that its owner keeps or removes, in which the pieces ``done`` lie already.

        Raises:
            OutputExistsError: a file is there already (without ``overwrite``), or is one of the plate's.
            OutputError: the folder is not writable.
        """
        self._files = dict(files)
        self._info = info
        first = next(iter(self._files.values()))
        self._suffix = first.suffix.lower()
        plate = parse_pattern(info.path)
        for number, path in self._files.items():
            check_target(path, overwrite=overwrite, sources=(plate.file(number) if plate else info.path,))
        self._same_format = _kind(self._suffix) == _kind(info.path.suffix.lower())
        self._own = staging is None
        self._staging: StagingFolder | None = staging or StagingFolder(first.parent)
        self._staging.make()
        self._staged = {number: self._staged_name(path) for number, path in self._files.items()}
        self._targets = {self._staged[number]: path for number, path in self._files.items()}
        self._written: list[str] = [piece.name for piece in done if piece.name in self._targets]
        self._settled = len(self._written)

    def write(self, frame: ResultFrame) -> None:
        """Append ``frame``."""
        path = self._files.get(frame.number)
        if path is None or self._staging is None:
            raise OutputError(f"Frame {frame.number} is not one of the frames that this writer was opened for.")
        pixels, channels, formats = self._image(frame)
        window = frame.metadata.get(WINDOW) if self._same_format else None
        write_image(
            self._staging.path / self._staged[frame.number],
            pixels,
            channels=channels,
            formats=formats,
            attributes=self._attributes(frame),
            window=window if isinstance(window, tuple) else None,
            final=path,
        )
        self._written.append(self._staged[frame.number])

    def settle(self) -> tuple[Piece, ...]:
        """Bring the files written since the last call to disk."""
        if self._staging is None:
            return ()
        pieces = []
        for name in self._written[self._settled :]:
            path = self._staging.path / name
            with writing_to(self._targets[name]):
                sync_file(path)
                pieces.append(Piece(name, path.stat().st_size))
        if pieces:
            sync_folder(self._staging.path)
        self._settled = len(self._written)
        return tuple(pieces)

    def finish(self) -> Mapping[str, Path]:
        """The files, once all are written."""
        if len(self._written) != len(self._files):
            raise OutputError(f"Only {len(self._written)} of {len(self._files)} frames were written.")
        return {name: self._targets[name] for name in self._written}

    def commit(self) -> None:
        """Finish, and give everything its final name."""
        if self._staging is not None:
            self._staging.publish(self.finish())
            self._staging = None

    def discard(self) -> None:
        """Remove what was written; harmless after `commit` and when called twice."""
        if self._staging is not None and self._own:
            self._staging.remove()
        self._staging = None

    def _staged_name(self, path: Path) -> str:
        """Name of the final ``path`` in the staging folder, which files of several folders may share."""
        assert self._staging is not None, "only called while open"
        return os.path.relpath(path, self._staging.path.parent).replace(os.sep, "~")

    @property
    def files(self) -> Mapping[int, Path]:
        """The files that are written, by frame number."""
        return self._files

    @property
    def takes_passes(self) -> bool:
        """Whether the files can hold passes as layers."""
        return self._suffix == ".exr"

    def _image(self, frame: ResultFrame) -> tuple[NDArray[Any], tuple[str, ...], tuple[str, ...] | None]:
        """Samples (H, W, C), the names of the channels, and their sample types where they differ."""
        pixels = self._colours(frame.rgb)
        channels: tuple[str, ...] = ("R", "G", "B")
        if frame.alpha is not None:
            pixels = np.concatenate([pixels, self._samples(frame.alpha)[..., np.newaxis]], axis=-1)
            channels = (*channels, "A")
        if not frame.passes:
            return pixels, channels, None
        # The picture keeps its sample type; passes are 32 bits, or they would not recombine to it.
        formats = ["half" if pixels.dtype == np.float16 else "float"] * len(channels)
        layers = [pixels.astype(np.float32)]
        for name, part in frame.passes.items():
            layers.append(part.values)
            channels = (*channels, *(f"{name}.{channel}" for channel in part.names))
        formats += ["float"] * (len(channels) - len(formats))
        return np.concatenate(layers, axis=-1), channels, tuple(formats)

    @property
    def _sample_bits(self) -> int:
        """Bits of a sample in the file; 16 and 32 with `_is_float` are half and float."""
        info = self._info
        if self._is_float:
            return info.bit_depth if info.is_float else 16 if info.bit_depth <= 10 else 32
        if info.is_float:
            return 16
        if self._suffix == ".dpx":
            return next(bits for bits in (8, 10, 12, 16) if info.bit_depth <= bits)
        return 8 if info.bit_depth <= 8 else 16

    @property
    def _is_float(self) -> bool:
        return self._suffix == ".exr" or (self._suffix in (".tif", ".tiff") and self._info.is_float)

    def _colours(self, rgb: Image) -> NDArray[Any]:
        """Samples of the picture, (H, W, 3)."""
        colour = self._info.colour
        # In a log or another named encoding no weighted sum of the channels is worth keeping; each is rounded alone.
        if self._is_float and self._sample_bits == 16 and colour.transfer in ("linear", "srgb", "bt709"):
            return to_half(rgb, colour.luma_weights)
        if not self._is_float and colour.transfer == "linear":
            rgb = encode_linear(rgb, "bt709" if self._suffix == ".dpx" else "srgb")
        return self._samples(rgb)

    def _samples(self, values: Image) -> NDArray[Any]:
        """``values`` of any shape in the file's sample type."""
        if self._is_float:
            with np.errstate(over="ignore"):
                return values.astype(np.float16 if self._sample_bits == 16 else np.float32)
        codes = to_codes(values, self._sample_bits)
        return codes if self._sample_bits == 8 else widen_codes(codes, self._sample_bits)

    def _attributes(self, frame: ResultFrame) -> dict[str, HeaderAttribute]:
        """Header attributes: the frame's own where the format is the plate's, else what the plate's info says."""
        info = self._info
        attributes: dict[str, HeaderAttribute] = {}
        if self._same_format:
            attributes = {k: v for k, v in frame.metadata.items() if isinstance(v, HeaderAttribute)}
        attributes["PixelAspectRatio"] = HeaderAttribute("float", float(info.pixel_aspect))
        if self._suffix != ".exr":
            attributes["oiio:UnassociatedAlpha"] = HeaderAttribute("int", 1)
        if self._suffix == ".png":
            attributes["png:compressionLevel"] = HeaderAttribute("int", _PNG_LEVEL)
        if not self._is_float:
            attributes["oiio:BitsPerSample"] = HeaderAttribute("int", self._sample_bits)
        if self._suffix in (".exr", ".dpx"):
            self._add_time(attributes, frame.number)
        if self._suffix == ".exr":
            compression = attributes.get("compression")
            lossy = compression is not None and str(compression.value).startswith(_LOSSY_EXR)
            if compression is None or lossy:
                attributes["compression"] = HeaderAttribute("string", "zip")
            for part in frame.passes.values():
                attributes |= {name: HeaderAttribute("string", fact) for name, fact in part.facts.items()}
            if info.colour.transfer != "linear":
                attributes["tinct:transfer"] = HeaderAttribute("string", info.colour.transfer)
        return attributes

    def _add_time(self, attributes: dict[str, HeaderAttribute], number: int) -> None:
        """Frame rate and timecode; a timecode that the frame brought along stays."""
        info = self._info
        rate = info.frame_rate
        if rate is not None and self._suffix == ".exr":
            attributes["FramesPerSecond"] = HeaderAttribute("rational", (rate.numerator, rate.denominator))
        elif rate is not None:
            for name in ("dpx:FrameRate", "dpx:TemporalFrameRate"):
                attributes.setdefault(name, HeaderAttribute("float", float(rate)))
        if info.timecode is None or "smpte:TimeCode" in attributes:
            return
        timecode = advance_timecode(info.timecode, number - info.frames[0], rate or Fraction(24))
        word = timecode_to_word(timecode)
        if word is not None:
            attributes["smpte:TimeCode"] = HeaderAttribute("timecode", (word, 0))


def output_files(path: Path, info: PlateInfo) -> dict[int, Path]:
    """Return the file of each of ``info.frames`` under the output ``path``: a pattern, a folder, or one image's name.

    A folder gets the plate's own file names where the plate is a sequence in a format Tinct writes, else
    ``<folder>.%04d.png``.

    Raises:
        UsageError: one image was named for several frames, or the format cannot be written.
    """
    pattern = parse_pattern(path)
    if pattern is None and (path.is_dir() or not path.suffix):
        plate = parse_pattern(info.path)
        if plate is not None and plate.suffix.lower() in OUTPUT_SUFFIXES:
            pattern = SequencePattern(path, plate.prefix, plate.padding, plate.suffix)
        else:
            pattern = SequencePattern(path, f"{path.name}.", 4, ".png")
    suffix = (pattern.path if pattern else path).suffix.lower()
    if suffix not in OUTPUT_SUFFIXES:
        raise UsageError(f"{path}: Tinct does not write {suffix} images; use one of {', '.join(OUTPUT_SUFFIXES)}.")
    if pattern is not None:
        return {number: pattern.file(number) for number in info.frames}
    if len(info.frames) > 1:
        example = path.with_name(f"{path.stem}.%04d{path.suffix}")
        raise UsageError(
            f"{path} is one image, but there are {len(info.frames)} frames; name a sequence such as {example}."
        )
    return {info.frames[0]: path}


def _kind(suffix: str) -> str:
    return {".tiff": ".tif", ".jpeg": ".jpg"}.get(suffix, suffix)
