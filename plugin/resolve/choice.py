"""Which clips are meant. Resolve tells no script which clips of a timeline are selected (18.5 to 21), so a person says
it with a clip colour, which many clips take at once, with a marker, or with the playhead."""

from __future__ import annotations

from tinct.plugin.resolve.api import Item, Pool, Timeline, newer
from tinct.plugin.resolve.errors import NothingToDo
from tinct.plugin.resolve.marker_stills import said_by
from tinct.plugin.resolve.settings import Settings
from tinct.plugin.resolve.standing import Standing


def choose_clips(timeline: Timeline, everything: list[Standing], pool: Pool, settings: Settings) -> list[Standing]:
    """Those of ``everything`` on ``timeline`` that ``settings`` mean, in order of tracks and time.

    Raises:
        NothingToDo: there is none, or the version cannot tell.
    """
    of_colour = [one for one in everything if one.item.GetClipColor() == settings.clip_colour]
    if settings.clips == "colour":
        chosen, advice = of_colour, f"give clips the colour {settings.clip_colour} (their context menu > Clip Color)"
    elif settings.clips == "playhead":
        chosen, advice = _at_playhead(timeline, everything), "put the playhead on a clip"
    elif settings.clips == "media pool":
        chosen, advice = _of_selected_media(everything, pool), "select in the media pool what the timeline's clips show"
    elif settings.clips == "timeline":
        chosen, advice = everything, "put clips on it"
    else:
        marked = [one for one in everything if _is_marked(one.item)]
        named = {one.identity for one in (*of_colour, *marked)}
        chosen = [one for one in everything if one.identity in named]
        chosen = chosen or _at_playhead(timeline, everything)
        advice = f"give clips the colour {settings.clip_colour}, or put the playhead on one"
    if not chosen:
        raise NothingToDo(f"no clip of {timeline.GetName()} is chosen; {advice}")
    return chosen


def _is_marked(item: Item) -> bool:
    return any(said_by(marker) is not None for marker in (item.GetMarkers() or {}).values())


def _at_playhead(timeline: Timeline, everything: list[Standing]) -> list[Standing]:
    current = timeline.GetCurrentVideoItem()
    identity = None if current is None else str(current.GetUniqueId())
    return [one for one in everything if one.identity == identity]


def _of_selected_media(everything: list[Standing], pool: Pool) -> list[Standing]:
    selected = newer(pool, "GetSelectedClips")
    if selected is None:
        raise NothingToDo("this version tells no script what is selected in the media pool; use a clip colour instead")
    wanted = {str(clip.GetUniqueId()) for clip in selected() or []}
    found = []
    for one in everything:
        media = one.item.GetMediaPoolItem()
        if media is not None and str(media.GetUniqueId()) in wanted:
            found.append(one)
    return found
