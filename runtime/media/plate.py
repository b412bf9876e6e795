"""What a plate is: its description and one frame of it, independent of file formats."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from tinct.runtime.errors import FrameRangeError
from tinct.runtime.media.linear_space import LinearSpace
from tinct.runtime.media.timecode import advance_timecode

Image = NDArray[np.float32]

LUMA_COEFFICIENTS = {
    "bt709": (0.2126, 0.7152, 0.0722),
    "bt601": (0.299, 0.587, 0.114),
    "bt2020": (0.2627, 0.6780, 0.0593),
}
"""Red, green and blue weights of luma (ITU-R BT.709-6, BT.601-7, BT.2020-2)."""


@dataclass(frozen=True)
class ColourTags:
    """How code values mean colour.

    ``matrix`` is a key of `LUMA_COEFFICIENTS` and also names the luma weights of RGB material.
    ``transfer`` is ``"linear"`` (scene-linear EXR), ``"srgb"`` or ``"bt709"``; what a file says beyond these is kept
    verbatim in ``primaries_tag``, ``transfer_tag``, ``matrix_tag`` (FFmpeg's integers, 2 = unspecified) for the writer;
    ``matrix_tag`` 0 marks RGB material (every image sequence, and RGB movies).
    ``space``: the linear RGB of a colour-managed plate (``transfer`` is then ``"linear"``); None: the tags say all.
    ``full_range`` speaks of Y'CbCr and grey movies only; RGB material always spans its whole range and leaves it False.
    """

    matrix: str = "bt709"
    transfer: str = "bt709"
    full_range: bool = False
    primaries_tag: int = 2
    transfer_tag: int = 2
    matrix_tag: int = 2
    space: LinearSpace | None = None

    @property
    def luma_weights(self) -> tuple[float, float, float]:
        """Weights of encoded R, G, B in luma; they sum to 1."""
        if self.space is not None:
            return self.space.luma_weights
        return LUMA_COEFFICIENTS[self.matrix]


@dataclass(frozen=True)
class PlateInfo:
    """Everything about a plate that the result must carry over.

    ``frames`` are the plate's own frame numbers in order (a movie starts at 0 unless told otherwise).
    ``bit_depth`` counts bits per channel (16 with ``is_float`` is half float).
    ``timecode`` is that of the first frame in ``frames`` as ``HH:MM:SS:FF`` or ``HH:MM:SS;FF``.
    ``source_start`` is the time of the first frame in ``frames``, in seconds after the movie's own first frame: the
    in-point of the audio. ``has_audio`` says that the file has audio which fits ``frames``.
    """

    path: Path
    width: int
    height: int
    frames: tuple[int, ...]
    bit_depth: int
    is_float: bool = False
    colour: ColourTags = field(default_factory=ColourTags)
    frame_rate: Fraction | None = None
    pixel_aspect: Fraction = Fraction(1)
    timecode: str | None = None
    has_alpha: bool = False
    has_audio: bool = False
    source_start: Fraction = Fraction(0)

    def cut(self, frames: Sequence[int]) -> Self:
        """Return the description of the plate cut to ``frames``; timecode and audio in-point move with the first.

        Audio fits a run of frames without gaps only, so ``has_audio`` is False when ``frames`` has gaps.

        Raises:
            FrameRangeError: ``frames`` is empty, or names a frame that this plate does not have.
        """
        numbers = tuple(frames)
        missing = sorted(set(numbers) - set(self.frames))
        if missing:
            raise FrameRangeError(
                f"{self.path} has no frame {missing[0]}; it has {self.frames[0]} to {self.frames[-1]}."
            )
        if not numbers:
            raise FrameRangeError(f"No frames of {self.path} were asked for; name at least one.")
        skipped = numbers[0] - self.frames[0]
        timecode, start = self.timecode, self.source_start
        if skipped and self.frame_rate is not None:
            start += skipped / self.frame_rate
            timecode = timecode and advance_timecode(timecode, skipped, self.frame_rate)
        elif skipped:
            timecode = None
        gapless = numbers[-1] - numbers[0] + 1 == len(numbers)
        return replace(
            self, frames=numbers, timecode=timecode, source_start=start, has_audio=self.has_audio and gapless
        )


@dataclass(frozen=True)
class PlateFrame:
    """One frame of a plate.

    ``luma``: (H, W) float32, encoded as in the file, full scale 0..1 after range expansion (values outside and
    non-finite values of float files are kept). ``alpha``: (H, W) float32 or None.
    ``was_colour``: the file's pixels were not neutral and were desaturated with the plate's luma weights.
    ``metadata``: per-frame header attributes to carry over (EXR, DPX), by name.
    """

    number: int
    luma: Image
    alpha: Image | None = None
    was_colour: bool = False
    metadata: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class PassImage:
    """A pass: ``values`` (H, W, C) float32, the ``names`` of its C channels, and ``facts`` for the file's header."""

    values: Image
    names: tuple[str, ...]
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ResultFrame:
    """One coloured frame on its way to a writer.

    ``rgb``: (H, W, 3) float32, encoded and scaled like the plate's luma. ``alpha`` and ``metadata`` are the plate's.
    ``passes``: what it is made of, by name, where that was asked for.
    """

    number: int
    rgb: Image
    alpha: Image | None = None
    metadata: Mapping[str, object] = field(default_factory=dict)
    passes: Mapping[str, PassImage] = field(default_factory=dict)
