"""The render queue: shots that a process of its own renders one after the other, whether the panel is open or not."""

from __future__ import annotations

import hashlib
import os
import subprocess
import threading
from collections.abc import Sequence
from typing import Any, Callable, NamedTuple

from tinct.plugin.client import ClientError
from tinct.runtime.errors import TinctError
from tinct.runtime.project import Project
from tinct.runtime.project.queue_folder import (
    CANCELLED,
    DONE,
    FAILED,
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
from tinct.ui.models.document import Document
from tinct.ui.models.messages import Messages
from tinct.ui.models.processes import Processes
from tinct.ui.signal import Signal

QueueCall = Callable[[QueueFolder], Any]
ABOUT = "queue"
LOOK_EVERY, LOOK_SELDOM = 0.25, 2.0
"""Seconds from one look at the disk to the next, while something is open and while nothing is."""


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


class _Seen(NamedTuple):
    """What a look at the disk found. ``tasks``: the newest of each shot, those that are rendered first first."""

    tasks: list[Task]
    is_held: bool
    frames: list[FrameRow]
    of: QueuedShot | None


class RenderQueue:
    """``changed``: tasks; ``rendered``: the shot of that id has another result; ``progressed``: a frame was rendered:
    project, shot's id, frame, confidence.

    It lies on disk beside the project (`QueueFolder`) and is read and written by a thread, so that the UI thread never
    waits for a disk. What was queued is rendered as it was then; changes since want another `add`.
    """

    def __init__(self, document: Document, messages: Messages, post: Post, processes: Processes):
        """The queue of ``document``, once that has a file; ``post`` as in `Lane`."""
        self.changed, self.rendered, self.progressed = Signal(), Signal(), Signal()
        self._document, self._messages, self._post, self._processes = document, messages, post, processes
        self._tasks: list[Task] = []
        self.is_held = False
        self._path: str | None = None
        self._watch: _Watch | None = None
        document.changed.connect(self._follow)

    @property
    def tasks(self) -> list[Task]:
        """All tasks in their order."""
        return list(self._tasks)

    @property
    def running(self) -> Task | None:
        """The one that is under way."""
        return next((task for task in self._tasks if task.state == RUNNING), None)

    @property
    def has_place(self) -> bool:
        """Whether there is a project file for it to lie beside."""
        return self._document.path is not None

    def task(self, shot: str) -> Task | None:
        """The task of a shot."""
        return next((task for task in self._tasks if task.shot == shot), None)

    def add(self, ids: Sequence[str]) -> None:
        """Queue shots as they are now, in place of what waits of them. Those without a still are left out, and those
        that are under way."""
        if self._watch is None:
            self._messages.problem("Save the project first: the queue lies beside it.", ABOUT)
            return
        self._refuse([shot.name for shot in map(self._document.shot, ids) if shot is not None and not shot.stills])
        wanted = []
        for id in ids:
            shot, task = self._document.shot(id), self.task(id)
            if shot is not None and shot.stills:
                if task is not None and task.state == RUNNING:
                    self._messages.note(f"{shot.name} is being rendered as it was queued; cancel that first.", ABOUT)
                else:
                    wanted.append(shot)
        if not wanted:
            return
        project, shots = self._document.project, [shot.id for shot in wanted]
        kept = [task for task in self._tasks if task.shot not in shots]
        self._tasks = kept + [Task(shot.id, shot.name, output=project.output.place(shot.name)) for shot in wanted]
        self._do(lambda queue: queue.add(project, shots))

    def pause(self) -> None:
        """Stop after the frame that is under way; what is done is kept."""
        self.is_held = True
        self._do(lambda queue: queue.hold(True))

    def resume(self) -> None:
        """Go on with what waits."""
        self.is_held = False
        self._do(lambda queue: queue.hold(False))

    def cancel(self, shot: str) -> None:
        """Take a shot out of the line; frames that were done are kept for `add`."""
        task = self.task(shot)
        if task is None or task.state not in OPEN:
            return
        self._tasks = [one._replace(state=CANCELLED) if one.shot == shot else one for one in self._tasks]

        def work(queue: QueueFolder) -> None:
            for queued in queue.shots():
                if queued.shot.id == shot and queued.state in OPEN:
                    queue.tell(queued.order.id, shot, CANCELLED, text="cancelled; what was done is kept")

        self._do(work)

    def remove_finished(self) -> None:
        """Show open tasks alone."""
        self._tasks = [task for task in self._tasks if task.state in OPEN]
        self._do(lambda queue: queue.clear())

    def close(self) -> None:
        """Look no more. What is queued goes on being rendered."""
        if self._watch is not None:
            self._watch.close()
            self._watch = None

    # What the disk says

    def _follow(self, before: Project, after: Project) -> None:
        """Another file, another queue."""
        if self._document.path == self._path:
            return
        self.close()
        self._path, self._tasks, self.is_held = self._document.path, [], False
        if self._path is not None:
            self._watch = _Watch(QueueFolder(self._path), self._post, self._processes, self._show, self._complain)
        self.changed.emit()

    def _do(self, work: QueueCall) -> None:
        if self._watch is not None:
            self._watch.do(work)
        self.changed.emit()

    def _show(self, watch: _Watch, seen: _Seen, done: int) -> None:
        if watch is not self._watch:
            return
        if seen.of is not None:
            for row in seen.frames:
                self.progressed.emit(seen.of.order.project, seen.of.shot.id, row.frame, row.confidence)
        if done != watch.asked or (seen.tasks == self._tasks and seen.is_held == self.is_held):
            return
        before = {task.shot: (task.order, task.state) for task in self._tasks}
        self._tasks, self.is_held = seen.tasks, seen.is_held
        self.changed.emit()
        for task in seen.tasks:
            if task.state in (DONE, FAILED) and before.get(task.shot) != (task.order, task.state):
                self.rendered.emit(task.shot)

    def _complain(self, text: str) -> None:
        if text:
            self._messages.problem(text, ABOUT)
        else:
            self._messages.settle(ABOUT)

    def _refuse(self, without: Sequence[str]) -> None:
        """Say which shots cannot be rendered."""
        self._messages.settle(ABOUT)
        if without:
            some = ", ".join(without[:3]) + (", …" if len(without) > 3 else "")
            verb = "has" if len(without) == 1 else "have"
            self._messages.problem(
                f"{some} {verb} no still and cannot be rendered; give one that shows the colours.", ABOUT
            )


class _Watch:
    """The thread that reads and writes a queue, and sees to it that somebody renders what waits."""

    def __init__(
        self,
        queue: QueueFolder,
        post: Post,
        processes: Processes,
        show: Callable[[_Watch, _Seen, int], None],
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
        self._is_stuck = False
        try:
            work(self._queue)
        except TinctError as error:
            self._say(f"The queue cannot be changed: {error}")
        finally:
            self._done += 1

    def _say(self, text: str) -> None:
        self._post(lambda: self._complain(text))

    def _look(self) -> _Seen:
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
        return _Seen(list(tasks.values()), is_held, rows, of)

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
            if code > 0:
                self._stick(f"Rendering has stopped: {self._processes.last_words(self._log)}")
                return
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


__all__ = ["CANCELLED", "DONE", "FAILED", "OPEN", "PAUSED", "RUNNING", "WAITING", "RenderQueue", "Task"]
