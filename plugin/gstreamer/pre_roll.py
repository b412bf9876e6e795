"""An accurate seek that starts a little earlier, so that the frames before the one it names can be coloured.

Decoders do the same from a key frame on: what comes before the segment is worked out and not shown.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from gi.repository import Gst


class PreRoll(NamedTuple):
    """What an accurate seek asked for: its number, its time in ns, and, counted from the first frame, the frame from
    which colours are worked out and the one from which they are shown."""

    seqnum: int
    start: int
    coloured_from: int
    shown_from: int


def wanted_time(event: Any) -> int | None:
    """The time in ns that a seek forward asks to be exact; None for other seeks."""
    rate, form, flags, start_type, start, _, _ = event.parse_seek()
    exact = flags & Gst.SeekFlags.ACCURATE and form == Gst.Format.TIME and start_type == Gst.SeekType.SET
    return int(start) if exact and rate > 0 else None


def earlier_seek(event: Any, time: int) -> Any:
    """The same seek, from ``time`` on."""
    rate, form, flags, start_type, _, stop_type, stop = event.parse_seek()
    moved = Gst.Event.new_seek(rate, form, flags, start_type, time, stop_type, stop)
    moved.set_seqnum(event.get_seqnum())
    return moved


def belongs_to(event: Any, roll: PreRoll | None) -> bool:
    """Whether a segment is the answer to that seek."""
    return roll is not None and roll.seqnum == event.get_seqnum() and event.parse_segment().format == Gst.Format.TIME


def asked_segment(event: Any, roll: PreRoll) -> Any:
    """The segment that was asked for, instead of the one that begins earlier."""
    segment = event.parse_segment()
    later = max(0, roll.start - segment.start)
    asked = segment.copy()
    asked.start, asked.time, asked.position = segment.start + later, segment.time + later, segment.start + later
    moved = Gst.Event.new_segment(asked)
    moved.set_seqnum(roll.seqnum)
    return moved
