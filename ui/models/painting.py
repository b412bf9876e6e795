"""A frame is given to a painting program, and comes back as a still as often as it is saved there."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterator
from typing import Any, NamedTuple

from tinct.runtime.project import ProjectStill, shot_name
from tinct.ui.lane import Lane, Stale
from tinct.ui.models.document import Document
from tinct.ui.models.frames import Frames, SeenFrame
from tinct.ui.models.messages import Messages
from tinct.ui.models.shot_list import ShotList
from tinct.ui.models.thumbnails import Thumbnails
from tinct.ui.models.viewer import Viewer
from tinct.ui.png import write_png
from tinct.ui.signal import Signal

ABOUT = "painting"
FULL = 4096
"""Longest side of what is given away, in pixels."""


class Painted(NamedTuple):
    """A picture that was given away: its file, the shot's id, its frame, and the file's facts when it was last seen."""

    path: str
    shot: str
    frame: int
    facts: tuple[Any, ...]


class Painting:
    """``changed``: a picture was given away or has come back."""

    def __init__(
        self,
        document: Document,
        shots: ShotList,
        viewer: Viewer,
        frames: Frames,
        thumbnails: Thumbnails,
        messages: Messages,
        disk: Lane,
    ):
        """Of the frame in ``viewer``; files are written in the lane ``disk``."""
        self.changed = Signal()
        self._document, self._shots, self._viewer, self._frames = document, shots, viewer, frames
        self._thumbnails, self._messages, self._disk = thumbnails, messages, disk
        self._away: list[Painted] = []

    @property
    def away(self) -> list[Painted]:
        """Pictures that are watched."""
        return list(self._away)

    def suggested_path(self) -> str:
        """Where the frame could go: beside the project's file, else into the output folder."""
        shot = self._shots.current
        path = self._document.path
        folder = self._document.project.output.folder if path is None else os.path.dirname(path)
        name = "frame" if shot is None else shot_name(f"{shot.name}.{self._viewer.frame}")
        return os.path.join(folder, "painted", name + ".png")

    def give(self, path: str) -> None:
        """Write the frame as it is coloured now (the plate's where it is not) to ``path``, and watch that file."""
        variant, shot = self._viewer.variant, self._shots.current
        if variant is None or shot is None:
            return
        frame, id = self._viewer.frame, shot.id

        def write(seen: SeenFrame) -> None:
            if not seen.preview:
                picture = seen.pictures.get("view", seen.pictures["plate_view"])
                self._disk.ask(("paint", path), work(picture), taken, self._fail)

        def work(picture: Any) -> Any:
            def steps(stale: Stale) -> Iterator[tuple[Any, ...]]:
                os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
                write_png(path, picture)
                yield _facts(path)

            return steps

        def taken(facts: tuple[Any, ...]) -> None:
            self._away = [one for one in self._away if one.path != path]
            self._away.append(Painted(path, id, frame, facts))
            self._messages.settle(ABOUT)
            self._messages.note(
                f"Frame {frame} lies at {path}. Paint it and save: it comes back as a still of that frame.", ABOUT
            )
            self.changed.emit()

        self._frames.ask(variant, frame, write, self._fail, size=FULL)

    def look(self) -> None:
        """Take back what was saved since the last look."""
        for one in self._away:
            facts = _facts(one.path)
            if facts != one.facts and facts[0] is not None:
                self._away = [done._replace(facts=facts) if done is one else done for done in self._away]
                self._take_back(one)

    def _take_back(self, painted: Painted) -> None:
        self._thumbnails.forget(painted.path)
        shot = self._document.shot(painted.shot)
        if shot is None:
            return
        if all(still.path != painted.path for still in shot.stills):
            frame = None if painted.frame <= shot.first or not shot.stills else painted.frame
            still = ProjectStill(path=painted.path, frame=frame)
            self._document.edit_shots(
                "Take painted frame", [shot.id], lambda one: dataclasses.replace(one, stills=(*one.stills, still))
            )
        self._viewer.look_at_files()
        self._messages.note(f"{os.path.basename(painted.path)} has come back as a still.", ABOUT)
        self.changed.emit()

    def _fail(self, error: Exception) -> None:
        self._messages.problem(f"The frame cannot be given away: {error}", ABOUT)


def _facts(path: str) -> tuple[Any, ...]:
    try:
        facts = os.stat(path)
    except OSError:
        return (None, None)
    return (facts.st_size, facts.st_mtime_ns)
