"""A project hears that a farm has rendered one of its shots."""

from collections.abc import Mapping, Sequence
from typing import Any

from tinct.runtime.errors import ProjectError
from tinct.runtime.farm.paths import PathRule, mapped
from tinct.runtime.farm.plan import PlannedFilm


def record_render(film: PlannedFilm, report: Mapping[str, Any], rules: Sequence[PathRule]) -> None:
    """Write the record of the shot that ``film`` is, if it is one of a project's; not where the project is no longer
    there or has lost the shot.

    Raises:
        OutputError: the record cannot be written.
    """
    if not film.origin:
        return
    from tinct.runtime.project import load_project, write_record

    try:
        project = load_project(mapped(film.origin["project"], rules))
        shot = project.shot(film.origin["shot"])
    except (ProjectError, KeyError):
        return
    write_record(project, shot, film.origin["key"], dict(report))
