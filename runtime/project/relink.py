"""Paths of a project whose media were moved."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Callable

from tinct.runtime.project.project import Project
from tinct.runtime.project.shot import ProjectShot


def relinked(project: Project, old: str, new: str) -> tuple[Project, int]:
    """``project`` with the file or folder ``new`` in place of ``old`` in the paths of plates, stills, masks and the
    library, and how many of them that changed. Whole parts of a path count: ``/film`` is no part of ``/films/a.mov``.
    """
    before, after = os.path.abspath(old), os.path.abspath(new)

    def moved(path: str) -> str:
        if path == before:
            return after
        below = before.rstrip(os.sep) + os.sep
        return os.path.join(after, path[len(below) :]) if path.startswith(below) else path

    return with_paths(project, moved)


def with_paths(project: Project, moved: Callable[[str], str]) -> tuple[Project, int]:
    """``project`` with ``moved`` of each path of a plate, still, mask or library, and how many that changed."""
    changed = 0

    def counted(path: str) -> str:
        nonlocal changed
        result = moved(path)
        changed += result != path
        return result

    def of_shot(shot: ProjectShot) -> ProjectShot:
        stills = tuple(replace(still, path=counted(still.path)) for still in shot.stills)
        mask = None if shot.mask is None else counted(shot.mask)
        return replace(shot, source=counted(shot.source), stills=stills, mask=mask)

    shots = tuple(of_shot(shot) for shot in project.shots)
    library = None if project.library is None else counted(project.library)
    return replace(project, shots=shots, library=library), changed
