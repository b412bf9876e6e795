"""Media of a project that are not where it says, and where they are now."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from tinct.runtime.project.project import Project
from tinct.runtime.project.request import source_files


class FoundMedia(NamedTuple):
    """``moved``: new paths by old ones. ``lost``: paths of which nothing was found. ``unclear``: paths for which
    several files are equally likely."""

    moved: Mapping[str, str]
    lost: tuple[str, ...]
    unclear: tuple[str, ...]


def missing_media(project: Project) -> dict[str, str]:
    """Paths of plates, masks, stills and the library that are not there, with a file that each should have: of a
    sequence that of a shot's first frame."""
    files: dict[str, str] = {}
    for shot in project.shots:
        first = shot.rendered_range[0]
        for path in filter(None, (shot.source, shot.mask)):
            files.setdefault(path, source_files(path, (first,))[0])
        for still in shot.stills:
            files.setdefault(still.path, still.path)
    if project.library is not None:
        files.setdefault(project.library, project.library)
    return {path: file for path, file in files.items() if not os.path.exists(file)}


def find_media(missing: Mapping[str, str], folder: str) -> FoundMedia:
    """Look for ``missing`` (as `missing_media` gives it) in ``folder`` and below, by name; of several files of one name
    that is taken whose folders are most like those it was in."""
    wanted = {os.path.basename(file) for file in missing.values()}
    places: dict[str, list[str]] = {name: [] for name in wanted}
    for where, folders, names in os.walk(os.path.abspath(folder)):
        for name in wanted.intersection((*names, *folders)):
            places[name].append(os.path.join(where, name))
    moved: dict[str, str] = {}
    lost, unclear = [], []
    for path, file in missing.items():
        best = _most_alike(places[os.path.basename(file)], file)
        if not best:
            lost.append(path)
        elif len(best) > 1:
            unclear.append(path)
        else:
            moved[path] = os.path.join(os.path.dirname(best[0]), os.path.basename(path))
    return FoundMedia(moved, tuple(lost), tuple(unclear))


def _most_alike(places: Iterable[str], file: str) -> list[str]:
    """Those of ``places`` that share the longest end of their paths with ``file``."""
    alike = {place: _shared_end(place, file) for place in places}
    most = max(alike.values(), default=0)
    return [place for place, shared in alike.items() if shared == most]


def _shared_end(one: str, other: str) -> int:
    pairs = zip(reversed(one.split(os.sep)), reversed(other.split(os.sep)))
    count = 0
    for first, second in pairs:
        if first != second:
            break
        count += 1
    return count
