"""What a run does at the shots of its plate: where the colour starts afresh, and which shots stay grey."""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass

from tinct.runtime.shots.shot import Shot, ShotList


@dataclass(frozen=True)
class ShotPlan:
    """``resets``: frames of the plate, ascending, at which nothing may be taken from the frame before. ``grey``: first
    and last frames of the shots that no still is for. ``starts``: first frames of all shots but the first."""

    resets: tuple[int, ...] = ()
    grey: tuple[tuple[int, int], ...] = ()
    starts: tuple[int, ...] = ()

    @classmethod
    def of(cls, shots: ShotList, *, grey: Iterable[Shot] = ()) -> "ShotPlan":
        """The plan for a list of shots, ``grey`` ones of which stay so."""
        starts = tuple(shot.first for shot in shots.shots[1:])
        return cls(shots.resets, tuple((shot.first, shot.last) for shot in grey), starts)

    def starts_afresh(self, number: int, previous: int | None) -> bool:
        """Whether a shot begins at frame ``number``, or after ``previous``, the frame coloured before it."""
        if previous is None:
            return False
        return bisect_right(self.resets, number) > bisect_right(self.resets, previous)

    def is_grey(self, number: int) -> bool:
        """Whether frame ``number`` is of a shot that stays grey."""
        return any(first <= number <= last for first, last in self.grey)
