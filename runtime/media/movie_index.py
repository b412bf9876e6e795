"""Where each frame of a movie is: presentation times, key frames, and how much of the movie is there."""

import re
from bisect import bisect_right
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from av.container import InputContainer
from av.video.stream import VideoStream
from numpy.typing import NDArray

from tinct.runtime.errors import MediaError
from tinct.runtime.media.frame_rate import nearest_frame_rate


@dataclass(frozen=True)
class MovieIndex:
    """Frames by position, 0 the first shown.

    ``pts``: (N,) int64 presentation times in ``time_base`` units, ascending. ``keys``: positions of key frames,
    ascending. ``promised``: how many frames the container says there are, at least N; more than N means truncated.
    """

    pts: NDArray[np.int64]
    keys: tuple[int, ...]
    time_base: Fraction
    rate: Fraction
    promised: int

    def __len__(self) -> int:
        return len(self.pts)

    def key_before(self, position: int) -> int | None:
        """Position of the last key frame at or before ``position``, or None."""
        found = bisect_right(self.keys, position)
        return self.keys[found - 1] if found else None

    def position(self, pts: int) -> int | None:
        """Position of the frame with that presentation time, or None."""
        found = int(np.searchsorted(self.pts, pts))
        return found if found < len(self.pts) and self.pts[found] == pts else None


def index_movie(path: Path, container: InputContainer, stream: VideoStream) -> MovieIndex:
    """Return the index of ``stream``, without decoding.

    QuickTime files of key frames only (ProRes, DNxHR) have it in their header; others are read through once.

    Raises:
        MediaError: no frames, no presentation times, or a variable frame rate.
    """
    table = _header_table(path, stream)
    if table is None:
        table = _packet_table(container, stream)
    pts, is_key, last_duration = table
    if not len(pts):
        raise MediaError(f"{path} has no complete video frame in it; it is empty or was cut off.")
    time_base = stream.time_base
    assert time_base is not None, "a demuxed stream has a time base"
    rate = _frame_rate(stream, pts, last_duration, time_base)
    promised = max(len(pts), _promised(stream, rate))
    length = _even_run(path, pts, rate * time_base, truncated=promised > len(pts))
    keys = tuple(int(position) for position in np.flatnonzero(is_key[:length]))
    return MovieIndex(pts[:length], keys, time_base, rate, promised)


_Table = tuple[NDArray[np.int64], NDArray[np.bool_], int]
"""Presentation times ascending, key flags, duration of the last frame in time base units (0 = unknown)."""


def _header_table(path: Path, stream: VideoStream) -> _Table | None:
    """The table out of a QuickTime header, or None unless every frame is a key frame and shown."""
    entries: Any = stream.index_entries
    if not stream.frames or len(entries) != stream.frames:
        return None
    listed = list(entries)
    if any(entry.is_discard or not entry.is_keyframe for entry in listed):
        return None
    size = path.stat().st_size
    complete = [entry.timestamp for entry in listed if entry.pos + entry.size <= size]
    pts = np.array(complete, np.int64)
    if len(pts) > 1 and (np.diff(pts) <= 0).any():
        return None
    return pts, np.ones(len(pts), np.bool_), 0


def _packet_table(container: InputContainer, stream: VideoStream) -> _Table:
    """The table out of the packets, read through once."""
    rows: list[tuple[int, bool, int]] = []
    for packet in container.demux(stream):
        if packet.size == 0 or packet.is_discard or packet.is_corrupt:
            continue
        time = packet.pts if packet.pts is not None else packet.dts
        if time is None:
            raise MediaError(f"{container.name} has frames without a time; convert it to .mov or .mkv first.")
        rows.append((time, packet.is_keyframe, packet.duration or 0))
    rows.sort()
    times = np.array([row[0] for row in rows], np.int64)
    keys = np.array([row[1] for row in rows], np.bool_)
    return times, keys, rows[-1][2] if rows else 0


def _frame_rate(stream: VideoStream, pts: NDArray[np.int64], last_duration: int, time_base: Fraction) -> Fraction:
    """Frames per second: what the stream says if the times bear it out, else what the times say."""
    if len(pts) > 1:
        # The mean, rather than one step: Matroska rounds every time to a millisecond.
        measured = (len(pts) - 1) / (int(pts[-1] - pts[0]) * time_base)
        typical = 1 / (Fraction(float(np.median(np.diff(pts)))) * time_base)
        if abs(measured / typical - 1) > Fraction(1, 20):
            measured = typical
    elif last_duration:
        measured = 1 / (last_duration * time_base)
    else:
        measured = Fraction(0)
    for stated in (stream.average_rate, stream.guessed_rate, stream.base_rate):
        # Times rounded to the time base can be off by one unit at either end.
        slack = Fraction(1, 1000) + (2 * time_base * measured / len(pts) if len(pts) else 0)
        if stated and (not measured or abs(stated / measured - 1) < slack):
            return nearest_frame_rate(stated)
    return nearest_frame_rate(measured) if measured else Fraction(24)


def _promised(stream: VideoStream, rate: Fraction) -> int:
    """How many frames the container claims, 0 where it claims nothing exact."""
    if stream.frames:
        return int(stream.frames)
    duration = next((value for key, value in stream.metadata.items() if key.upper() == "DURATION"), "")
    match = re.fullmatch(r"(\d+):(\d\d):(\d\d(?:\.\d+)?)", duration)
    if match:
        seconds = int(match[1]) * 3600 + int(match[2]) * 60 + Fraction(match[3])
        return round(seconds * rate)
    if stream.container.format.name == "mxf" and stream.duration and stream.time_base:
        return round(stream.duration * stream.time_base * rate)
    return 0


def _even_run(path: Path, pts: NDArray[np.int64], frames_per_unit: Fraction, *, truncated: bool) -> int:
    """How many frames from the start stand at an even pace; unevenness but at a truncated end is an error."""
    steps = np.diff(pts) * float(frames_per_unit)
    uneven = np.flatnonzero((steps < 0.5) | (steps > 1.5))
    if not len(uneven):
        return len(pts)
    first = int(uneven[0])
    # Frames are stored out of order, so the cut may have taken a few from before the last one that is there.
    if truncated and len(pts) - first <= 32:
        return first + 1
    raise MediaError(
        f"{path} has a variable frame rate: the step after frame {first} lasts {steps[first]:.2f} frames. "
        "Convert it to a constant rate first, for example with: ffmpeg -i IN -fps_mode cfr -c:v prores_ks OUT.mov"
    )
