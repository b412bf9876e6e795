"""What is on the timeline, read once: clips that can be coloured, and those that cannot, with the reason."""

from __future__ import annotations

import os
from collections.abc import Mapping
from fractions import Fraction
from math import ceil, floor
from typing import Any, NamedTuple

from tinct.plugin.resolve.api import Item, PoolItem, Timeline, newer
from tinct.plugin.resolve.errors import NothingToDo
from tinct.plugin.resolve.marker_stills import said_by
from tinct.plugin.resolve.media_path import IMAGE_SUFFIXES, MediaPath, media_key, parse_media_path
from tinct.plugin.resolve.rates import frame_rate

SHOWN_BY = "GetSourceStartFrame"
"""What tells where in its file an item begins, from 19 on."""
EXACT = ("rate", "timeline_rate", "offset")
CARRIED = ("Input Color Space", "Input LUT", "IDT", "Data Level", "PAR", "H-FLIP", "V-FLIP")
"""Properties of a clip that its coloured version is given too."""


class Origin(NamedTuple):
    """Where a coloured file came from: the plate as Resolve spells it, and the first plate frame in it, 0 for the
    plate's first."""

    spelled: str
    first: int
    frames: int


class Shot(NamedTuple):
    """A clip on the timeline.

    ``spelled``: its plate as Resolve has it. ``frames``: of the whole plate. ``rate``: the plate's. ``start``,
    ``duration``: on the timeline, in its frames, of rate ``timeline_rate``. ``offset``: where in the plate it begins,
    in plate frames. ``first``, ``last``: of the plate's frames that are shown, 0 for its first. ``markers``: Tinct's
    own, by plate frame. ``properties``: of `CARRIED`.
    """

    item_id: str
    name: str
    track: int
    spelled: str
    frames: int
    rate: Fraction
    timeline_rate: Fraction
    start: int
    duration: int
    offset: Fraction
    first: int
    last: int
    markers: tuple[tuple[int, str], ...]
    properties: dict[str, Any]

    @property
    def media(self) -> MediaPath:
        """The plate's files."""
        return parse_media_path(self.spelled)


def shot_to_json(shot: Shot) -> dict[str, Any]:
    """``shot`` in values that JSON has; `shot_from_json` is the way back."""
    return {**shot._asdict(), **{name: str(getattr(shot, name)) for name in EXACT}}


def shot_from_json(facts: Mapping[str, Any]) -> Shot:
    """The clip of `shot_to_json`.

    Raises:
        KeyError, TypeError, ValueError: it is none.
    """
    exact = {name: Fraction(facts[name]) for name in EXACT}
    markers = tuple((int(frame), str(text)) for frame, text in facts["markers"])
    return Shot(**{**facts, **exact, "markers": markers})


class Refused(NamedTuple):
    """A clip that cannot be coloured, and why."""

    name: str
    reason: str


def read_shot(
    item: Item,
    track: int,
    timeline: Timeline,
    origins: Mapping[str, Origin],
    speeds: Mapping[tuple[int, int], float],
) -> Shot | Refused:
    """The clip ``item`` on video track ``track``.

    Args:
        item: on the timeline.
        track: its number, 1 for the first.
        timeline: that it is on.
        origins: of coloured files that are on the timeline in place of their plates, by `media_key`.
        speeds: by track and start, where the version has no other sign of a retime (`read_speeds`).
    """
    name = str(item.GetName())
    pool_item = item.GetMediaPoolItem()
    if pool_item is None:
        return Refused(name, "it is a title, a generator or a transition and has no file")
    spelled = str(pool_item.GetClipProperty("File Path") or "")
    if not spelled:
        kind = pool_item.GetClipProperty("Type")
        return Refused(
            name, f"it is a compound clip or the like ({kind}) and has no file; open it and colour its clips"
        )
    timeline_rate = timeline_frame_rate(timeline)
    try:
        rate = frame_rate(pool_item.GetClipProperty("FPS"))
    except NothingToDo as error:
        return Refused(name, str(error))
    if reason := _unfit(item, pool_item, track, rate / timeline_rate, speeds):
        return Refused(name, reason)
    frames = parse_media_path(spelled).frames or int(pool_item.GetClipProperty("Frames") or 0)
    offset, duration, before = plate_offset(item, rate / timeline_rate), int(item.GetDuration()), 0
    if (origin := origins.get(media_key(spelled))) is not None:
        spelled, before, frames = origin
    first, last = plate_range(offset + before, duration, rate / timeline_rate, frames)
    return Shot(
        str(item.GetUniqueId()), name, track, spelled, frames, rate, timeline_rate, int(item.GetStart()), duration,
        offset + before, first, last, _markers(item, before),
        {key: value for key in CARRIED if (value := pool_item.GetClipProperty(key)) not in (None, "")},
    )  # fmt: skip


