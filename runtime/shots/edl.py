"""Lists of shots as EDL (CMX 3600), one event a shot.

Written here and not by OpenTimelineIO: its CMX adapter is a package of its own, and its timecodes refuse the rates of
old film (16, 18 frames a second). Every event is a cut, source and record alike: a dissolve is in the plate's picture
already, and an event of that kind would make an editing program dissolve once more. Comments name the transitions.
"""

import re
from fractions import Fraction

from tinct.runtime.errors import ShotListError
from tinct.runtime.media.timecode import count_timecode
from tinct.runtime.shots.shot import Kind, PlateStart, Shot, ShotList, Transition

_EVENT = re.compile(
    r"(?P<event>\d+)\s+(?P<reel>\S+)\s+(?P<channel>\S+)\s+(?P<kind>C|D|W\d+)\s+(?:(?P<length>\d+)\s+)?"
    r"\S+\s+\S+\s+(?P<record_in>[\d:;]{11})\s+(?P<record_out>[\d:;]{11})"
)
_NOTE = re.compile(r"\*\s*TINCT (?P<name>[A-Z]+):\s*(?P<value>.*)")
MOST_EVENTS = 999
"""Events that the format can number; those beyond go on with more digits, which today's programs read."""


def dump(shots: ShotList) -> str:
    """``shots`` as text; timecodes are the plate's, or count its frame numbers where it has none."""
    start = shots.start
    drop = shots.timecode is not None and ";" in shots.timecode
    lines = [f"TITLE: {_title(shots.source)}", f"FCM: {'DROP FRAME' if drop else 'NON-DROP FRAME'}"]
    lines += ["", f"* TINCT SOURCE: {shots.source}", f"* TINCT RATE: {shots.rate}"]
    lines += [f"* TINCT DETECTOR: {shots.detector}", f"* TINCT TIMECODE: {shots.timecode or 'none'}", ""]
    for number, shot in enumerate(shots.shots, start=1):
        begin, end = start.timecode_of(shot.first), start.timecode_of(shot.last + 1)
        lines.append(f"{number:03}  AX       V     C        {begin} {end} {begin} {end}")
        lines.append(f"* FROM CLIP NAME: {_title(shots.source)}")
        lines.append(f"* TINCT FRAMES: {shot.first}-{shot.last}")
        if shot.begins is not None:
            one = shot.begins
            lines.append(f"* TINCT BEGINS: {one.kind} {one.first}-{one.last}")
    return "\n".join(lines) + "\n"


def load(text: str, origin: str, plate: PlateStart) -> ShotList:
    """The shots in ``text``: the frame numbers in Tinct's own comments, else the record timecodes of the video events
    as frames of ``plate``.

    Raises:
        ShotListError: there are no events, or they are not in order.
    """
    notes: dict[str, str] = {}
    events: list[tuple[re.Match[str], dict[str, str]]] = []
    for line in map(str.strip, text.splitlines()):
        if note := _NOTE.fullmatch(line):
            (events[-1][1] if events else notes)[note["name"]] = note["value"].strip()
        elif event := _EVENT.match(line):
            if "V" in event["channel"].upper() or event["channel"].upper() == "B":
                events.append((event, {}))
        elif re.match(r"\d+\s", line):
            raise ShotListError(f"{origin} has the line {line!r}, which is no event of a CMX 3600 EDL")
    try:
        rate = Fraction(notes.get("RATE", plate.rate))
        known = PlateStart(plate.number, plate.timecode, rate)
        shots = [shot for event, its in events if (shot := _shot(event, its, known)) is not None]
    except (ValueError, ZeroDivisionError) as error:
        raise ShotListError(f"{origin} has a comment or timecode that cannot be read ({error})") from error
    if shots and shots[0].begins is not None and "SOURCE" not in notes:
        shots[0] = Shot(shots[0].first, shots[0].last)
    timecode = notes.get("TIMECODE", plate.timecode or "none")
    return ShotList(
        notes.get("SOURCE", origin),
        tuple(shots),
        rate,
        None if timecode == "none" else timecode,
        notes.get("DETECTOR", ""),
    )


def _shot(event: re.Match[str], notes: dict[str, str], plate: PlateStart) -> Shot | None:
    """The event's shot; None for the empty first half of a dissolve."""
    if "FRAMES" in notes:
        first, last = _range(notes["FRAMES"])
        if "BEGINS" not in notes:
            return Shot(first, last)
        kind, _, ends = notes["BEGINS"].partition(" ")
        return Shot(first, last, Transition(Kind(kind), first, *_range(ends)))
    first, after = (plate.frame_of(count_timecode(event[name], plate.rate)) for name in ("record_in", "record_out"))
    if first == after:
        return None
    length = int(event["length"] or 0)
    if event["kind"] == "C" or not length:
        return Shot(first, after - 1, Transition.cut(first))
    return Shot(first, after - 1, Transition(Kind.DISSOLVE, first, first, first + length - 1))


def _range(text: str) -> tuple[int, int]:
    match = re.fullmatch(r"(-?\d+)-(-?\d+)", text)
    if match is None:
        raise ValueError(f"{text!r} is no range of frames")
    return int(match[1]), int(match[2])


def _title(source: str) -> str:
    return re.split(r"[/\\]", source.rstrip("/\\"))[-1] or "plate"
