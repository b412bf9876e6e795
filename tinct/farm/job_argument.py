"""Jobs as the command line names them."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tinct.farm.template import Host
from tinct.hint_argument import parse_hint
from tinct.runtime.errors import UsageError
from tinct.runtime.farm.job import AUTO, FarmJob, Film, LibraryStills
from tinct.runtime.run.request_checks import check_names
from tinct.still_argument import parse_still

ONE = "one"
PROJECT_SUFFIX = ".tinct"


def is_project(source: str) -> bool:
    """Whether ``source`` names a project, by its extension."""
    return Path(source).suffix.lower() == PROJECT_SUFFIX


def job_of_plate(
    source: str,
    result: str | None,
    references: Sequence[str],
    hints: Sequence[str],
    *,
    shots: str,
    chunk: int,
    preroll: int | None,
    auto: LibraryStills | None = None,
    **fields: Any,
) -> FarmJob:
    """The job of one plate; ``fields`` are further ones of the request, None for those that were not named.

    Raises:
        UsageError: the result is not named, the request cannot be used, or stills are named and are to be chosen too.
    """
    if result is None:
        raise UsageError("the result is not named; say where it goes (--result film.mov)")
    request: dict[str, Any] = {
        "input": os.path.abspath(source),
        "output": os.path.abspath(result),
        "references": [_reference(text) for text in references],
        "hints": [_hint(text) for text in hints],
        **{name: value for name, value in fields.items() if value is not None},
    }
    if os.sep in str(request.get("model", "")):
        request["model"] = os.path.abspath(request["model"])
    if request.get("mask") is not None:
        request["mask"] = os.path.abspath(request["mask"])
    if auto is not None and references:
        raise UsageError("stills were named (--reference) and are to be chosen (--auto); do one of them")
    if auto is not None and shots == ONE:
        raise UsageError("a still is to be chosen for each shot (--auto) and all is one shot (--shots one); do one")
    listed = None if shots == ONE else shots if shots == AUTO else os.path.abspath(shots)
    name = Path(result).name.split("%")[0].split("#")[0].rstrip("._-") or "film"
    film = Film(name, request, listed, auto=auto)
    from tinct.runtime.farm.analysis import film_request

    check_names(film_request(film, ()), stills=auto is None)
    return FarmJob(f"Tinct {name}", (film,), chunk, preroll)


def job_of_project(
    path: Path, names: Sequence[str] = (), *, chunk: int, preroll: int | None, overwrite: bool, threads: int | None
) -> FarmJob:
    """The job of a project: each of its shots, or of those called ``names``, that has stills is a film of its own. A
    result that an earlier render of the project put there is replaced, as `render_shots` does.

    Raises:
        ProjectError: it cannot be read, or has no shot of a name.
        UsageError: no shot has a still, or two shots would be rendered to one place.
    """
    from tinct.runtime.project import load_project, read_record, shot_key, shot_request
    from tinct.runtime.project.render_record import is_own_result

    project = load_project(str(path))
    films = []
    for shot in [project.shot_named(name) for name in dict.fromkeys(names)] or project.shots:
        if shot.stills:
            replaces = overwrite or is_own_result(project, shot, read_record(project, shot))
            request = {**shot_request(project, shot, overwrite=replaces), "threads": threads}
            named = {name: value for name, value in request.items() if value is not None}
            origin = {"project": os.path.abspath(path), "shot": shot.id, "key": shot_key(project, shot)}
            films.append(Film(shot.name, named, None, origin))
    if not films:
        raise UsageError(f"no shot of {path} has a still; give each one that shows its colours")
    return FarmJob(f"Tinct {project.name}", tuple(films), chunk, preroll)


def stills_of_library(library: Path, floor: float | None, unmatched: str) -> LibraryStills:
    """The choice of stills from ``library`` as it is now.

    Raises:
        UnknownNameError: ``unmatched`` is no way to treat a shot without a still.
        LibraryError: there is no library, or it is broken.
    """
    from tinct.runtime.library.auto_stills import check_unmatched
    from tinct.runtime.library.manifest import read_manifest
    from tinct.runtime.library.shot_stills import FLOOR

    check_unmatched(unmatched)
    folder = Path(os.path.abspath(library))
    return LibraryStills(str(folder), read_manifest(folder).identity, FLOOR if floor is None else floor, unmatched)


def host_of(cores: int, memory: int, gpus: int, attributes: Sequence[str]) -> Host:
    """What machines must have.

    Raises:
        UsageError: an attribute is not of the form NAME=VALUE.
    """
    named = {}
    for text in attributes:
        name, equals, values = text.partition("=")
        if not equals or not values:
            raise UsageError(f"--attribute {text!r} is not of the form NAME=VALUE, such as attr.worker.os.family=linux")
        named[name] = tuple(value.strip() for value in values.split(","))
    return Host(cores, memory, gpus, named) if named else Host(cores, memory, gpus)


def parameters_of(texts: Sequence[str]) -> dict[str, str]:
    """Values by name.

    Raises:
        UsageError: one is not of the form NAME=VALUE.
    """
    found = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise UsageError(f"{text!r} is not of the form NAME=VALUE")
        found[name] = value
    return found


def _reference(text: str) -> dict[str, Any]:
    still = parse_still(text)
    return {"path": os.path.abspath(still.path), "frame": still.frame, "weight": still.weight}


def _hint(text: str) -> dict[str, Any]:
    hint = parse_hint(text)
    return {"frame": hint.frame, "x": hint.x, "y": hint.y, "colour": list(hint.colour)}
