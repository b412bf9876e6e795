"""Edit decision lists (CMX 3600) as clips of their sources.

Read here and not by OpenTimelineIO's adapter: that loses the outgoing shot of a dissolve whose two lines are both long,
and the reverse of ``M2 ... -024.0``, without a word.
"""

import re
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

from tinct.runtime.conform.timeline import Timeline, TimelineClip, retimed
from tinct.runtime.errors import ProjectError
from tinct.runtime.media.timecode import count_timecode, parse_timecode

USUAL_RATE = Fraction(24)
_TIME = r"(\d\d[:;.]\d\d[:;.]\d\d[:;.]\d\d)"
_EVENT = re.compile(
    r"(?P<event>\d+)\s+(?P<reel>\S+)\s+(?P<channel>\S+)\s+(?P<kind>C|D|W\d+|KB?|KO)\s+(?:(?P<length>\d+)\s+)?"
    rf"{_TIME}\s+{_TIME}\s+{_TIME}\s+{_TIME}\s*"
)
_SPEED = re.compile(r"M2\s+(?P<reel>\S+)\s+(?P<speed>[+-]?\d+(\.\d+)?)\b.*")
_NOTE = re.compile(r"\*\s*(?P<name>FROM CLIP NAME|TO CLIP NAME|SOURCE FILE|TINCT RATE)\s*:\s*(?P<value>.*)")
_BLACK = ("BL", "BLACK")


@dataclass
class _Event:
    """A line and what follows it: counts of frames, notes by name, and the speed of its ``M2``."""

    number: str
    reel: str
    kind: str
    length: int
    source: tuple[int, int]
    record: tuple[int, int]
    notes: dict[str, str] = field(default_factory=dict)
    speed: Fraction | None = None
    tail: int = 0
    tail_kind: str = ""

    @property
    def frames(self) -> int:
        """How long it lasts on the record side."""
        return self.record[1] - self.record[0]

    @property
    def is_black(self) -> bool:
        """Whether it shows nothing."""
        return self.reel.upper() in _BLACK

    @property
    def label(self) -> str:
        """Its name in messages."""
        name = self.notes.get("TO CLIP NAME" if self.kind != "C" else "FROM CLIP NAME", self.reel)
        return f"event {self.number} ({name})"


def read_edl(path: Path, text: str, rate: Fraction | None) -> Timeline:
    """The clips of the video events in ``text``; ``rate``: frames a second, which an EDL does not say.

    Raises:
        ProjectError: a line that is no event, or a timecode that is none.
    """
    told = re.search(r"(?m)^\*\s*TINCT RATE:\s*(\d+(?:/[1-9]\d*)?)\s*$", text)
    rate = rate or (Fraction(told[1]) if told else USUAL_RATE)
    events = [event for event in _with_tails(_events(path, text, rate)) if not event.is_black and event.frames]
    clips = [_clip(event, rate) for event in events]
    return Timeline(
        path,
        rate,
        tuple(clip for clip in clips if isinstance(clip, TimelineClip)),
        tuple(clip for clip in clips if isinstance(clip, str)),
    )


def _with_tails(events: list[_Event]) -> list[_Event]:
    """``events``, the shots that a dissolve or wipe leaves with the frames that are seen of them meanwhile."""
    leaving: _Event | None = None
    for event in events:
        if event.kind[0] in "DW" and leaving is not None:
            leaving.tail, leaving.tail_kind = event.length, event.kind
        if event.is_black:
            leaving = None
        elif event.frames:  # a line of no frames names the shot that is left, which came before
            leaving = event
    return events


def _events(path: Path, text: str, rate: Fraction) -> list[_Event]:
    events: list[_Event] = []
    drop = False
    video = False
    for line in map(str.strip, text.splitlines()):
        if line.upper().startswith("FCM:"):
            drop = "NON" not in line.upper()
        elif match := _EVENT.fullmatch(line):
            video = "V" in match["channel"].upper() or match["channel"].upper() == "B"
            if video:
                counts = [_count(path, line, one, rate, drop) for one in match.groups()[-4:]]
                source, record = (counts[0], counts[1]), (counts[2], counts[3])
                kind, length = match["kind"], int(match["length"] or 0)
                events.append(_Event(match["event"], match["reel"], kind, length, source, record))
        elif (speed := _SPEED.fullmatch(line)) and video and events:
            _at_reel(events, speed["reel"]).speed = Fraction(speed["speed"]) / round(rate)
        elif (note := _NOTE.fullmatch(line)) and video and events:
            events[-1].notes[note["name"]] = note["value"].strip()
        elif re.match(r"\d+\s", line):
            raise ProjectError(f"{path} has the line {line!r}, which is no event of a CMX 3600 EDL")
    if not events:
        raise ProjectError(f"{path} has no video events of a CMX 3600 EDL")
    return events


def _at_reel(events: list[_Event], reel: str) -> _Event:
    """The event that a speed is for: of the last number's, the one of that reel."""
    last = [event for event in events if event.number == events[-1].number]
    return next((event for event in reversed(last) if event.reel == reel), events[-1])


def _count(path: Path, line: str, text: str, rate: Fraction, drop: bool) -> int:
    code = parse_timecode(text)
    if code is None or int(code[-2:]) >= round(rate):
        raise ProjectError(
            f"{path} has the line {line!r}, whose timecode {text} is none at {float(rate):g} frames a second; name the "
            "list's rate (--rate)"
        )
    if drop and ";" not in code:
        code = f"{code[:8]};{code[9:]}"
    return count_timecode(code, rate)


def _clip(event: _Event, rate: Fraction) -> TimelineClip | str:
    """The clip of an event, or why there is none."""
    source, record = event.source[1] - event.source[0], event.frames
    if source < 0 or record < 0:
        return f"{event.label}: it ends before it begins"
    if event.kind.startswith("K"):
        return f"{event.label}: it is keyed over another picture; give the plate of that layer by itself"
    if event.speed is None and source != record:
        return f"{event.label}: {source} frames of its source last {record} on the record side, and no M2 says how"
    own = "TO CLIP NAME" if event.kind != "C" and "TO CLIP NAME" in event.notes else "FROM CLIP NAME"
    names = (event.notes.get("SOURCE FILE", ""), event.notes.get(own, ""), event.reel)
    name = event.notes.get(own) or event.reel
    notes = [f"begins with {_transition(event.kind, event.length)}"] if event.kind != "C" and event.length else []
    if event.tail:
        notes.append(f"ends with {_transition(event.tail_kind, event.tail)}")
    media = tuple(one for one in names if one)
    clip = TimelineClip(name, media, event.source[0], record + event.tail, rate, note="; ".join(notes))
    return clip if event.speed is None else retimed(clip, event.speed)


def _transition(kind: str, length: int) -> str:
    return f"a {'dissolve' if kind == 'D' else 'wipe'} of {length} frames"
