"""The project that is open: one immutable value after another, with undo, autosave and the file."""

from __future__ import annotations

import dataclasses
from collections.abc import Hashable, Iterable
from typing import Callable, NamedTuple

from tinct.runtime.project import Project, ProjectShot
from tinct.ui.signal import Signal

MOST_STEPS = 500
"""Steps of undo that are kept: projects share what they have in common, so a step costs about as much as a shot."""


class _Step(NamedTuple):
    label: str
    project: Project
    merge: Hashable


class Document:
    """A project and how it came about.

    ``changed`` tells the project before and the one after; ``path`` is its file, None before it was saved.
    """

    def __init__(self, project: Project, path: str | None = None):
        """Begin with ``project`` as it lies at ``path``."""
        self.path = path
        self.changed = Signal()
        self._done = [_Step("", project, None)]
        self._undone: list[_Step] = []
        self._saved: Project | None = project
        self._by_id: tuple[Project, dict[str, ProjectShot]] | None = None

    @property
    def project(self) -> Project:
        """As it stands."""
        return self._done[-1].project

    @property
    def is_modified(self) -> bool:
        """Whether it differs from the file."""
        return self.project is not self._saved

    @property
    def undo_label(self) -> str:
        """What `undo` would take back; empty where there is nothing."""
        return self._done[-1].label

    @property
    def redo_label(self) -> str:
        """What `redo` would do again; empty where there is nothing."""
        return self._undone[-1].label if self._undone else ""

    def shot(self, id: str) -> ProjectShot | None:
        """The shot of that id."""
        project, by_id = self._by_id or (None, {})
        if project is not self.project:
            by_id = {shot.id: shot for shot in self.project.shots}
            self._by_id = self.project, by_id
        return by_id.get(id)

    def edit(self, label: str, project: Project, merge: Hashable = None) -> None:
        """Let ``project`` take the place of the one that stands.

        Args:
            label: what was done, as the undo action names it.
            project: the new one; the same object changes nothing.
            merge: steps in a row with the same one are one step, such as those of a slider that is dragged.
        """
        before = self.project
        if project is before:
            return
        joins = merge is not None and len(self._done) > 1 and self._done[-1].merge == merge and not self._undone
        self._undone = []
        if joins:
            self._done[-1] = _Step(label, project, merge)
        else:
            self._done.append(_Step(label, project, merge))
            if len(self._done) > MOST_STEPS:
                del self._done[1]
        self.changed.emit(before, project)

    def edit_shots(
        self,
        label: str,
        ids: Iterable[str],
        change: Callable[[ProjectShot], ProjectShot],
        merge: Hashable = None,
    ) -> None:
        """`edit` those shots, each into what ``change`` makes of it."""
        wanted = frozenset(ids)
        shots = tuple(change(shot) if shot.id in wanted else shot for shot in self.project.shots)
        if any(new is not old and new != old for new, old in zip(shots, self.project.shots)):
            self.edit(label, dataclasses.replace(self.project, shots=shots), merge)

    def settle(self) -> None:
        """What comes next is a step of its own, even if it could be merged."""
        last = self._done[-1]
        self._done[-1] = last._replace(merge=None)

    def undo(self) -> None:
        """Take the last step back."""
        if len(self._done) > 1:
            step = self._done.pop()
            self._undone.append(step)
            self.settle()
            self.changed.emit(step.project, self.project)

    def redo(self) -> None:
        """Do again what was taken back last."""
        if self._undone:
            before = self.project
            self._done.append(self._undone.pop())
            self.changed.emit(before, self.project)

    def open(self, project: Project, path: str | None, is_saved: bool = True) -> None:
        """Another project takes the place of this one, and its steps of undo go.

        Args:
            project: the other one.
            path: of its file, None where it has none.
            is_saved: whether it lies there as it is.
        """
        before = self.project
        self._done, self._undone = [_Step("", project, None)], []
        self.path = path
        self._saved = project if is_saved else None
        self.changed.emit(before, project)

    def saved(self, path: str) -> None:
        """The project as it stands lies at ``path`` now."""
        self.path, self._saved = path, self.project
        self.settle()
        self.changed.emit(self.project, self.project)
