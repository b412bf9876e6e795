"""The render queue of a project on disk: what is to be rendered, how far it is, and who renders it.

Panels put orders into it, one process renders them (``tinct project render PROJECT --queue``); neither needs the other
to be there. Standard library alone.

``ID.tinct``: an order, the project as it was when shots were queued, with those shots alone. ``ID.states``: what
became of them, a JSON line each time; the last line of a shot counts. ``frames``: of the shot that is rendered, a line
a frame. ``held``: is there while the queue is paused. ``renderer`` has the lock of whoever renders.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import secrets
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any, NamedTuple

from tinct.runtime.errors import OutputError, ProjectError
from tinct.runtime.project.lock import ProjectLock, is_locked
from tinct.runtime.project.project import Project
from tinct.runtime.project.project_file import format_project, load_project
from tinct.runtime.project.shot import ProjectShot
from tinct.runtime.project.whole_file import write_whole

WAITING, RUNNING, PAUSED, DONE, FAILED, CANCELLED, CLEARED = (
    "waiting",
    "running",
    "paused",
    "done",
    "failed",
    "cancelled",
    "cleared",
)
OPEN = (WAITING, RUNNING, PAUSED)
ORDER, STATES = ".tinct", ".states"


class Order(NamedTuple):
    """Shots that were queued together: ``id``, by which orders are done one after the other, and the project."""

    id: str
    project: Project


class QueuedShot(NamedTuple):
    """A shot of an order and what is known of it: ``state``, ``text`` that was said, ``done`` of ``total`` frames,
    ``confidence`` (mean, 0..1), and how often in a row it was begun (``tries``)."""

    order: Order
    shot: ProjectShot
    state: str = WAITING
    text: tuple[str, ...] = ()
    done: int = 0
    total: int = 0
    confidence: float | None = None
    tries: int = 0


class FrameRow(NamedTuple):
    """A frame of the shot that is rendered: its number, ``done`` of ``total``, of which an earlier run had ``resumed``;
    seconds of this run so far, and the frame's mean confidence 0..1."""

    frame: int
    done: int
    total: int
    resumed: int
    seconds: float
    confidence: float


class FramePosition(NamedTuple):
    """How far `QueueFolder.frames` was read, and of which shot the frames are, ``begun`` when (nanoseconds)."""

    begun: int = 0
    offset: int = 0
    order: str = ""
    shot: str = ""


def queue_path(project: str | os.PathLike[str]) -> str:
    """Where the queue of the project file ``project`` lies."""
    folder, name = os.path.split(os.path.realpath(project))
    return os.path.join(folder, f".{name}.queue")


