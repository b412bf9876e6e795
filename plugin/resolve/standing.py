"""What stands on a timeline, read in one go: each question to Resolve takes a while, and a timeline may be long."""

from __future__ import annotations

from typing import NamedTuple

from tinct.plugin.resolve.api import Item, Timeline
from tinct.plugin.resolve.media_path import media_key


class Standing(NamedTuple):
    """An item and its video track, 1 for the first. ``key``: of its file, "" where it has none (`media_key`)."""

    item: Item
    track: int
    identity: str
    key: str
    start: int
    end: int

    @property
    def duration(self) -> int:
        """In frames of the timeline."""
        return self.end - self.start


def stand(item: Item, track: int) -> Standing:
    """``item`` as it is now."""
    media = item.GetMediaPoolItem()
    key = "" if media is None else media_key(str(media.GetClipProperty("File Path") or ""))
    return Standing(item, track, str(item.GetUniqueId()), key, int(item.GetStart()), int(item.GetEnd()))


def read_standing(timeline: Timeline) -> list[Standing]:
    """All items of the video tracks, from the lowest track up and in order of time."""
    return [
        stand(item, track)
        for track in range(1, timeline.GetTrackCount("video") + 1)
        for item in timeline.GetItemListInTrack("video", track) or []
    ]
