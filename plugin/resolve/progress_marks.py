"""A marker on each clip that is being coloured: yellow while it is, red with the reason where it failed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tinct.plugin.resolve.api import Item
from tinct.plugin.resolve.marker_stills import custom_data

if TYPE_CHECKING:
    from tinct.plugin.resolve.api import MarkerColour

MARK = custom_data(progress=True)
WORKING: MarkerColour = "Yellow"
FAILED: MarkerColour = "Red"


def set_mark(item: Item, first: int, colour: MarkerColour, text: str) -> None:
    """Put the mark at the clip's first frame that has no other marker; the one that was there goes.

    ``first``: where in its file the clip begins, in the file's frames, which is how Resolve counts an item's markers.
    """
    clear_mark(item)
    for frame in range(first, first + int(item.GetDuration())):
        if item.AddMarker(frame, colour, "Colouring", text, 1, MARK):
            return


def clear_mark(item: Item) -> None:
    """Take the mark away, if there is one."""
    item.DeleteMarkerByCustomData(MARK)
