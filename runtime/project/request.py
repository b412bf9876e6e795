"""What a shot of a project asks the engine for."""

from __future__ import annotations

import hashlib
import json
import math
import os
import re
from dataclasses import replace
from typing import Any

from tinct.runtime.errors import ProjectError
from tinct.runtime.project.project import Project
from tinct.runtime.project.settings import request_fields
from tinct.runtime.project.shot import ProjectShot, ProjectStill

_TOKEN = re.compile(r"%(?:0(\d+))?d|#+|@+")
_PLACES = ("output", "passes_output", "overwrite", "resume")
"""Fields of a request on which the pixels do not depend."""


def shot_request(
    project: Project, shot: ProjectShot, *, overwrite: bool = False, resume: bool = False
) -> dict[str, Any]:
    """The request for ``shot``, handles among its frames, as `Client.colorize` takes it; all paths are whole.

    Raises:
        ProjectError: the shot has no still.
    """
    if not shot.stills:
        raise ProjectError(f"the shot {shot.name} has no still; give it one that shows its colours")
    first, last = shot.rendered_range
    request: dict[str, Any] = {
        **request_fields(project.parameters_of(shot)),
        "input": shot.source,
        "output": project.output.place(shot.name),
        "frames": str(first) if first == last else f"{first}-{last}",
        "references": [_reference(still) for still in stills_in_force(shot)],
        "hints": [{"frame": one.frame, "x": one.x, "y": one.y, "colour": list(one.colour)} for one in shot.hints],
        "passes": list(project.output.passes),
        "overwrite": overwrite,
        "resume": resume,
    }
    optional = {
        "codec": project.output.codec,
        "passes_output": project.output.passes_place(shot.name),
        "mask": shot.mask,
    }
    return {**request, **{name: value for name, value in optional.items() if value is not None}}


def stills_in_force(shot: ProjectShot) -> list[ProjectStill]:
    """The stills that take part in the shot. Those in force at its first frame are so from the start of its handles
    on; what they had replaced before, outside the shot, is left out."""
    starts = [-math.inf if still.frame is None else still.frame for still in shot.stills]
    begun = max((start for start in starts if start <= shot.first), default=None)
    if begun is None:
        return list(shot.stills)
    both = list(zip(shot.stills, starts))
    return [replace(still, frame=None) if start == begun else still for still, start in both if start >= begun]


def _reference(still: ProjectStill) -> dict[str, Any]:
    reference: dict[str, Any] = {"path": still.path, "frame": still.frame, "weight": still.weight}
    if still.crop is not None:
        reference["crop"] = list(still.crop)
    if still.turn:
        reference["turn"] = still.turn
    return reference


def shot_key(project: Project, shot: ProjectShot) -> str:
    """A name for the pixels of the shot's result: 32 hexadecimal digits, empty for a shot without stills.

    It changes with everything that they depend on, and with the plate's, the stills' and the mask's files (name, size,
    time of change). It does not change where these are moved together with their times.
    """
    if not shot.stills:
        return ""
    request = {name: value for name, value in shot_request(project, shot).items() if name not in _PLACES}
    request["references"] = [{**one, "path": file_facts(one["path"])} for one in request["references"]]
    request["input"] = source_facts(shot.source, *shot.rendered_range)
    if shot.mask is not None:
        request["mask"] = source_facts(shot.mask, *shot.rendered_range)
    return hashlib.sha256(json.dumps(request, sort_keys=True).encode("ascii")).hexdigest()[:32]


def source_facts(path: str, first: int, last: int) -> list[Any]:
    """What tells a movie or a sequence from another version of it: of a sequence the first, middle and last file of the
    frames ``first`` to ``last``."""
    return [file_facts(one) for one in source_files(path, (first, (first + last) // 2, last))]


def source_files(path: str, frames: tuple[int, ...]) -> list[str]:
    """The files of these ``frames`` of a sequence; of all else ``path`` itself."""
    folder, name = os.path.split(path)
    token = _TOKEN.search(name)
    if token is None or os.path.isfile(path):
        return [path]
    digits = int(token[1] or 1) if token[0].startswith("%") else len(token[0])
    named = [f"{'-' if number < 0 else ''}{abs(number):0{digits}d}" for number in sorted(set(frames))]
    return [os.path.join(folder, name[: token.start()] + number + name[token.end() :]) for number in named]


def file_facts(path: str) -> list[Any]:
    """Name, size in bytes and time of change in nanoseconds of a file; a file that is not there has neither."""
    try:
        facts = os.stat(path)
    except (OSError, ValueError):
        return [os.path.basename(path), None, None]
    return [os.path.basename(path), facts.st_size, facts.st_mtime_ns]
