"""How sure the colours of a shot are, frame by frame, and which frames want a still of their own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the panel, which has no NumPy in a host, asks for suggestions too
    import numpy as np
    from numpy.typing import NDArray

    Image = NDArray[np.float32]

COVERED = 0.6
"""Confidence from which a pixel counts as covered by the stills."""
THRESHOLD = 0.7
"""Mean confidence below which a frame wants another still."""
LEAST_DOUBTED = 5
"""Frames in a row below the threshold that are worth a still; shorter ones pass before an eye sees them."""
JOINED = 8
"""Frames above the threshold that may lie within one doubted stretch."""
SPAN = 100
"""Frames that one suggested still is hoped to serve; a longer stretch gets more."""


@dataclass(frozen=True)
class FrameConfidence:
    """Of one frame: ``mean`` confidence 0..1, the share ``covered`` of pixels with a confidence of at least `COVERED`,
    and whether it ``starts``: took nothing from a frame before it. ``grey``: no still is for it."""

    number: int
    mean: float
    covered: float
    starts: bool = False
    grey: bool = False

    @classmethod
    def of(cls, number: int, confidence: Image, *, starts: bool) -> FrameConfidence:
        """Measure a confidence map (h, w) 0..1."""
        mean, covered = float(confidence.mean(dtype="float64")), float((confidence >= COVERED).mean())
        return cls(number, mean, covered, starts, not confidence.any())


@dataclass(frozen=True)
class Suggestion:
    """A still of ``frame`` would help the doubted frames ``first`` to ``last``, whose mean confidence is ``mean``.

    ``first`` is also the frame from which it would be in force, if it replaces others. ``grey``: those frames have no
    still at all.
    """

    frame: int
    first: int
    last: int
    mean: float
    grey: bool = False


def suggest_stills(
    frames: Sequence[FrameConfidence],
    *,
    threshold: float = THRESHOLD,
    cuts: Iterable[int] = (),
    least: int = LEAST_DOUBTED,
    span: int = SPAN,
) -> tuple[Suggestion, ...]:
    """The fewest frames to make stills of, most doubt first.

    A doubted stretch is a run of ``frames``, in the plate's order, whose mean confidence lies below ``threshold``; gaps
    of up to `JOINED` frames do not end it, one of the ``cuts`` (first frames of shots) does. A stretch of up to
    ``span`` frames gets one still, a longer one as many as it has spans. The frame is the middle one: what a still does
    not show comes into the picture bit by bit, and a still of the middle shows most of it at the smallest distance from
    every frame of the stretch.

    Raises:
        ValueError: the threshold is not within 0..1, or ``least`` or ``span`` is below 1.
    """
    if not 0 <= threshold <= 1 or least < 1 or span < 1:
        raise ValueError(f"threshold {threshold} must lie within 0..1, least {least} and span {span} be 1 or more")
    found = []
    for stretch in _stretches(frames, threshold, frozenset(cuts)):
        doubted = sum(one.mean < threshold for one in stretch)
        if doubted < least:
            continue
        parts = -(-len(stretch) // span)
        size, longer = divmod(len(stretch), parts)
        for part in range(parts):
            start = part * size + min(part, longer)
            piece = stretch[start : start + size + (part < longer)]
            mean = fmean(one.mean for one in piece)
            grey = all(one.grey for one in piece)
            found.append(Suggestion(piece[len(piece) // 2].number, piece[0].number, piece[-1].number, mean, grey))
    return tuple(sorted(found, key=lambda one: (threshold - one.mean) * (one.last - one.first + 1), reverse=True))


def _stretches(
    frames: Sequence[FrameConfidence], threshold: float, cuts: frozenset[int]
) -> list[list[FrameConfidence]]:
    """Doubted stretches, each from its first doubted frame to its last."""
    found: list[list[FrameConfidence]] = []
    run: list[FrameConfidence] = []
    gap: list[FrameConfidence] = []
    for one in frames:
        if one.number in cuts and run:
            found.append(run)
            run, gap = [], []
        if one.mean < threshold:
            run = [*run, *gap, one]
            gap = []
        elif run:
            gap.append(one)
            if len(gap) > JOINED:
                found.append(run)
                run, gap = [], []
    return [*found, run] if run else found
