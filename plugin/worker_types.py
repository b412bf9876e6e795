"""What a client of the worker gives and gets.

Standard library alone, Python 3.9: this file goes into hosts as it stands.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple


class ColorizeProgress(NamedTuple):
    """A frame of a run was written: its number, ``done`` of ``total``, of which an earlier run had ``resumed``; seconds
    so far, and the frame's mean confidence 0..1."""

    frame: int
    done: int
    total: int
    seconds: float
    resumed: int
    confidence: float


class PlateFacts(NamedTuple):
    """What a plate is: size in pixels, its own ``first`` and ``last`` frame numbers, how many ``frames``, its ``rate``
    in frames a second as a fraction ("24000/1001", None for pictures), timecode of the first frame, pixel aspect, bits
    a channel, whether those are floats, and how its values are encoded."""

    width: int
    height: int
    first: int
    last: int
    frames: int
    rate: str | None
    timecode: str | None
    pixel_aspect: str
    bit_depth: int
    is_float: bool
    matrix: str
    transfer: str


class FromFile:
    """Stands for the picture of a frame that the worker reads itself, in a session of `Client.open_plate`."""


FROM_FILE = FromFile()


class Still(NamedTuple):
    """A still: ``path`` of a file that the worker can read, or ``pixels``, (H, W, 3) float32, sRGB-encoded 0..1.

    ``frame``: the plate's own number from which it is in force, None for the start. ``weight``: above 0. ``shape``: (H,
    W) of pixels that come as plain bytes. ``crop`` and ``turn``: the part of the file's picture that counts, as
    `Client.thumbnail` has them.
    """

    path: str | None = None
    pixels: Any = None
    frame: int | None = None
    weight: float = 1.0
    shape: tuple[int, int] | None = None
    crop: Sequence[float] | None = None
    turn: int = 0


class Hint(NamedTuple):
    """A wanted colour: from ``frame`` on at plate pixel ``x``, ``y``; ``colour`` red, green, blue, sRGB, 0..1."""

    frame: int
    x: float
    y: float
    colour: tuple[float, float, float]


class HintSeen(NamedTuple):
    """Where a hint is in a frame: its ``place`` among those given, ``x`` and ``y`` in plate pixels, None where it was
    lost on the way, and the ``last`` frame in which it was found."""

    place: int
    x: float | None
    y: float | None
    last: int


class Frame(NamedTuple):
    """A coloured frame.

    ``was_reset``: nothing was taken from a frame before. ``arrays``: by the names of the outputs, memoryviews of
    float32: ``rgb`` (H, W, 3), ``ab`` (H, W, 2) Lab units, ``confidence`` (h, w) 0..1. ``seconds``: of the
    worker's work. ``hints``: those that have begun.
    """

    number: int
    was_reset: bool
    mean_confidence: float
    arrays: dict[str, memoryview]
    seconds: float
    hints: tuple[HintSeen, ...] = ()
