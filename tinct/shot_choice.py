"""``--shots`` and ``--auto``: what a run does at the shots of its plate, and the stills chosen for them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from tinct.display import Display
from tinct.report_file import write_report
from tinct.runtime.backends import create_backend
from tinct.runtime.bundle import find_bundle
from tinct.runtime.errors import UsageError
from tinct.runtime.library import open_library
from tinct.runtime.library.auto_stills import (
    REFUSE,
    AutoStills,
    check_record,
    check_unmatched,
    choose_auto_stills,
    record_path,
)
from tinct.runtime.library.shot_stills import FLOOR
from tinct.runtime.media import read_still
from tinct.runtime.media.staging import check_target
from tinct.runtime.run.pipeline import ColorizeRequest
from tinct.runtime.run.shot_plan import ShotPlan
from tinct.shot_argument import AUTO, parse_shots


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
    check_unmatched(choice.unmatched)
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
    chosen = choose_auto_stills(
        opened, Path(request.input), shots, frames=request.frames, floor=floor, unmatched=choice.unmatched
    )
    for warning in chosen.warnings:
        display.warn(warning)
    return replace(request, references=chosen.references, shots=chosen.plan), chosen


def _check_output(request: ColorizeRequest, recorded: bool) -> None:
    """Find out before the plate is searched for shots whether the output may be written."""
    output = Path(request.output)
    if output.is_file():
        check_target(output, overwrite=request.overwrite, sources=(Path(request.input),))
    if recorded:
        check_record(str(output), overwrite=request.overwrite)


def write_record(facts: Mapping[str, object], output: str, *, overwrite: bool) -> Path:
    """Write what was chosen (`AutoStills.facts`) beside the ``output``, and return where.

    Raises:
        OutputExistsError: it is there.
        OutputError: it cannot be written.
    """
    check_record(output, overwrite=overwrite)
    write_report(record_path(output), json.dumps(facts, indent=1) + "\n")
    return record_path(output)
