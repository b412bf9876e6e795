"""Lists of shots as OpenTimelineIO: one clip a shot on one track. Needs OpenTimelineIO (the extra "shots").

Transitions are markers, not OTIO's transition objects: a dissolve is in the plate's picture already, and a transition
would make an editing program dissolve once more.
"""

import json
import math
from fractions import Fraction
from pathlib import Path
from typing import Any

from tinct.runtime.errors import ShotListError, UsageError
from tinct.runtime.shots.shot import Kind, PlateStart, Shot, ShotList, Transition

KEY = "tinct"
"""Where Tinct's own words stand in the metadata."""


def load_otio() -> Any:
    """OpenTimelineIO.

    Raises:
        UsageError: it is not installed.
    """
    try:
        import opentimelineio
    except ImportError as error:
        raise UsageError(
            f"OTIO files need OpenTimelineIO ({error}); pip install 'tinct[shots]', or name a .edl or .csv"
        ) from error
    return opentimelineio


def dump(shots: ShotList) -> str:
    """``shots`` as text. A clip's source range counts frames from midnight by the plate's timecode, or is the frame
    numbers where it has none."""
    otio = load_otio()
    start, rate = shots.start, float(shots.rate)

    def span(first: int, last: int) -> Any:
        begin = otio.opentime.RationalTime(start.count_of(first), rate)
        return otio.opentime.TimeRange(begin, otio.opentime.RationalTime(last - first + 1, rate))

    track = otio.schema.Track(name="shots", kind=otio.schema.TrackKind.Video)
    whole = span(shots.shots[0].first, shots.shots[-1].last)
    for number, shot in enumerate(shots.shots, start=1):
        clip = otio.schema.Clip(
            name=f"shot {number:03}",
            media_reference=otio.schema.ExternalReference(target_url=shots.source, available_range=whole),
            source_range=span(shot.first, shot.last),
            metadata={KEY: {"first": shot.first, "last": shot.last}},
        )
        if shot.begins is not None:
            one = shot.begins
            clip.markers.append(
                otio.schema.Marker(
                    name=str(one.kind),
                    marked_range=span(one.first, one.last),
                    metadata={KEY: {"kind": str(one.kind), "first": one.first, "last": one.last}},
                )
            )
        track.append(clip)
    timeline = otio.schema.Timeline(name=Path(shots.source).name, global_start_time=whole.start_time)
    timeline.metadata[KEY] = {
        "source": shots.source,
        "rate": str(shots.rate),
        "timecode": shots.timecode or "",
        "detector": shots.detector,
    }
    timeline.tracks.append(track)
    return str(otio.adapters.write_to_string(timeline, "otio_json")) + "\n"


def load(text: str, origin: str, plate: PlateStart) -> ShotList:
    """The shots in ``text``: of a timeline of another program, the source ranges of the first video track's clips, as
    frames of ``plate``.

    Raises:
        UsageError: OpenTimelineIO is missing.
        ShotListError: it is no timeline with a video track of clips.
    """
    otio = load_otio()
    try:
        json.loads(text)  # OpenTimelineIO 0.18 crashes on some that is none
        timeline = otio.adapters.read_from_string(text, "otio_json")
        tracks = timeline.video_tracks()
        own = dict(timeline.metadata.get(KEY, {}))
        rate = Fraction(own["rate"]) if own else _rate_of(tracks[0], plate)
        start = PlateStart(plate.number, plate.timecode, rate)
        shots = [_shot(clip, start) for clip in tracks[0] if isinstance(clip, otio.schema.Clip)]
    except Exception as error:  # OpenTimelineIO's errors have no common root
        raise ShotListError(f"{origin} is no timeline of shots ({error}); write one with tinct shots") from error
    if own:
        return ShotList(own["source"], tuple(shots), rate, own["timecode"] or None, own["detector"])
    cuts = [Shot(one.first, one.last, Transition.cut(one.first) if place else None) for place, one in enumerate(shots)]
    return ShotList(origin, tuple(cuts), rate, plate.timecode)


def _shot(clip: Any, plate: PlateStart) -> Shot:
    own = clip.metadata.get(KEY)
    if own is None:
        span = clip.trimmed_range()
        first = plate.frame_of(round(span.start_time.value))
        return Shot(first, first + round(span.duration.value) - 1)
    begins = None
    for marker in clip.markers:
        if KEY in marker.metadata:
            one = marker.metadata[KEY]
            begins = Transition(Kind(one["kind"]), int(own["first"]), int(one["first"]), int(one["last"]))
    return Shot(int(own["first"]), int(own["last"]), begins)


def _rate_of(track: Any, plate: PlateStart) -> Fraction:
    """Rate of a track's clips; OTIO holds 23.976... as a float."""
    rate = float(next(iter(track)).trimmed_range().start_time.rate)
    return plate.rate if math.isclose(rate, float(plate.rate), rel_tol=1e-4) else Fraction(rate).limit_denominator(1001)
