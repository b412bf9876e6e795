"""Where projects are kept that were never saved, for the next start after a crash."""

from __future__ import annotations

import os
import secrets
import time
from typing import NamedTuple

from tinct.runtime.project import Project, recovered
from tinct.runtime.project.autosave import autosave_path
from tinct.runtime.project.lock import is_locked


class LeftProject(NamedTuple):
    """A project that was left: ``path`` that stands for its file, the project, and when it was changed last (seconds
    since 1970)."""

    path: str
    project: Project
    changed: float

    @property
    def text(self) -> str:
        """What it is, for a message."""
        when = time.strftime("%d %b, %H:%M", time.localtime(self.changed))
        count = len(self.project.shots)
        return f"{self.project.name} ({count} shot{'' if count == 1 else 's'}, {when})"


def unsaved_folder() -> str:
    """In the user's state folder."""
    state = os.environ.get("XDG_STATE_HOME") or os.path.join(os.path.expanduser("~"), ".local", "state")
    return os.path.join(state, "tinct", "unsaved")


def new_place() -> str:
    """A path that stands for the file of a project that has none.

    Raises:
        OSError: the folder cannot be made.
    """
    folder = unsaved_folder()
    os.makedirs(folder, mode=0o700, exist_ok=True)
    return os.path.join(folder, f"{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(3)}.tinct")


def left_projects() -> list[LeftProject]:
    """Projects that no panel has open, the newest first."""
    folder = unsaved_folder()
    try:
        names = os.listdir(folder)
    except OSError:
        return []
    found = []
    for name in names:
        path = os.path.join(folder, name[1:].rpartition(".")[0])
        if os.path.basename(autosave_path(path)) != name:
            continue
        project = None if is_locked(path) else recovered(path)
        if project is not None and project.shots:
            found.append(LeftProject(path, project, os.path.getmtime(os.path.join(folder, name))))
    return sorted(found, key=lambda one: one.changed, reverse=True)
