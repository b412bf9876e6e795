"""Final Cut Pro's FCPXML as clips of their media.

Read here: OpenTimelineIO's adapter for it (otio-fcpx-xml-adapter 1.0.0) does not run on Python 3.9 and later, and
counts frames in floating point.
"""

import math
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from xml.etree import ElementTree

from tinct.runtime.conform.timeline import Timeline, TimelineClip
from tinct.runtime.errors import ProjectError

_CLIPS = ("asset-clip", "clip", "video")
_NESTED = ("ref-clip", "sync-clip", "mc-clip")
Element = ElementTree.Element


class _Refusal(Exception):
    """Why an element is no clip of one media."""


def read_fcpxml(path: Path, root: Element) -> Timeline:
    """The clips of the one project in the document ``root``.

    Raises:
        ProjectError: there is no project in it, more than one, or it is damaged.
    """
    sequences = root.findall(".//project/sequence")
    if len(sequences) != 1:
        raise ProjectError(f"{path} holds {len(sequences)} projects; export the one that is meant by itself")
    try:
        reader = _Reader(root, sequences[0])
        clips = [clip for spine in sequences[0].findall("spine") for clip in reader.spine(spine)]
    except (_Refusal, ValueError, ZeroDivisionError) as error:
        raise ProjectError(f"{path} is no FCPXML that can be read ({error})") from error
    return Timeline(path, reader.rate, tuple(clips), tuple(reader.refused))


class _Reader:
    """Goes through the spines of one sequence; what it cannot make a clip of is ``refused``."""

    def __init__(self, root: Element, sequence: Element) -> None:
        self._rates = {
            one.get("id", ""): 1 / _seconds(one.get("frameDuration", "0s"))
            for one in root.findall("resources/format")
            if one.get("frameDuration")
        }
        self._assets = {one.get("id", ""): one for one in root.findall("resources/asset")}
        rate = self._rates.get(sequence.get("format", ""))
        if rate is None:
            raise _Refusal("its sequence has no frame rate")
        self.rate: Fraction = rate
        self.refused: list[str] = []

    def spine(self, spine: Element) -> Iterator[TimelineClip]:
        """The clips of a spine, and those connected to them."""
        items = list(spine)
        for place, item in enumerate(items):
            before, after = items[place - 1] if place else None, items[place + 1] if place + 1 < len(items) else None
            yield from self._item(item, before, after)

    def _item(
        self, item: Element, before: Element | None = None, after: Element | None = None
    ) -> Iterator[TimelineClip]:
        if item.get("enabled") == "0" or item.tag == "transition":
            return
        if item.tag == "audition":  # the first of its choices is the one in use
            item = next(iter(item), item)
        name = item.get("name") or item.tag
        if item.tag in _NESTED:
            self.refused.append(f"{name}: it is a {item.tag}; give its parts as clips of the sequence")
        elif item.tag == "spine":
            yield from self.spine(item)
        elif item.tag in _CLIPS:
            try:
                clip = self._clip(item, before, after)
            except _Refusal as error:
                self.refused.append(f"{name}: {error}")
            else:
                if clip is not None:
                    yield clip
        if item.tag in (*_CLIPS, "gap"):
            for child in item:
                if child.get("lane") is not None:
                    yield from self._item(child)

    def _clip(self, item: Element, before: Element | None, after: Element | None) -> TimelineClip | None:
        """The clip of an element; None for sound alone and for generators."""
        video = item if item.tag != "clip" else next((one for one in item.iter("video")), None)
        if video is None or video.get("ref") not in self._assets:
            return None
        asset = self._assets[str(video.get("ref"))]
        if asset.get("hasVideo") != "1":
            return None
        rate = self._rates.get(asset.get("format", ""), self.rate)
        conform = item.find("conform-rate")
        if conform is not None and conform.get("scaleEnabled") != "0" and conform.get("srcFrameRate"):
            raise _Refusal(
                f"it is played at the sequence's rate instead of its own {conform.get('srcFrameRate')}; render it as a "
                "plate of its own"
            )
        asset_start = _seconds(asset.get("start", "0s"))
        local = _seconds(item.get("start")) if item.get("start") else (asset_start if item is video else Fraction(0))
        length = _seconds(item.get("duration") or asset.get("duration", "0s"))
        first, last, note = local, local + length, ""
        first -= _overlap(before, item, at_end=False)
        last += _overlap(after, item, at_end=True)
        if first != local or last != local + length:
            note = "begins or ends with a transition"
        first, last, speed = _through_time_map(item, first, last)
        note = "; ".join(text for text in (note, speed) if text)
        if item is not video:  # a clip has a time of its own, in which its video lies
            shift = _seconds(video.get("start", "0s")) - _seconds(video.get("offset", "0s"))
            first, last = first + shift, last + shift
        start, end = math.floor(first * rate), math.ceil(last * rate)
        media = asset.find("media-rep")
        source = asset.get("src") or (media.get("src") if media is not None else None) or ""
        clip_name = item.get("name") or asset.get("name") or "shot"
        media_start = math.floor(asset_start * rate)
        names = tuple(dict.fromkeys(name for name in (source, asset.get("name"), item.get("name")) if name))
        return TimelineClip(clip_name, names, start, max(1, end - start), rate, media_start, note)


def _overlap(transition: Element | None, item: Element, *, at_end: bool) -> Fraction:
    """How long a transition shows the item beyond its edge."""
    if transition is None or transition.tag != "transition":
        return Fraction(0)
    begin = _seconds(transition.get("offset", "0s"))
    end = begin + _seconds(transition.get("duration", "0s"))
    edge = _seconds(item.get("offset", "0s"))
    if at_end:
        return max(Fraction(0), end - edge - _seconds(item.get("duration", "0s")))
    return max(Fraction(0), edge - begin)


def _through_time_map(item: Element, first: Fraction, last: Fraction) -> tuple[Fraction, Fraction, str]:
    """The part of the media that a retimed item shows between the times ``first`` and ``last`` of its own."""
    points = [
        (_seconds(one.get("time", "0s")), _seconds(one.get("value", "0s"))) for one in item.findall("timeMap/timept")
    ]
    if len(points) < 2:
        return first, last, ""
    points.sort()
    values = [_at(points, first), _at(points, last), *(value for time, value in points if first < time < last)]
    return min(values), max(values), "retimed in the edit"


def _at(points: list[tuple[Fraction, Fraction]], time: Fraction) -> Fraction:
    """Value at a ``time``, on the line through the two points around it or nearest to it."""
    place = next((index for index, (when, _) in enumerate(points[1:-1], start=1) if time <= when), len(points) - 1)
    (begin, low), (end, high) = points[place - 1], points[place]
    return low if end == begin else low + (high - low) * (time - begin) / (end - begin)


def _seconds(text: str | None) -> Fraction:
    """A time such as ``1001/24000s`` or ``5s``."""
    return Fraction((text or "0s").strip().removesuffix("s"))
