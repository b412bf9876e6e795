"""The stills of all shots of a plate, chosen from a library: what a run with ``--auto`` and a farm's job are given."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tinct.runtime.errors import OutputExistsError, UnknownNameError, UsageError
from tinct.runtime.library.shot_stills import ShotStill, choose_stills
from tinct.runtime.library.still_library import StillLibrary
from tinct.runtime.run.request import StillAt
from tinct.runtime.run.shot_plan import ShotPlan
from tinct.runtime.shots.shot import ShotList

REFUSE, GREY = "refuse", "grey"
"""What becomes of a shot for which no still is alike enough."""
NAMED = 3
"""Shots without a still that a message names."""


@dataclass(frozen=True)
class AutoStills:
    """The stills of all shots: ``chosen`` in order, from the library in the folder ``library``, none with a similarity
    below ``floor``. ``warnings``: stills that were left out, and shots that stay grey."""

    library: Path
    floor: float
    shots: ShotList
    chosen: tuple[ShotStill, ...]
    warnings: tuple[str, ...] = ()

    @property
    def references(self) -> tuple[StillAt, ...]:
        """Each still with the first frame of its shot."""
        return tuple(StillAt(one.still, one.shot.first) for one in self.chosen if one.still is not None)

    @property
    def plan(self) -> ShotPlan:
        """Where colour starts afresh, and the shots without a still, which stay grey."""
        return ShotPlan.of(self.shots, grey=[one.shot for one in self.chosen if one.still is None])

    def facts(self) -> dict[str, object]:
        """What was chosen, for JSON."""
        return {
            "library": str(self.library),
            "floor": self.floor,
            "source": self.shots.source,
            "detector": self.shots.detector,
            "shots": [_facts(one) for one in self.chosen],
            "warnings": list(self.warnings),
        }

    def lines(self) -> list[str]:
        """What was chosen, for people."""
        return [
            f"frames {one.shot.first}-{one.shot.last}: {one.still or 'grey'} ({one.similarity:.3f})"
            for one in self.chosen
        ]


def check_unmatched(unmatched: str) -> None:
    """Refuse what is no way to treat a shot without a still.

    Raises:
        UnknownNameError: it is neither ``refuse`` nor ``grey``.
    """
    if unmatched not in (REFUSE, GREY):
        raise UnknownNameError(f"no way named {unmatched!r} to treat a shot without a still: name {REFUSE} or {GREY}")


def choose_auto_stills(
    opened: StillLibrary, plate: Path, shots: ShotList, *, frames: str | None, floor: float, unmatched: str
) -> AutoStills:
    """Choose a still of the library ``opened`` for each of the ``shots`` of ``plate`` in the range ``frames``.

    Raises:
        UsageError: shots have no still with a similarity of ``floor``, and ``unmatched`` refuses those, or none has.
        TinctError: as `choose_stills`.
    """
    chosen = choose_stills(opened, plate, shots, frames=frames, floor=floor)
    without = [one for one in chosen if one.still is None]
    if without and (unmatched == REFUSE or len(without) == len(chosen)):
        raise UsageError(_refusal(opened, without, len(chosen), floor))
    warnings = [f"the still {path} was left out: {reason}" for path, reason in opened.skipped.items()]
    warnings += [
        f"the frames {one.shot.first} to {one.shot.last} stay grey: the best still has a similarity of "
        f"{one.similarity:.2f}, below {floor:.2f}"
        for one in without
    ]
    return AutoStills(opened.folder, floor, shots, chosen, tuple(warnings))


def record_path(output: str) -> Path:
    """Where the record of the stills lies: beside the movie, sequence or folder ``output``."""
    path = Path(output)
    stem = re.split("[%#]", path.name)[0].rstrip("._-") or "frames"
    return path.with_name(f"{stem}.stills.json")


def check_record(output: str, *, overwrite: bool) -> None:
    """Refuse to replace a record that is there.

    Raises:
        OutputExistsError: it is there.
    """
    if record_path(output).exists() and not overwrite:
        raise OutputExistsError(f"{record_path(output)} is there already; add --overwrite or name another output")


def _refusal(library: StillLibrary, without: Sequence[ShotStill], count: int, floor: float) -> str:
    named = ", ".join(f"{one.shot.first}-{one.shot.last} ({one.similarity:.2f})" for one in without[:NAMED])
    more = f" and {len(without) - NAMED} more" if len(without) > NAMED else ""
    left = "".join(f" ({path} was left out: {reason})" for path, reason in list(library.skipped.items())[:1])
    return (
        f"{len(without)} of {count} shots have no still in {library.folder} with a similarity of at least {floor:.2f}: "
        f"the frames {named}{more}; add stills of them and build the library again, leave them grey (--unmatched "
        f"grey), or take what there is (--floor){left}"
    )


def _facts(one: ShotStill) -> dict[str, object]:
    return {
        "first": one.shot.first,
        "last": one.shot.last,
        "begins": str(one.shot.begins) if one.shot.begins else None,
        "still": str(one.still) if one.still else None,
        "digest": one.candidates[0].digest if one.still else None,
        "similarity": round(one.similarity, 4),
        "looked_at": list(one.looked_at),
        "candidates": [{"path": str(each.path), "similarity": round(each.similarity, 4)} for each in one.candidates],
    }
