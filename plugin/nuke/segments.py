"""The parts of a range that are coloured by themselves.

Where another set of stills comes into force the colour starts afresh, so the frames from there to the next such place
depend on that set and on no frame before them. Each such part has a name and a place of its own in the cache: a still
that is swapped in mid-shot leaves the frames before it as they are. Points that are followed (hints) go on over such
places; with any of them the range is one part.
"""

from __future__ import annotations

import filecmp
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from tinct.plugin.params import ParameterError, StillInForce, format_stills, parse_hints, parse_stills, validated


class Segment(NamedTuple):
    """Frames ``first`` to ``last`` and the parameters that they are coloured with: no stills but those in force."""

    first: int
    last: int
    values: dict[str, Any]

    @property
    def frames(self) -> str:
        """The range as `Client.colorize` takes it."""
        return f"{self.first}-{self.last}"


def split(values: Mapping[str, Any], first: int, last: int) -> list[Segment]:
    """The segments of the frames from ``first`` to ``last``, in order.

    Raises:
        ParameterError: a value is wrong, there is no still, or the range is empty.
    """
    checked = validated(values)
    stills = parse_stills(checked["stills"])
    if not stills:
        raise ParameterError("stills is empty; add one that shows the colours")
    if last < first:
        raise ParameterError(f"last is {last} and lies before first, which is {first}")
    if parse_hints(checked["hints"]):
        return [Segment(first, last, checked)]
    starts = sorted({still.frame for still in stills if still.frame is not None and first < still.frame <= last})
    segments: list[Segment] = []
    shown: list[StillInForce] = []
    for begin, end in zip([first, *starts], [start - 1 for start in starts] + [last]):
        in_force = stills_at(stills, begin)
        if segments and _are_alike(shown, in_force):  # the same pictures again: the colour goes on
            segments[-1] = segments[-1]._replace(last=end)
            continue
        if in_force:
            wanted = [still._replace(frame=None) for still in in_force]
        else:  # before the first set: grey, which the worker makes of a request whose stills come later
            wanted = [still for still in stills if still.frame == starts[0]] if starts else stills
        segments.append(Segment(begin, end, dict(checked, stills=format_stills(wanted))))
        shown = in_force
    return segments


def stills_at(stills: Sequence[StillInForce], frame: int) -> list[StillInForce]:
    """The set in force at ``frame``: the one with the latest frame up to it."""
    reached = [still for still in stills if still.frame is None or still.frame <= frame]
    starts = [still.frame for still in reached if still.frame is not None]
    start = max(starts) if starts else None
    return [still for still in reached if still.frame == start]


def _are_alike(some: Sequence[StillInForce], others: Sequence[StillInForce]) -> bool:
    """Whether two sets are the same pictures with the same weights, under whatever names."""
    return len(some) == len(others) and all(
        one.weight == other.weight and (one.path == other.path or _is_copy(one.path, other.path))
        for one, other in zip(some, others)
    )


def _is_copy(one: str, other: str) -> bool:
    try:
        return filecmp.cmp(one, other, shallow=False)
    except OSError:  # one cannot be read, which the worker will say better
        return False
