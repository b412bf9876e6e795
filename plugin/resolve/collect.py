"""The clips that are meant, read from the timeline: those to be coloured, and those that cannot be."""

from __future__ import annotations

from collections.abc import Mapping

from tinct.plugin.resolve.api import Application, OpenProject, Timeline
from tinct.plugin.resolve.choice import Chosen, choose_clips
from tinct.plugin.resolve.settings import Settings
from tinct.plugin.resolve.snapshot import Origin, Refused, Shot, read_shot
from tinct.plugin.resolve.speeds import read_speeds


def collect(
    application: Application,
    project: OpenProject,
    timeline: Timeline,
    settings: Settings,
    origins: Mapping[str, Origin],
) -> tuple[list[Shot], list[Refused]]:
    """The chosen clips of ``timeline``; a coloured clip stands for the plate below it.

    Raises:
        NothingToDo: no clip is chosen.
    """
    chosen = choose_clips(timeline, project.GetMediaPool(), settings)
    speeds = read_speeds(application, timeline, chosen[0].item)
    shots: dict[str, Shot] = {}
    refused = []
    for one in chosen:
        plate = _plate_below(one, timeline, origins)
        found = read_shot(plate.item, plate.track, timeline, origins, speeds)
        if isinstance(found, Refused):
            refused.append(found)
        else:
            shots[found.item_id] = found
    return list(shots.values()), refused


def _plate_below(chosen: Chosen, timeline: Timeline, origins: Mapping[str, Origin]) -> Chosen:
    """The plate's own clip under a coloured one; the clip itself where there is none."""
    origin = origins.get(_path_of(chosen))
    if origin is None:
        return chosen
    for track in range(1, timeline.GetTrackCount("video") + 1):
        for item in timeline.GetItemListInTrack("video", track) or []:
            below = Chosen(item, track)
            if _path_of(below) == origin.spelled and item.GetStart() == chosen.item.GetStart():
                return below
    return chosen


def _path_of(chosen: Chosen) -> str:
    media = chosen.item.GetMediaPoolItem()
    return "" if media is None else str(media.GetClipProperty("File Path"))