def plate_offset(item: Item, ratio: Fraction) -> Fraction:
    """Where in its file ``item`` begins, in the file's frames; ``ratio``: of those in a frame of the timeline.

    Where the rates are the same, the left offset is exact. Where they differ, reports have it in frames of the timeline
    or of the file; the source start frame, which is there from 19 on and may be one off, tells which.
    """
    given = Fraction(int(item.GetLeftOffset()))
    start_frame = newer(item, SHOWN_BY)
    if ratio == 1 or start_frame is None:
        return given * ratio
    roughly = int(start_frame() or 0)
    return min((given * ratio, given), key=lambda one: abs(one - roughly))


def plate_range(offset: Fraction, duration: int, ratio: Fraction, frames: int) -> tuple[int, int]:
    """First and last plate frame behind ``duration`` frames of a timeline from plate frame ``offset`` on.

    Where the rates differ Resolve rounds in ways that reports do not agree on, so two frames more are taken each way.
    """
    slack = 0 if ratio == 1 else 2
    first, last = floor(offset) - slack, ceil(offset + duration * ratio) - 1 + slack
    end = frames - 1 if frames else last
    return max(0, min(first, end)), max(0, min(last, end))


def timeline_frame_rate(timeline: Timeline) -> Fraction:
    """The rate of the timeline's frames.

    Raises:
        NothingToDo: it has none.
    """
    return frame_rate(timeline.GetSetting("timelineFrameRate"))


def _unfit(
    item: Item, pool_item: PoolItem, track: int, ratio: Fraction, speeds: Mapping[tuple[int, int], float]
) -> str | None:
    """Why a clip with a file cannot be coloured."""
    media = parse_media_path(str(pool_item.GetClipProperty("File Path")))
    missing = [path for path in media.files() if not os.path.exists(path)]
    if missing or str(pool_item.GetClipProperty("Online Status")).lower() == "offline":
        return f"its media is offline ({missing[0] if missing else media.path}); relink it"
    fields = str(pool_item.GetClipProperty("Field Dominance") or "").lower()
    if any(word in fields for word in ("upper", "lower", "top", "bottom")):
        return f"it is interlaced ({fields}); deinterlace it into a file first"
    if not media.is_sequence and media.suffix in IMAGE_SUFFIXES:
        return "it is a single picture; colour it with tinct colorize"
    return _retime(item, track, ratio, speeds)


def _retime(item: Item, track: int, ratio: Fraction, speeds: Mapping[tuple[int, int], float]) -> str | None:
    """The span of source frames against the item's length tells a retime, from 19 on; its end is one past the last or
    the last, as the rates are the same or not (measured by others on 19.1.3)."""
    advice = "bake the retime into a file first, or colour the clip before retiming it"
    start_frame, end_frame = newer(item, SHOWN_BY), newer(item, "GetSourceEndFrame")
    if start_frame is None or end_frame is None:
        speed = speeds.get((track, int(item.GetStart())), 1.0)
        return None if speed == 1.0 else f"it is retimed (speed {speed:g}); {advice}"
    first, end = start_frame(), end_frame()
    if first is None or end is None or (first == 0 and end == 0):
        return None  # not known, which is what timelines imported from XML give
    span, expected = end - first, item.GetDuration() * ratio
    if span < 0:
        return f"it runs backwards; {advice}"
    slack = 1 if ratio == 1 else 2
    if abs(span - expected) > slack:
        return f"it is retimed ({int(span)} frames of the file on {item.GetDuration():g} of the timeline); {advice}"
    return None


def _markers(item: Item, before: int) -> tuple[tuple[int, str], ...]:
    """Tinct's markers by the plate's frame, 0 for its first: what each says. Resolve counts an item's markers from the
    first frame of its file; ``before``: frames of the plate before that."""
    return tuple(
        (int(frame) + before, text)
        for frame, marker in sorted((item.GetMarkers() or {}).items())
        if (text := said_by(marker)) is not None
    )
