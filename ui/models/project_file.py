"""The project's file: opened with what a crash left, locked while it is open, saved, kept safe in between."""

from __future__ import annotations

import os

from tinct.runtime.errors import OutputError, ProjectInUseError, TinctError
from tinct.runtime.project import (
    Autosave,
    OutputSettings,
    Project,
    ProjectLock,
    load_project,
    recovered,
    save_project,
)
from tinct.ui.lane import Post
from tinct.ui.models.document import Document
from tinct.ui.models.messages import Messages
from tinct.ui.models.unsaved import LeftProject, left_projects, new_place

ABOUT = "project"
SUFFIX = ".tinct"


def empty_project(name: str = "untitled", folder: str = "tinct_results") -> Project:
    """A project without shots whose results go into ``folder``."""
    return Project(name=name, output=OutputSettings(os.path.abspath(folder)))


class ProjectFile:
    """Opens and saves ``document``. Every change is on disk within a second, until it is saved: beside the file, or in
    the user's state folder where there is none yet."""

    def __init__(self, document: Document, messages: Messages, post: Post):
        """``post`` as in `Lane`: the disk is written from another thread."""
        self._document, self._messages, self._post = document, messages, post
        self._lock: ProjectLock | None = None
        self._autosave: Autosave | None = None
        document.changed.connect(self._changed)

    def open(self, path: str) -> bool:
        """Open a project's file; whether that could be done. What is open now is closed without being saved, and what
        was changed in it stays beside it."""
        path = os.path.abspath(path)
        try:
            project = load_project(path)
        except TinctError as error:
            self._messages.problem(str(error), ABOUT)
            return False
        self._take(path)
        kept = recovered(path)
        self._document.open(project if kept is None else kept, path, is_saved=kept is None)
        if kept is not None:
            self._messages.note(
                "The last session ended without saving: its changes are back. Save to keep them, or choose "
                "File, Back to what was saved.",
                ABOUT,
            )
        return True

    def revert(self) -> None:
        """Go back to what was saved; that can be undone."""
        path = self._document.path
        if path is None or not self._document.is_modified:
            return
        try:
            self._document.edit("Back to what was saved", load_project(path))
        except TinctError as error:
            self._messages.problem(str(error), ABOUT)

    def new(self, project: Project) -> None:
        """Begin with a project that has no file yet. What was changed in the one before stays beside that, or is kept
        for `recover`."""
        self._leave(keep=self._document.is_modified)
        self._document.open(project, None, is_saved=not project.shots)

    def save(self, path: str | None = None) -> bool:
        """Save where it was opened, or at ``path`` from now on; whether that could be done."""
        wanted = self._document.path if path is None else os.path.abspath(path)
        if wanted is None:
            return False
        if not wanted.endswith(SUFFIX):
            wanted += SUFFIX
        try:
            if wanted != self._document.path or self._lock is None:
                lock = ProjectLock(wanted)
                try:
                    save_project(self._document.project, wanted, lock)
                except TinctError:
                    lock.release()
                    raise
                self._leave()
                self._lock = lock
            else:
                save_project(self._document.project, wanted, self._lock)
        except TinctError as error:
            self._messages.problem(str(error), ABOUT)
            return False
        if self._autosave is None:
            self._autosave = Autosave(wanted, on_error=self._disk)
        self._autosave.saved()
        self._messages.settle(ABOUT)
        self._document.saved(wanted)
        return True

    def left(self) -> list[LeftProject]:
        """Projects that were never saved and that no panel has open, the newest first."""
        return left_projects()

    def recover(self, left: LeftProject) -> bool:
        """Open a project that was left; whether that could be done. It still has no file."""
        try:
            lock = ProjectLock(left.path)
        except TinctError as error:
            self._messages.problem(str(error), ABOUT)
            return False
        self._leave(keep=self._document.is_modified)
        self._lock, self._autosave = lock, Autosave(left.path, on_error=self._disk)
        self._document.open(left.project, None, is_saved=False)
        self._messages.note("The project is back; it was never saved. Save it to keep it.", ABOUT)
        return True

    def discard(self) -> None:
        """What was never saved is not wanted: nothing of it is kept by `close`."""
        self._leave()

    def close(self) -> None:
        """Give the file back. What was not saved stays beside it for the next start."""
        self._leave(keep=self._document.is_modified)

    def _take(self, path: str) -> None:
        self._leave(keep=self._document.is_modified)
        try:
            self._lock = ProjectLock(path)
        except ProjectInUseError as error:
            self._messages.problem(f"{error}. It can be looked at here; save it under another name.", ABOUT)
            return
        except TinctError as error:
            self._messages.problem(str(error), ABOUT)
            return
        self._autosave = Autosave(path, on_error=self._disk)

    def _leave(self, keep: bool = False) -> None:
        if self._autosave is not None:
            self._autosave.close(keep=keep)
            self._autosave = None
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def _shelter(self) -> None:
        """A place for the changes of a project that has no file."""
        try:
            place = new_place()
            self._lock = ProjectLock(place)
        except (OSError, TinctError) as error:
            self._messages.problem(f"Changes are not safe from a crash: {error}; save the project.", "autosave")
            return
        self._autosave = Autosave(place, on_error=self._disk)

    def _changed(self, before: Project, after: Project) -> None:
        if self._document.path is None and after.shots and self._lock is None and self._document.is_modified:
            self._shelter()
        if self._autosave is not None and self._document.is_modified:
            self._autosave.changed(after)

    def _disk(self, error: OutputError | None) -> None:
        """From the thread that writes."""
        if error is None:
            self._post(lambda: self._messages.settle("autosave"))
        else:
            self._post(lambda: self._messages.problem(f"Changes are not safe from a crash: {error}", "autosave"))
