"""A mask that limits where colour goes."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from tinct.runtime.errors import FrameRangeError, UsageError
from tinct.runtime.media import PlateInfo, open_plate
from tinct.runtime.media.frame_range import format_frames
from tinct.runtime.media.sequence_pattern import IMAGE_SUFFIXES, parse_pattern
from tinct.runtime.picture.transfer import Image


class Mask:
    """One picture for all frames, or a sequence or movie with the plate's frame numbers. A context manager.

    Its value is a file's alpha where it has one, else its luma, as stored: 0 keeps the plate grey, 1 lets all colour
    through, values between fade it; beyond is clipped.
    """

    def __init__(self, path: Path, plate: PlateInfo) -> None:
        """Open ``path`` for the frames of ``plate``.

        Raises:
            MediaError: it cannot be read.
            UsageError: it is of another size than the plate.
            FrameRangeError: it lacks frames of the plate.
        """
        self._path = path
        self._reader = open_plate(path)
        try:
            info = self._reader.info
            if (info.width, info.height) != (plate.width, plate.height):
                raise UsageError(
                    f"the mask {path} is {info.width}x{info.height} and the plate {plate.path} is "
                    f"{plate.width}x{plate.height}; render it at the plate's size"
                )
            is_picture = path.suffix.lower() in IMAGE_SUFFIXES and parse_pattern(path) is None and not path.is_dir()
            self._still = self._values(info.frames[0]) if is_picture else None
            if self._still is None:
                self._check_frames(plate.frames)
        except BaseException:
            self._reader.close()
            raise

    def at(self, number: int) -> Image:
        """The mask of the plate's frame ``number``, (H, W) float32 0..1.

        Raises:
            MediaError: it cannot be decoded.
        """
        return self._values(number) if self._still is None else self._still

    def _values(self, number: int) -> Image:
        frame = self._reader.read(number)
        values = frame.luma if frame.alpha is None else frame.alpha
        return np.clip(np.nan_to_num(values), 0, 1).astype(np.float32)

    def _check_frames(self, numbers: Sequence[int]) -> None:
        there = self._reader.info.frames
        missing = sorted(set(numbers) - set(there))
        if missing:
            raise FrameRangeError(
                f"the mask {self._path} has frames {format_frames(there)} and lacks {format_frames(missing)} of the "
                "plate; render it for the plate's own frame numbers, or name one picture for all frames"
            )

    def close(self) -> None:
        """Release files; harmless when called twice."""
        self._reader.close()
