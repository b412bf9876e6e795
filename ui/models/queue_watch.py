"""The thread that reads and writes the queue on disk for a panel, and what it sees there."""

from __future__ import annotations

import hashlib
import os
import subprocess
import threading
from typing import Any, Callable, NamedTuple

from tinct.plugin.client import ClientError
from tinct.runtime.errors import TinctError
from tinct.runtime.project.queue_folder import (
    DONE,
    OPEN,
    PAUSED,
    RUNNING,
    WAITING,
    FramePosition,
    FrameRow,
    QueuedShot,
    QueueFolder,
)
from tinct.ui.lane import Post
from tinct.ui.models.processes import Processes

QueueCall = Callable[[QueueFolder], Any]
LOOK_EVERY, LOOK_SELDOM = 0.25, 2.0
"""Seconds from one look at the disk to the next, while something is open and while nothing is."""
MOST_DEATHS = 3
"""After so many renderers in a row that were killed before they did anything, none is started."""


class Task(NamedTuple):
    """A shot to render. ``done`` of ``total`` frames; ``seconds`` left as far as is known; ``log``: what was said;
    ``order``: with which it was queued, empty until that is on disk."""

    shot: str
    name: str
    state: str = WAITING
    done: int = 0
    total: int = 0
    seconds_left: float | None = None
    confidence: float | None = None
    output: str = ""
    log: tuple[str, ...] = ()
    order: str = ""

    @property
    def share(self) -> float:
        """How much is done, 0..1."""
        return self.done / self.total if self.total else float(self.state == DONE)


class QueueSeen(NamedTuple):
    """What a look at the disk found. ``tasks``: the newest of each shot, those that are rendered first first."""

    tasks: list[Task]
    is_held: bool
    frames: list[FrameRow]
    of: QueuedShot | None


class QueueWatch:
    """The thread that reads and writes a queue, and sees to it that somebody renders what waits."""

    def __init__(
        self,
        queue: QueueFolder,
        post: Post,
        processes: Processes,
        show: Callable[[QueueWatch, QueueSeen, int], None],
        complain: Callable[[str], None],
    ):
        self._queue, self._post, self._processes, self._show, self._complain = queue, post, processes, show, complain
        self._wake = threading.Condition()
        self._work: list[QueueCall] = []
        self.asked = self._done = 0
        """How often something was asked for, and how much of that is on disk."""
        self._closed = False
        self._renderer: subprocess.Popen[bytes] | None = None
        self._is_stuck = False
        self._position = FramePosition()
        self._began_at = self._position
        self._deaths = 0
        self._last: FrameRow | None = None
        self._thread = threading.Thread(target=self._run, name="tinct queue", daemon=True)
        self._thread.start()

    def do(self, work: QueueCall) -> None:
        """Have ``work`` done, in order; the renderer is tried again."""
        with self._wake:
            self._work.append(work)
            self.asked += 1
            self._wake.notify()

    def close(self, seconds: float = 10.0) -> None:
        """End after what was asked for."""
        with self._wake:
            self._closed = True
            self._wake.notify()
        self._thread.join(seconds)

    def _run(self) -> None:
        pause = 0.0
        while True:
            with self._wake:
                if not self._work and not self._closed:
                    self._wake.wait(pause)
                work, self._work = self._work, []
                closed = self._closed
            for one in work:
                self._try(one)
            seen = self._look()
            is_open = any(task.state in OPEN for task in seen.tasks)
            if is_open and not seen.is_held:
                self._see_to_renderer()
            self._post(lambda seen=seen, done=self._done: self._show(self, seen, done))  # type: ignore[misc]
            if closed:
                return
            pause = LOOK_EVERY if is_open else LOOK_SELDOM

    def _try(self, work: QueueCall) -> None:
        self._is_stuck, self._deaths = False, 0
        try:
            work(self._queue)
        except TinctError as error:
            self._say(f"The queue cannot be changed: {error}")
        finally:
            self._done += 1

    def _say(self, text: str) -> None:
        self._post(lambda: self._complain(text))

    def _look(self) -> QueueSeen:
        is_rendered, is_held = self._queue.is_rendered, self._queue.is_held
        shots = self._queue.shots()
        rows, position = self._queue.frames(self._position)
        if position.begun != self._position.begun:
            self._last = None
        self._position = position
        self._last = rows[-1] if rows else self._last
        of = next((one for one in shots if (one.order.id, one.shot.id) == position[2:]), None)
        tasks: dict[str, Task] = {}
        for queued in shots:
            task = _task(queued, is_rendered, is_held)
            if of is queued and task.state == RUNNING and self._last is not None:
                task = _with_frame(task, self._last)
            tasks.pop(task.shot, None)
            tasks[task.shot] = task
        return QueueSeen(list(tasks.values()), is_held, rows, of)

    def _see_to_renderer(self) -> None:
        """Start a renderer where there is none. After one that has failed none is started before somebody does
        something, for it would fail again; one that was killed is."""
        if self._is_stuck or self._queue.is_rendered:
            return
        if self._renderer is not None:
            code = self._renderer.poll()
            if code is None:
                return
            self._renderer = None
            self._deaths = self._deaths + 1 if code < 0 and self._position == self._began_at else 0
            if code > 0 or self._deaths >= MOST_DEATHS:
                self._stick(f"Rendering has stopped: {self._processes.last_words(self._log)}")
                return
        self._began_at = self._position
        try:
            arguments = ["project", "render", self._queue.project_path, "--queue"]
            self._renderer = self._processes.start(arguments, self._log)
        except (ClientError, OSError) as error:
            self._stick(f"Rendering cannot begin: {error}")

    def _stick(self, text: str) -> None:
        self._is_stuck = True
        self._say(f"{text.rstrip('.')}. Queue a shot to try again.")

    @property
    def _log(self) -> str:
        name = hashlib.sha256(os.fsencode(self._queue.project_path)).hexdigest()[:16]
        return self._processes.log_path(f"queue-{name}.log")


def _task(queued: QueuedShot, is_rendered: bool, is_held: bool) -> Task:
    """What a panel shows of a shot of an order."""
    shot, state = queued.shot, queued.state
    if state == RUNNING and not is_rendered:
        state = WAITING  # whoever rendered it is gone
    if state in (WAITING, PAUSED):
        state = PAUSED if is_held and (queued.tries or queued.done or state == PAUSED) else WAITING
    facts: dict[str, Any] = {"done": queued.done, "total": queued.total, "confidence": queued.confidence}
    output = queued.order.project.output.place(shot.name)
    return Task(shot.id, shot.name, state, output=output, log=queued.text, order=queued.order.id, **facts)


def _with_frame(task: Task, row: FrameRow) -> Task:
    new = row.done - row.resumed
    left = (row.total - row.done) * row.seconds / new if new > 0 else None
    return task._replace(done=row.done, total=row.total, seconds_left=left, confidence=row.confidence)
