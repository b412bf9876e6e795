"""A plate's file that the worker reads itself, for clients that have no pixels."""

from collections import OrderedDict
from pathlib import Path
from typing import Any

from tinct.runtime.managed import ColourSpaces, managed_plate
from tinct.runtime.media import PlateFrame, PlateInfo, open_plate
from tinct.runtime.picture.upsample import Image
from tinct.runtime.run.mask import Mask
from tinct.runtime.worker.fields import Fields, whole_path

FRAMES_KEPT = 2
"""Frames whose pixels are kept: the one that is looked at, in other ways, and its neighbour."""
SPACES = {"ocio": "config", "input_space": "input", "output_space": "output", "still_space": "still"}
"""Keys of requests, and the fields of `ColourSpaces` that they are."""


def parse_spaces(fields: Fields) -> ColourSpaces:
    """The colour spaces that a request names.

    Raises:
        UsageError: a value that is no text.
    """
    return ColourSpaces(**{field: fields.text(name) for name, field in SPACES.items() if fields.has(name)})


class PlateSource:
    """An open plate, and its mask if it has one. Not thread-safe."""

    def __init__(self, fields: Fields) -> None:
        """Open what the request names: ``path``, ``frames``, ``mask`` and colour spaces.

        Raises:
            UsageError: a wrong description, or spaces that there are not.
            MediaError: the plate or the mask cannot be read.
        """
        self.path = Path(whole_path(fields, "path"))
        self.management = parse_spaces(fields).open()
        reader = open_plate(self.path, frames=fields.text("frames") if fields.has("frames") else None)
        try:
            self._reader = managed_plate(reader, self.management)
            self._mask = Mask(Path(whole_path(fields, "mask")), self.info) if fields.has("mask") else None
        except BaseException:
            reader.close()
            raise
        self._kept: OrderedDict[int, PlateFrame] = OrderedDict()

    @property
    def info(self) -> PlateInfo:
        """The plate."""
        return self._reader.info

    @property
    def held_bytes(self) -> int:
        """Bytes of the frames that are kept."""
        return sum(frame.luma.nbytes for frame in self._kept.values())

    def frame(self, number: int) -> PlateFrame:
        """The frame with the plate's own ``number``.

        Raises:
            FrameRangeError: the plate has no such frame.
            MediaError: it cannot be decoded.
        """
        if number not in self._kept:
            self._kept[number] = self._reader.read(number)
            while len(self._kept) > FRAMES_KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(number)
        return self._kept[number]

    def mask(self, number: int) -> Image | None:
        """(H, W) float32 0..1 that limits the colour of a frame, None for no mask."""
        return None if self._mask is None else self._mask.at(number)

    def facts(self) -> dict[str, Any]:
        """What a client is told of the plate."""
        info = self.info
        return {
            "width": info.width,
            "height": info.height,
            "first": info.frames[0],
            "last": info.frames[-1],
            "frames": len(info.frames),
            "rate": None if info.frame_rate is None else str(info.frame_rate),
            "timecode": info.timecode,
            "pixel_aspect": str(info.pixel_aspect),
            "bit_depth": info.bit_depth,
            "is_float": info.is_float,
            "matrix": info.colour.matrix,
            "transfer": info.colour.transfer,
        }

    def close(self) -> None:
        """Release files; harmless when called twice."""
        self._kept.clear()
        self._reader.close()
        if self._mask is not None:
            self._mask.close()
