"""The clips that are meant, read from the timeline: those to be coloured, and those that cannot be."""

from __future__ import annotations

from collections.abc import Mapping

from tinct.plugin.resolve.api import Application, OpenProject, Timeline
from tinct.plugin.resolve.choice import choose_clips
from tinct.plugin.resolve.media_path import media_key
from tinct.plugin.resolve.settings import Settings
from tinct.plugin.resolve.snapshot import Origin, Refused, Shot, read_shot
from tinct.plugin.resolve.speeds import read_speeds
from tinct.plugin.resolve.standing import Standing, read_standing


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
    everything = read_standing(timeline)
    chosen = choose_clips(timeline, everything, project.GetMediaPool(), settings)
    speeds = read_speeds(application, timeline, chosen[0].item)
    shots: dict[str, Shot] = {}
    refused = []
    for one in chosen:
        plate = _plate_below(one, everything, origins)
        found = read_shot(plate.item, plate.track, timeline, origins, speeds)
        if isinstance(found, Refused):
            refused.append(found)
        else:
            shots[found.item_id] = found
    return list(shots.values()), refused


def _plate_below(chosen: Standing, everything: list[Standing], origins: Mapping[str, Origin]) -> Standing:
    """The plate's own clip under a coloured one; the clip itself where there is none."""
    origin = origins.get(chosen.key)
    if origin is None:
        return chosen
    plate = media_key(origin.spelled)
    return next((one for one in everything if one.key == plate and one.start == chosen.start), chosen)