class QueueFolder:
    """The queue of a project. Any number of processes may read it and order; one at a time renders."""

    def __init__(self, project: str | os.PathLike[str]) -> None:
        """Of the project file ``project``; nothing is made before `add`."""
        self.project_path = os.path.realpath(project)
        self.path = queue_path(project)
        self._held, self._renderer = os.path.join(self.path, "held"), os.path.join(self.path, "renderer")
        self._frames = os.path.join(self.path, "frames")
        self._read: dict[str, tuple[tuple[int, int], Order]] = {}

    def add(self, project: Project, ids: Iterable[str]) -> str:
        """Order the shots of ``project`` that have these ``ids``, in place of what was ordered of them before and is
        not being rendered; the order's id.

        Raises:
            OutputError: it cannot be written.
        """
        before, is_rendered = self.shots(), self.is_rendered
        wanted = frozenset(ids)
        kept = replace(project, shots=tuple(shot for shot in project.shots if shot.id in wanted))
        order = f"{time.time_ns():020}-{secrets.token_hex(2)}"
        self._make()
        path = os.path.join(self.path, order + ORDER)
        write_whole(path, format_project(kept, path))
        for queued in before:
            if queued.shot.id in wanted and not (is_rendered and queued.state == RUNNING):
                self.tell(queued.order.id, queued.shot.id, CLEARED)
        self._remove({one.order.id for one in before} - {one.order.id for one in self.shots()})
        return order

    def shots(self) -> list[QueuedShot]:
        """All that was ordered and not cleared away, in the order in which it is rendered. Orders that cannot be read
        are left out."""
        found = []
        for order in self._orders():
            lines = self._lines(order.id)
            for shot in order.project.shots:
                queued = _state(order, shot, lines.get(shot.id, ()))
                if queued.state != CLEARED:
                    found.append(queued)
        return found

    def state_of(self, order: str, shot: str) -> str:
        """The state of a shot of an order; that of one whose order is gone is `CLEARED`."""
        if not os.path.exists(os.path.join(self.path, order + ORDER)):
            return CLEARED
        lines = self._lines(order).get(shot, ())
        return str(lines[-1]["state"]) if lines else WAITING

    def tell(self, order: str, shot: str, state: str, **facts: Any) -> None:
        """Note what became of a shot.

        Raises:
            OutputError: it cannot be written, for one because the queue was removed.
        """
        line = json.dumps({"shot": shot, "state": state, **facts}) + "\n"
        path = os.path.join(self.path, order + STATES)
        try:
            handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
            try:
                _end_line(path, handle)
                os.write(handle, line.encode("ascii"))
            finally:
                os.close(handle)
        except OSError as error:
            raise OutputError(
                f"{path} cannot be written: {error.strerror or error}. Check free space and permissions."
            ) from error

    def clear(self) -> None:
        """Let go of what has ended.

        Raises:
            OutputError: it cannot be written.
        """
        shots = self.shots()
        is_open = {queued.order.id for queued in shots if queued.state in OPEN}
        for queued in shots:
            if queued.state not in OPEN and queued.order.id in is_open:
                self.tell(queued.order.id, queued.shot.id, CLEARED)
        self._remove({order.id for order in self._orders()} - is_open)

    @property
    def is_held(self) -> bool:
        """Whether it is paused."""
        return os.path.exists(self._held)

    def hold(self, is_held: bool) -> None:
        """Pause it, or let it go on.

        Raises:
            OutputError: it cannot be written.
        """
        if is_held:
            self._make()
            write_whole(self._held, b"")
        else:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self._held)

    # Who renders

    def renderer(self) -> ProjectLock:
        """The right to render, as a context manager.

        Raises:
            ProjectInUseError: another process renders.
            OutputError: the folder cannot be written.
        """
        self._make()
        return ProjectLock(self._renderer)

    @property
    def is_rendered(self) -> bool:
        """Whether a process renders, as far as this machine can see."""
        return is_locked(self._renderer)

    def frame_log(self, order: str, shot: str) -> FrameLog:
        """Where the renderer says how far this shot is."""
        return FrameLog(self._frames, order, shot)

    def frames(self, position: FramePosition) -> tuple[list[FrameRow], FramePosition]:
        """Frames that came since ``position``, and where they end. It begins anew with each shot."""
        try:
            with open(self._frames, "rb") as file:
                head = file.readline()
                about = json.loads(head)
                if about["begun"] != position.begun:
                    begun, order, shot = int(about["begun"]), str(about["order"]), str(about["shot"])
                    position = FramePosition(begun, len(head), order, shot)
                file.seek(position.offset)
                data = file.read()
            whole = data[: data.rfind(b"\n") + 1]
        except (OSError, ValueError, TypeError, KeyError):
            return [], position
        rows = []
        for line in whole.splitlines():
            with contextlib.suppress(ValueError, TypeError):  # cut off by a full disk
                rows.append(FrameRow(*json.loads(line)))
        return rows, position._replace(offset=position.offset + len(whole))

    # Files

    def _remove(self, orders: Iterable[str]) -> None:
        """Delete what is left of orders of which nothing is wanted any more."""
        for order in orders:
            for ending in (ORDER, STATES):
                with contextlib.suppress(OSError):
                    os.unlink(os.path.join(self.path, order + ending))

    def _make(self) -> None:
        try:
            os.makedirs(self.path, exist_ok=True)
        except OSError as error:
            raise OutputError(f"{self.path} cannot be made: {error.strerror or error}. Check permissions.") from error

    def _orders(self) -> Iterator[Order]:
        try:
            names = sorted(name for name in os.listdir(self.path) if name.endswith(ORDER) and name[0] != ".")
        except OSError:
            return
        self._read = {name: known for name, known in self._read.items() if name in names}
        for name in names:
            path = os.path.join(self.path, name)
            try:
                facts = os.stat(path)
                version = (facts.st_ino, facts.st_mtime_ns)
                if name not in self._read or self._read[name][0] != version:
                    self._read[name] = (version, Order(name[: -len(ORDER)], load_project(path)))
            except (OSError, ProjectError):
                continue
            yield self._read[name][1]

    def _lines(self, order: str) -> dict[str, list[dict[str, Any]]]:
        """What was noted of an order, by shot; lines that were cut off are left out."""
        found: dict[str, list[dict[str, Any]]] = {}
        try:
            with open(os.path.join(self.path, order + STATES), "rb") as file:
                for text in file:
                    with contextlib.suppress(ValueError, TypeError, KeyError):
                        line = json.loads(text)
                        facts = {"state": str(line["state"]), "text": line.get("text") or []}
                        facts.update({name: int(line[name]) for name in ("done", "total") if name in line})
                        if line.get("confidence") is not None:
                            facts["confidence"] = float(line["confidence"])
                        found.setdefault(str(line["shot"]), []).append(facts)
        except OSError:
            pass
        return found


class FrameLog:
    """Frames of one shot, written as they are done. What cannot be written is left out: renders go on without."""

    def __init__(self, path: str, order: str, shot: str) -> None:
        self._file: io.FileIO | None = None
        temporary = path + ".new"
        with contextlib.suppress(OSError):
            self._file = io.FileIO(temporary, "w")
            head = {"order": order, "shot": shot, "begun": time.time_ns()}
            self._file.write(json.dumps(head).encode("ascii") + b"\n")
            os.replace(temporary, path)

    def add(self, row: FrameRow) -> None:
        """Another frame."""
        if self._file is not None:
            with contextlib.suppress(OSError):
                self._file.write(json.dumps(row).encode("ascii") + b"\n")

    def close(self) -> None:
        """End it."""
        if self._file is not None:
            self._file.close()


def _state(order: Order, shot: ProjectShot, lines: Iterable[dict[str, Any]]) -> QueuedShot:
    queued = QueuedShot(order, shot)
    for line in lines:
        state = line["state"]
        text = line["text"]
        queued = queued._replace(
            state=state,
            text=(*queued.text, *([text] if isinstance(text, str) else map(str, text))),
            done=line.get("done", queued.done),
            total=line.get("total", queued.total),
            confidence=line.get("confidence", queued.confidence),
            tries=queued.tries + 1 if state == RUNNING else 0,
        )
    return queued


def _end_line(path: str, handle: int) -> None:
    """Close a line that a full disk or a kill has cut off, so that it spoils no other."""
    size = os.fstat(handle).st_size
    if not size:
        return
    with open(path, "rb") as file:
        file.seek(size - 1)
        if file.read(1) != b"\n":
            os.write(handle, b"\n")
