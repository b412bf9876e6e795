"""``--shots`` and ``--auto``: what a run does at the shots of its plate, and the stills chosen for them."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tinct.display import Display
from tinct.report_file import write_report
from tinct.runtime.backends import create_backend
from tinct.runtime.bundle import find_bundle
from tinct.runtime.errors import OutputExistsError, UnknownNameError, UsageError
from tinct.runtime.library import StillLibrary, open_library
from tinct.runtime.library.shot_stills import FLOOR, ShotStill, choose_stills
from tinct.runtime.media import read_still
from tinct.runtime.media.staging import check_target
from tinct.runtime.pipeline import ColorizeRequest, StillAt
from tinct.runtime.shot_plan import ShotPlan
from tinct.runtime.shots.shot import ShotList
from tinct.shot_argument import AUTO, parse_shots

REFUSE, GREY = "refuse", "grey"
NAMED = 3
"""Shots without a still that a message names."""


@dataclass(frozen=True)
class AutoStills:
    """The stills of all shots: ``chosen`` in order, from the library in the folder ``library``, none with a similarity
    below ``floor``."""

    library: Path
    floor: float
    shots: ShotList
    chosen: tuple[ShotStill, ...]

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
        }

    def lines(self) -> list[str]:
        """What was chosen, for people."""
        return [
            f"frames {one.shot.first}-{one.shot.last}: {one.still or 'grey'} ({one.similarity:.3f})"
            for one in self.chosen
        ]

    def write(self, output: str, *, overwrite: bool) -> Path:
        """Write the facts beside the ``output``, and return where.

        Raises:
            OutputError: it cannot be written.
        """
        path = record_path(output)
        check_record(output, overwrite=overwrite)
        write_report(path, json.dumps(self.facts(), indent=1) + "\n")
        return path


@dataclass(frozen=True)
class ShotChoice:
    """What the command line says of shots: ``shots`` is a list's file, ``auto`` or None (all is one shot); ``library``,
    ``floor`` (None: `FLOOR`) and ``unmatched`` are for the choice of stills."""

    shots: str | None = None
    library: Path | None = None
    floor: float | None = None
    unmatched: str = REFUSE


def choose_shots(
    choice: ShotChoice, request: ColorizeRequest, display: Display
) -> tuple[ColorizeRequest, AutoStills | None]:
    """The ``request`` with its shots, and with the stills that were chosen for them, if they were to be chosen.

    Raises:
        UnknownNameError: ``unmatched`` is neither ``refuse`` nor ``grey``.
        UsageError: stills were named and are to be chosen too, or neither; or shots have no still that is alike enough.
        TinctError: as `parse_shots`, `open_library` and `choose_stills`.
    """
    library = choice.library
    if choice.unmatched not in (REFUSE, GREY):
        raise UnknownNameError(
            f"no way named {choice.unmatched!r} to treat a shot without a still: name {REFUSE} or {GREY}"
        )
    if library is not None and request.references:
        raise UsageError("stills were named (--reference) and are to be chosen (--auto); do one of them")
    if library is None and not request.references:
        raise UsageError(
            "no reference still was given; name at least one (--reference STILL), or a library of them (--auto "
            "LIBRARY); see 'tinct colorize --help'"
        )
    if choice.shots is None and library is None:
        return request, None
    _check_output(request, library is not None)
    opened = None
    if library is not None:  # a library or a still that cannot be used is found out before the plate is searched
        backend = create_backend(request.backend, find_bundle(request.model), threads=request.threads)
        opened = open_library(library, backend)
    for still in request.references:
        read_still(Path(still.path))
    shots = parse_shots(
        choice.shots or AUTO, str(request.input), frames=request.frames, threads=request.threads, display=display
    )
    if opened is None or library is None:
        return replace(request, shots=ShotPlan.of(shots)), None
    floor = FLOOR if choice.floor is None else choice.floor
    chosen = AutoStills(library, floor, shots, _chosen(opened, request, shots, floor, choice.unmatched, display))
    return replace(request, references=chosen.references, shots=chosen.plan), chosen


def _chosen(
    opened: StillLibrary, request: ColorizeRequest, shots: ShotList, floor: float, unmatched: str, display: Display
) -> tuple[ShotStill, ...]:
    chosen = choose_stills(opened, Path(request.input), shots, frames=request.frames, floor=floor)
    for path, reason in opened.skipped.items():
        display.warn(f"the still {path} was left out: {reason}")
    without = [one for one in chosen if one.still is None]
    if without and (unmatched == REFUSE or len(without) == len(chosen)):
        raise UsageError(_refusal(opened.folder, without, len(chosen), floor))
    for one in without:
        display.warn(
            f"the frames {one.shot.first} to {one.shot.last} stay grey: the best still has a similarity of "
            f"{one.similarity:.2f}, below {floor:.2f}"
        )
    return chosen


def _check_output(request: ColorizeRequest, recorded: bool) -> None:
    """Find out before the plate is searched for shots whether the output may be written."""
    output = Path(request.output)
    if output.is_file():
        check_target(output, overwrite=request.overwrite, sources=(Path(request.input),))
    if recorded:
        check_record(str(output), overwrite=request.overwrite)


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


def _refusal(library: Path, without: Sequence[ShotStill], count: int, floor: float) -> str:
    named = ", ".join(f"{one.shot.first}-{one.shot.last} ({one.similarity:.2f})" for one in without[:NAMED])
    more = f" and {len(without) - NAMED} more" if len(without) > NAMED else ""
    return (
        f"{len(without)} of {count} shots have no still in {library} with a similarity of at least {floor:.2f}: the "
        f"frames {named}{more}; add stills of them and build the library again, leave them grey (--unmatched grey), or "
        "take what there is (--floor)"
    )


def _facts(one: ShotStill) -> dict[str, object]:
    return {
        "first": one.shot.first,
        "last": one.shot.last,
        "begins": str(one.shot.begins) if one.shot.begins else None,
        "still": str(one.still) if one.still else None,
        "similarity": round(one.similarity, 4),
        "looked_at": list(one.looked_at),
        "candidates": [{"path": str(each.path), "similarity": round(each.similarity, 4)} for each in one.candidates],
    }
