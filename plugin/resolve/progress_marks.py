"""A marker on each clip that is being coloured: yellow while it is, red with the reason where it failed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tinct.plugin.resolve.api import Item, Timeline
from tinct.plugin.resolve.marker_stills import custom_data

if TYPE_CHECKING:
    from tinct.plugin.resolve.api import MarkerColour

MARK = custom_data(progress=True)
WORKING: MarkerColour = "Yellow"
FAILED: MarkerColour = "Red"


def set_mark(item: Item, colour: MarkerColour, text: str) -> None:
    """Put the mark at the clip's first frame that has no other marker; the one that was there goes."""
    clear_mark(item)
    first = int(item.GetLeftOffset())
    for frame in range(first, first + int(item.GetDuration())):
        if item.AddMarker(frame, colour, "Colouring", text, 1, MARK):
            return


def clear_mark(item: Item) -> None:
    """Take the mark away, if there is one."""
    item.DeleteMarkerByCustomData(MARK)


def find_items(timeline: Timeline, identities: set[str]) -> list[Item]:
    """Items of ``timeline`` by their identities; those that are gone are left out."""
    return [
        item
        for track in range(1, timeline.GetTrackCount("video") + 1)
        for item in timeline.GetItemListInTrack("video", track) or []
        if str(item.GetUniqueId()) in identities
    ]
