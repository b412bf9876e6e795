"""The stills of the current shot: which are in force where, and what is wrong with them."""

from __future__ import annotations

import dataclasses
import math
import os
from collections.abc import Iterable
from typing import NamedTuple

from tinct.runtime.project import ProjectShot, ProjectStill
from tinct.ui.models.document import Document
from tinct.ui.models.messages import Messages
from tinct.ui.models.shot_list import ShotList
from tinct.ui.signal import Signal

PICTURES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".dpx", ".exr")
ABOUT = "stills"


class StillInUse(NamedTuple):
    """A still of the shot: its place in the shot's tuple, and the frames that it is in force for (``first`` after
    ``last`` where others always take its place)."""

    place: int
    still: ProjectStill
    first: int
    last: int


class Stills:
    """``changed``: other stills in use, another one chosen, or something is wrong with one."""

    def __init__(self, document: Document, shots: ShotList, messages: Messages):
        """Of the current shot of ``shots``."""
        self.changed = Signal()
        self._document, self._shots, self._messages = document, shots, messages
        self._index = 0
        self._new: set[str] = set()
        self._problems: dict[str, str] = {}
        document.changed.connect(lambda before, after: self.changed.emit())
        shots.chosen.connect(self._another_shot)

    def in_use(self) -> list[StillInUse]:
        """The current shot's stills in the order in which they come into force."""
        shot = self._shots.current
        return [] if shot is None else spans(shot)

    @property
    def index(self) -> int:
        """Place of the chosen still in the shot's tuple."""
        return self._index

    @property
    def chosen(self) -> ProjectStill | None:
        """The still that the next action is about."""
        shot = self._shots.current
        if shot is None or not shot.stills:
            return None
        return shot.stills[min(self._index, len(shot.stills) - 1)]

    def choose(self, index: int) -> None:
        """Choose the still at a place of the shot's tuple."""
        if index != self._index:
            self._index = index
            self.changed.emit()

    def add(self, paths: Iterable[str], frame: int | None = None) -> list[str]:
        """Put pictures in force in the current shot from ``frame`` on (None: its start); those that were taken.

        What is no picture is said to be none and left out; whether one is grey shows when the worker has read it.
        """
        shot = self._shots.current
        if shot is None:
            self._messages.problem("There is no shot to give a still to; open a clip first.", ABOUT)
            return []
        self._messages.settle(ABOUT)
        taken = []
        for path in paths:
            if not path.lower().endswith(PICTURES):
                self._messages.problem(
                    "{} is no picture that can be a still; use {}.".format(
                        os.path.basename(path), ", ".join(one[1:].upper() for one in PICTURES)
                    ),
                    ABOUT,
                )
            elif not os.path.isfile(path):
                self._messages.problem(f"There is no file {path}.", ABOUT)
            else:
                taken.append(os.path.abspath(path))
                self._problems.pop(os.path.abspath(path), None)
        if taken:
            start = None if frame is None or frame <= shot.first else frame
            new = tuple(ProjectStill(path=path, frame=start) for path in taken)
            self._new = set(taken)
            self._change("Add still", lambda stills: stills + new)
            self._index = len(shot.stills) + len(new) - 1
            self.changed.emit()
        return taken

    def replace(self, path: str) -> None:
        """Another picture in place of the chosen still, in force for the same frames."""
        index = self._index
        if self.chosen is None:
            self.add([path])
            return
        self._change_one("Replace still", index, path=os.path.abspath(path), crop=None, turn=0)

    def remove(self, index: int | None = None) -> None:
        """Take a still out of the shot; None: the chosen one."""
        at = self._index if index is None else index
        self._change("Remove still", lambda stills: stills[:at] + stills[at + 1 :])
        self._index = max(0, at - 1)
        self.changed.emit()

    def move(self, index: int, frame: int | None) -> None:
        """Let a still come into force at another frame of the shot; at its first one, or before, from the start."""
        shot = self._shots.current
        if shot is None:
            return
        start = None if frame is None or frame <= shot.first else min(frame, shot.last)
        self._change_one("Move still", index, merge=("move", shot.id, index), frame=start)

    def weigh(self, index: int, weight: float) -> None:
        """Let a still count more or less beside those in force with it."""
        self._change_one("Weigh still", index, merge=("weigh", index), weight=max(0.01, float(weight)))

    def turn(self, index: int, by: int = 90) -> None:
        """Turn a still clockwise by so many degrees; its crop goes with it."""
        shot = self._shots.current
        if shot is not None and index < len(shot.stills):
            still = shot.stills[index]
            self._change_one("Turn still", index, turn=(still.turn + by) % 360)

    def crop(self, index: int, crop: tuple[float, float, float, float] | None) -> None:
        """Use a part of a still alone: left, top, right, bottom as shares of it before it is turned; None: all."""
        if crop is not None:
            left, top, right, bottom = (min(max(float(value), 0.0), 1.0) for value in crop)
            if right - left < 0.02 or bottom - top < 0.02:
                return
            crop = (left, top, right, bottom)
        self._change_one("Crop still", index, crop=crop)

    def refuse(self, error: Exception) -> None:
        """A frame could not be made because of a still: one that was just put in force is taken out again, with the
        reason; one that was good before stays, marked."""
        shot = self._shots.current
        if shot is None or getattr(error, "kind", "") not in ("StillError", "MediaNotFoundError"):
            return
        text = str(error)
        for still in shot.stills:
            if still.path in text:
                if still.path in self._new:
                    self._messages.settle("viewer")
                    self._change(
                        "Refuse still", lambda stills, bad=still: tuple(one for one in stills if one is not bad)
                    )
                self._problems[still.path] = text
                self._messages.problem(text, ABOUT)
        self.changed.emit()

    def problem(self, path: str) -> str:
        """What is wrong with the still of that file; empty where nothing is known."""
        return self._problems.get(path, "")

    def look_at_files(self) -> None:
        """Whether the stills of the shot are all there."""
        shot = self._shots.current
        found = {}
        for still in () if shot is None else shot.stills:
            if not os.path.isfile(still.path):
                found[still.path] = f"The still {still.path} is gone; put it back, or replace or remove it."
            elif still.path in self._problems and not self._problems[still.path].endswith("or remove it."):
                found[still.path] = self._problems[still.path]
        if found != self._problems:
            self._problems = found
            if found:
                self._messages.problem(next(iter(found.values())), ABOUT)
            else:
                self._messages.settle(ABOUT)
            self.changed.emit()

    def _another_shot(self) -> None:
        self._index = 0
        self.changed.emit()

    def _change(self, label: str, change) -> None:  # type: ignore[no-untyped-def]
        shot = self._shots.current
        if shot is not None:
            self._document.edit_shots(label, [shot.id], lambda one: dataclasses.replace(one, stills=change(one.stills)))

    def _change_one(self, label: str, index: int, merge: object = None, **fields: object) -> None:
        shot = self._shots.current
        if shot is None or not 0 <= index < len(shot.stills):
            return
        stills = list(shot.stills)
        stills[index] = dataclasses.replace(stills[index], **fields)  # type: ignore[arg-type]
        self._document.edit_shots(
            label, [shot.id], lambda one: dataclasses.replace(one, stills=tuple(stills)), merge=merge
        )


def spans(shot: ProjectShot) -> list[StillInUse]:
    """The stills of a shot with the frames that each is in force for: sets give way to the next set."""
    first = max((start for start in map(_start, shot.stills) if start <= shot.first), default=-math.inf)
    starts = sorted({int(max(start, shot.first)) for start in map(_start, shot.stills) if start >= first})
    ends = {start: next_start - 1 for start, next_start in zip(starts, starts[1:])}
    used = []
    for place, still in enumerate(shot.stills):
        start = int(max(_start(still), shot.first))
        is_replaced = _start(still) < first  # others have taken its place before the shot begins
        used.append(StillInUse(place, still, start, start - 1 if is_replaced else ends.get(start, shot.last)))
    return sorted(used, key=lambda one: (one.first, one.place))


def _start(still: ProjectStill) -> float:
    return -math.inf if still.frame is None else still.frame
