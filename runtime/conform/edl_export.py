"""A project's shots as an edit decision list (CMX 3600): an event a shot, one after the other on the record side."""

import re
from fractions import Fraction
from pathlib import Path

from tinct.runtime.conform.plates import read_plate
from tinct.runtime.errors import ProjectError, TinctError
from tinct.runtime.media import PlateInfo
from tinct.runtime.media.timecode import advance_timecode
from tinct.runtime.project import Project, ProjectShot
from tinct.runtime.project.request import source_files
from tinct.runtime.shots.shot import UNKNOWN_RATE, PlateStart

PLATE, RESULT = "plate", "result"
RECORD_STARTS = {False: "01:00:00:00", True: "01:00:00;00"}
"""Of the first event, by whether timecode drops frames."""


def format_edl(project: Project, media: str) -> str:
    """The shots in the project's order; each event names its ``media``, `PLATE` or `RESULT`, as the source file.
    Timecodes are those of the plates, or count their frames where they have none.

    Raises:
        ProjectError: there is no shot, or plates of different rates, which an EDL cannot say.
    """
    if not project.shots:
        raise ProjectError(f"the project {project.name} has no shot; an EDL needs one")
    plates = {source: plate_of(source) for source in dict.fromkeys(shot.source for shot in project.shots)}
    rate = _rate(project, plates)
    drops = any(info is not None and ";" in (info.timecode or "") for info in plates.values())
    lines = [f"TITLE: {re.sub(r'[^ -~]', '_', project.name)}", f"FCM: {'' if drops else 'NON-'}DROP FRAME"]
    lines += ["", f"* TINCT RATE: {rate}", ""]
    at = 0
    for number, shot in enumerate(project.shots, start=1):
        start, offset, path = _source(project, shot, plates[shot.source], media, rate)
        source = [start.timecode_of(frame - offset) for frame in (shot.first, shot.last + 1)]
        record = [advance_timecode(RECORD_STARTS[drops], count, rate) for count in (at, at + shot.frames)]
        at += shot.frames
        lines.append(f"{number:03}  AX       V     C        {' '.join(source)} {' '.join(record)}")
        lines += [f"* FROM CLIP NAME: {shot.name}", f"* SOURCE FILE: {path}"]
    return "\n".join(lines) + "\n"


def plate_of(source: str) -> PlateInfo | None:
    """The plate's description, None where it is not there."""
    try:
        return read_plate(Path(source))
    except TinctError:
        return None


def _rate(project: Project, plates: dict[str, PlateInfo | None]) -> Fraction:
    rates = {info.frame_rate: source for source, info in plates.items() if info is not None and info.frame_rate}
    if len({round(rate) for rate in rates}) > 1:
        named = ", ".join(f"{source} at {rate}" for rate, source in rates.items())
        raise ProjectError(f"an EDL has one rate, and the plates have several: {named}; export OpenTimelineIO")
    found = next(iter(rates), None) or (Fraction(project.rate) if project.rate else None)
    return found or UNKNOWN_RATE


def _source(
    project: Project, shot: ProjectShot, info: PlateInfo | None, media: str, rate: Fraction
) -> tuple[PlateStart, int, str]:
    """How the frames of a shot's medium and timecodes go together; what to take off a frame's number; the medium."""
    start = PlateStart(rate=rate)
    if info is not None and info.timecode is not None:
        start = PlateStart(info.frames[0], info.timecode, rate)
    if media == PLATE:
        return start, 0, shot.source
    path = project.output.place(shot.name)
    first = shot.rendered_range[0]
    is_movie = source_files(path, (first,)) == [path]
    return start, first if is_movie and start.timecode is None else 0, path
