"""What has to be coloured for a set of clips: each plate frame once, whichever clips show it."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any, NamedTuple

from tinct.plugin.params import StillInForce, format_hints, format_stills, parse_hints, parse_stills
from tinct.plugin.resolve.errors import StillsError
from tinct.plugin.resolve.marker_stills import PICTURES, find_still
from tinct.plugin.resolve.media_path import WRITTEN_SUFFIXES, MediaPath, spell_sequence
from tinct.plugin.resolve.project_folder import ProjectFolder
from tinct.plugin.resolve.settings import Settings
from tinct.plugin.resolve.snapshot import Refused, Shot
from tinct.plugin.state_key import file_facts, state_key
from tinct.plugin.worker_arguments import colorize_request


class Run(NamedTuple):
    """One call of the worker and its result.

    ``key``: what the result depends on, as a name. ``plate``: as Resolve spells it; ``frames``: of all of it.
    ``first``, ``last``: of its frames that are coloured, 0 for its first. ``result``: the file as Resolve spells it;
    ``pattern`` the same as Tinct does. ``request``: for `Client.colorize`.
    """

    key: str
    title: str
    plate: str
    frames: int
    first: int
    last: int
    result: str
    pattern: str
    request: dict[str, Any]


class Planned(NamedTuple):
    """A run and the clips that show its frames."""

    run: Run
    shots: tuple[Shot, ...]


def plan(shots: Iterable[Shot], settings: Settings, folder: ProjectFolder) -> tuple[list[Planned], list[Refused]]:
    """The runs for ``shots``, and the clips that cannot be coloured for want of stills.

    Clips whose frames, with their handles, touch or overlap on one plate share a run.
    """
    by_plate: dict[str, list[Shot]] = {}
    for shot in shots:
        by_plate.setdefault(shot.spelled, []).append(shot)
    planned: list[Planned] = []
    refused: list[Refused] = []
    for members in by_plate.values():
        for first, last, group in _merged(members, settings):
            try:
                planned.append(Planned(_run(first, last, group, settings, folder), tuple(group)))
            except StillsError as error:
                refused.extend(Refused(shot.name, str(error)) for shot in group)
    return planned, refused


def _merged(shots: list[Shot], settings: Settings) -> list[tuple[int, int, list[Shot]]]:
    """Ranges of one plate that together cover ``shots`` with their handles, and the clips in each."""
    ranges: list[tuple[int, int, list[Shot]]] = []
    for shot in sorted(shots, key=lambda one: (one.first, one.last)):
        first, last = max(0, shot.first - settings.handles), shot.last + settings.handles
        if shot.frames:
            last = min(last, shot.frames - 1)
        if settings.result == "replacement" and shot.frames:
            first, last = 0, shot.frames - 1
        if ranges and first <= ranges[-1][1] + 1:
            begin, end, group = ranges[-1]
            ranges[-1] = (begin, max(end, last), [*group, shot])
        else:
            ranges.append((first, last, [shot]))
    return ranges


def _run(first: int, last: int, shots: list[Shot], settings: Settings, folder: ProjectFolder) -> Run:
    media = shots[0].media
    numbers = range(media.first + first, media.first + last + 1)
    hints = [hint for hint in parse_hints(settings.parameters["hints"]) if hint.frame in numbers]
    stills = _stills(shots, settings, folder.stills)
    values = dict(settings.parameters, stills=format_stills(stills), hints=format_hints(hints))
    plate = [file_facts(path) for path in _files(media, first, last)]
    key = state_key(values, plate=plate, first=first, last=last, codec=settings.codec)
    pattern, result = _result(media, first, last, key, settings.results_folder or folder.results)
    span = f"{media.first + first}-{media.first + last}"
    request = colorize_request(values, input=media.path, output=pattern, frames=span, resume=True)
    if settings.codec and not media.is_sequence:
        request["codec"] = settings.codec
    if request["passes"] and not pattern.endswith(".exr"):
        request["passes_output"] = f"{os.path.splitext(pattern)[0].split('.%')[0]}_{{pass}}.%04d.exr"
    return Run(key, shots[0].name, shots[0].spelled, shots[0].frames, first, last, result, pattern, request)


def _files(media: MediaPath, first: int, last: int) -> list[str]:
    return [media.file(index) for index in range(first, last + 1)] if media.is_sequence else [media.path]


def _result(media: MediaPath, first: int, last: int, key: str, folder: str) -> tuple[str, str]:
    """The result as Tinct spells it and as Resolve does; the key is in its name, so another state is another file."""
    name = f"{media.stem}_{media.first + first}-{media.first + last}_{key[:10]}"
    if not media.is_sequence:
        path = os.path.join(folder, f"{name}.mov")
        return path, path
    suffix = media.suffix if media.suffix in WRITTEN_SUFFIXES else ".png"
    digits = max(4, len(str(media.first + last)))
    pattern = os.path.join(folder, name, f"{media.stem}.%0{digits}d{suffix}")
    return pattern, spell_sequence(pattern, media.first + first, last - first + 1)


def _stills(shots: list[Shot], settings: Settings, folder: str) -> list[StillInForce]:
    """Stills of the settings and of the clips' markers; those from the gallery where there is neither.

    A marker's still takes over at its frame. Where none is in force from the start, the first one is.

    Raises:
        StillsError: there is none, or a marker names one that is not there.
    """
    media, frames = shots[0].media, shots[0].frames
    ends = (media.first, media.first + frames - 1)
    stills = [
        still
        for still in parse_stills(settings.parameters["stills"])
        if still.frame is None or ends[0] <= still.frame <= ends[1]
    ]
    marked = sorted({(frame, text) for shot in shots for frame, text in shot.markers if text})
    stills += [StillInForce(find_still(text, folder), media.first + frame) for frame, text in marked]
    if not stills:
        names = [name for name in sorted(os.listdir(folder)) if os.path.splitext(name)[1].lower() in PICTURES]
        stills = [StillInForce(os.path.join(folder, name)) for name in names]
    if not stills:
        raise StillsError(
            "it has no still; send stills from the gallery (Send stills to Tinct), put a marker named Tinct on the "
            "clip with the still's file in its note, or name files under stills in the settings"
        )
    for still in stills:
        if not os.path.isfile(still.path):
            raise StillsError(f"its still {still.path} is not there; bring it back or name another one")
    if all(still.frame is not None for still in stills):
        earliest = min(still.frame for still in stills if still.frame is not None)
        stills = [still._replace(frame=None) if still.frame == earliest else still for still in stills]
    return stills
