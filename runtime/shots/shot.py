"""Shots of a plate and what joins them, in the plate's own frame numbers."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Self

from tinct.runtime.errors import ShotListError
from tinct.runtime.media.timecode import advance_timecode, count_timecode

UNKNOWN_RATE = Fraction(24)
"""Frames a second of a plate that does not say."""


class Kind(StrEnum):
    """How one shot gives way to the next."""

    CUT = "cut"
    DISSOLVE = "dissolve"
    FADE = "fade"


@dataclass(frozen=True)
class Transition:
    """How a shot begins.

    ``first`` to ``last`` are the frames of a gradual transition, both among them; of a cut both are the first frame of
    the new shot. ``start`` is the frame from which the new shot counts: the cut, the middle of a dissolve, the flattest
    frame of a fade through black or white.
    """

    kind: Kind
    start: int
    first: int
    last: int

    @classmethod
    def cut(cls, start: int) -> Self:
        """A hard cut: ``start`` is the first frame of the new shot."""
        return cls(Kind.CUT, start, start, start)

    def __str__(self) -> str:
        return str(self.kind) if self.kind is Kind.CUT else f"{self.kind} {self.first}-{self.last}"


@dataclass(frozen=True)
class Shot:
    """The frames ``first`` to ``last`` of one shot, both among them, and the transition it begins with (None: the
    plate's start)."""

    first: int
    last: int
    begins: Transition | None = None

    @property
    def frames(self) -> int:
        """How many frame numbers it spans."""
        return self.last - self.first + 1


@dataclass(frozen=True)
class PlateStart:
    """How a plate's frame numbers and timecodes go together: frame ``number`` has the ``timecode``.

    Without a timecode, frame n counts as the n-th frame after midnight.
    """

    number: int = 0
    timecode: str | None = None
    rate: Fraction = UNKNOWN_RATE

    def timecode_of(self, frame: int) -> str:
        """Timecode of a frame."""
        if self.timecode is None:
            return advance_timecode("00:00:00:00", frame, self.rate)
        return advance_timecode(self.timecode, frame - self.number, self.rate)

    def count_of(self, frame: int) -> int:
        """Frames from midnight to a frame."""
        return frame if self.timecode is None else count_timecode(self.timecode, self.rate) + frame - self.number

    def frame_of(self, count: int) -> int:
        """The frame which is ``count`` frames after midnight."""
        return count if self.timecode is None else self.number + count - count_timecode(self.timecode, self.rate)


@dataclass(frozen=True)
class ShotList:
    """The shots of a plate in order, without gaps or overlap.

    ``source``: the plate. ``rate``: frames a second. ``timecode``: of the first shot's first frame, None where the
    plate has none. ``detector``: what found them, empty when a person did.
    """

    source: str
    shots: tuple[Shot, ...]
    rate: Fraction = UNKNOWN_RATE
    timecode: str | None = None
    detector: str = ""

    def __post_init__(self) -> None:
        """Refuse a list that is none.

        Raises:
            ShotListError: it is empty, or a shot ends before it begins, leaves a gap or overlaps.
        """
        if not self.shots:
            raise ShotListError(f"the list of shots of {self.source} is empty; it needs at least one shot")
        for shot in self.shots:
            if shot.last < shot.first:
                raise ShotListError(f"a shot of {self.source} ends at {shot.last} before it begins at {shot.first}")
        for before, after in zip(self.shots, self.shots[1:], strict=False):
            if after.first != before.last + 1:
                raise ShotListError(
                    f"the shot at frame {after.first} of {self.source} does not follow on the one that ends at "
                    f"{before.last}; a list of shots has no gaps and no overlap"
                )

    @property
    def start(self) -> PlateStart:
        """How its frame numbers and timecodes go together."""
        return PlateStart(self.shots[0].first, self.timecode, self.rate)

    @property
    def transitions(self) -> tuple[Transition, ...]:
        """All transitions in order."""
        return tuple(shot.begins for shot in self.shots if shot.begins is not None)

    @property
    def resets(self) -> tuple[int, ...]:
        """Frames that have nothing in common with the frame before them: the first ones after cuts and fades. After a
        dissolve it is the first frame that shows the new shot alone: the colours before it are those of a mixture."""
        return tuple(sorted(one.last + 1 if one.kind is Kind.DISSOLVE else one.start for one in self.transitions))


def shots_between(transitions: Iterable[Transition], first: int, last: int) -> tuple[Shot, ...]:
    """The shots of the frames ``first`` to ``last``; transitions that start outside of them are left out."""
    inside = sorted((one for one in transitions if first < one.start <= last), key=lambda one: one.start)
    begins: Sequence[Transition | None] = [None, *inside]
    firsts = [first, *(one.start for one in inside)]
    lasts = [*(start - 1 for start in firsts[1:]), last]
    return tuple(Shot(*one) for one in zip(firsts, lasts, begins, strict=True) if one[1] >= one[0])
