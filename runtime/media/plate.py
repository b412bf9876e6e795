"""What a plate is: its description and one frame of it, independent of file formats."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

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
    verbatim in ``primaries_tag``, ``transfer_tag``, ``matrix_tag`` (FFmpeg's integers, 2 = unspecified) for the writer.
    """

    matrix: str = "bt709"
    transfer: str = "bt709"
    full_range: bool = False
    primaries_tag: int = 2
    transfer_tag: int = 2
    matrix_tag: int = 2

    @property
    def luma_weights(self) -> tuple[float, float, float]:
        """Weights of encoded R, G, B in luma; they sum to 1."""
        return LUMA_COEFFICIENTS[self.matrix]


@dataclass(frozen=True)
class PlateInfo:
    """Everything about a plate that the result must carry over.

    ``frames`` are the plate's own frame numbers in order (a movie starts at 0 unless told otherwise).
    ``bit_depth`` counts bits per channel (16 with ``is_float`` is half float).
    ``timecode`` is that of the first frame in ``frames`` as ``HH:MM:SS:FF`` or ``HH:MM:SS;FF``.
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


@dataclass(frozen=True)
class ResultFrame:
    """One coloured frame on its way to a writer.

    ``rgb``: (H, W, 3) float32, encoded and scaled like the plate's luma. ``alpha`` and ``metadata`` come from the plate.
    """

    number: int
    rgb: Image
    alpha: Image | None = None
    metadata: Mapping[str, object] = field(default_factory=dict)
