"""The shots of the project: which are shown, which are chosen, and how far each is."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Any, Callable, NamedTuple

from tinct.runtime.project import Project, ProjectShot
from tinct.ui.models.document import Document
from tinct.ui.signal import Signal

STATES = ("no still", "draft", "rendered", "out of date", "failed")
MARKS = {"no still": "○", "draft": "◐", "rendered": "●", "out of date": "◑", "failed": "✕"}
"""A sign for each state, so that colour is never the only one."""

FactsOf = Callable[[Project, ProjectShot], "tuple[str, float | None]"]


class ShotRow(NamedTuple):
    """A shot as the list shows it. ``confidence``: mean 0..1, None where nothing is known yet."""

    id: str
    name: str
    source: str
    first: int
    last: int
    stills: int
    state: str
    confidence: float | None
    note: str

    @property
    def range(self) -> str:
        """Its frames, as a person reads them."""
        return f"{self.first}–{self.last}"


class ShotList:
    """``changed``: other rows, or rows that say something else; ``chosen``: another selection or current shot."""

    def __init__(self, document: Document, facts_of: FactsOf, confidence_of: Callable[[str], float | None]):
        """Show the shots of ``document``.

        Args:
            document: the project.
            facts_of: one of `STATES` for a shot, and the mean confidence of its last render.
            confidence_of: mean confidence of what was seen of the shot of an id since, None for nothing.
        """
        self.changed, self.chosen = Signal(), Signal()
        self._document, self._facts_of, self._confidence_of = document, facts_of, confidence_of
        self._text, self._state = "", ""
        self._rows: list[ShotRow] | None = None
        self._known: dict[str, tuple[ProjectShot, Any, tuple[str, float | None]]] = {}
        self._selected: tuple[str, ...] = ()
        self._current = ""
        document.changed.connect(self._follow)
        self._choose_what_there_is()

    @property
    def text(self) -> str:
        """What names must hold to be shown."""
        return self._text

    @property
    def state(self) -> str:
        """The state that is shown alone; empty: all."""
        return self._state

    def filter(self, text: str | None = None, state: str | None = None) -> None:
        """Show shots alone whose name, source or note holds ``text``, in the given ``state``; None leaves either."""
        self._text = self._text if text is None else text.strip()
        self._state = self._state if state is None else state
        self._tell()

    def rows(self) -> list[ShotRow]:
        """What is shown, in the project's order."""
        if self._rows is not None:
            return self._rows
        wanted = self._text.casefold()
        rows = []
        for shot in self._document.project.shots:
            if wanted and not any(wanted in text.casefold() for text in (shot.name, str(shot.source), shot.note)):
                continue
            row = self.row(shot)
            if not self._state or row.state == self._state:
                rows.append(row)
        self._rows = rows
        return rows

    def row(self, shot: ProjectShot) -> ShotRow:
        """One shot's row."""
        state, rendered = self._facts_now(shot)
        seen = self._confidence_of(shot.id)
        return ShotRow(
            shot.id,
            shot.name,
            str(shot.source),
            shot.first,
            shot.last,
            len(shot.stills),
            state,
            rendered if seen is None else seen,
            shot.note,
        )

    @property
    def current(self) -> ProjectShot | None:
        """The shot that the rest of the panel shows."""
        return self._document.shot(self._current)

    @property
    def selected(self) -> tuple[str, ...]:
        """Ids of the chosen shots, in the project's order; the current one is among them."""
        return self._selected

    def choose(self, ids: Iterable[str], current: str | None = None) -> None:
        """Select those shots; ``current``, or the first of them, is the one that is shown."""
        wanted = frozenset(ids)
        selected = tuple(shot.id for shot in self._document.project.shots if shot.id in wanted)
        now = current if current in wanted else (selected[0] if selected else "")
        if (selected, now) != (self._selected, self._current):
            self._selected, self._current = selected, str(now)
            self.chosen.emit()

    def choose_shown(self) -> None:
        """Select all shots that are shown."""
        self.choose([row.id for row in self.rows()], self._current)

    def step(self, by: int) -> None:
        """Go on by so many of the shown shots."""
        ids = [row.id for row in self.rows()]
        if not ids:
            return
        at = ids.index(self._current) if self._current in ids else -by
        self.choose([ids[min(max(at + by, 0), len(ids) - 1)]])

    def give_stills_to_selected(self) -> None:
        """The stills of the current shot for all selected ones, in force from the start of each."""
        shot = self.current
        if shot is None or not shot.stills:
            return
        whole = tuple(dataclasses.replace(still, frame=None) for still in shot.stills)
        others = [id for id in self._selected if id != shot.id]
        self._document.edit_shots(
            f"Give stills to {len(others)} shots", others, lambda one: dataclasses.replace(one, stills=whole)
        )

    def rename(self, id: str, name: str) -> None:
        """Give a shot another name; one without letters is none."""
        if name.strip():
            self._document.edit_shots("Rename shot", [id], lambda one: dataclasses.replace(one, name=name.strip()))

    def refresh(self, ids: Iterable[str] | None = None) -> None:
        """Something beside the project has changed what rows say: of those shots, or of all."""
        if ids is None:
            self._known.clear()
        for id in ids or ():
            self._known.pop(id, None)
        self._tell()

    def refresh_confidence(self, id: str) -> None:
        """More is known of how sure the match in a shot is: its row says something else, and no other."""
        shot = self._document.shot(id)
        if self._rows is not None and shot is not None:
            self._rows = [self.row(shot) if row.id == id else row for row in self._rows]
        self.changed.emit()

    def _tell(self) -> None:
        """What rows say may be something else now."""
        self._rows = None
        self.changed.emit()

    def _facts_now(self, shot: ProjectShot) -> tuple[str, float | None]:
        """They ask the disk, so they are asked for once for each version of a shot."""
        project = self._document.project
        since = (project.parameters, project.output)
        known = self._known.get(shot.id)
        if known is None or known[0] is not shot or known[1] != since:
            known = self._known[shot.id] = (shot, since, self._facts_of(project, shot))
        return known[2]

    def _follow(self, before: Project, after: Project) -> None:
        self._rows = None
        ids = {shot.id for shot in after.shots}
        selected = tuple(id for id in self._selected if id in ids)
        if selected != self._selected or self._current not in ids:
            self._selected = selected
            self._current = self._current if self._current in ids else ""
            self._choose_what_there_is()
            self.chosen.emit()
        self._tell()

    def _choose_what_there_is(self) -> None:
        shots = self._document.project.shots
        if not self._current and shots:
            self._current = self._selected[0] if self._selected else shots[0].id
            self._selected = self._selected or (self._current,)
