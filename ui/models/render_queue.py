"""The render queue: shots that the worker colours one after the other, which can wait, stop and go on."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Sequence
from typing import Any, NamedTuple

from tinct.plugin.client import Cancelled, ClientError, ColorizeProgress
from tinct.runtime.errors import TinctError
from tinct.runtime.project import Project, read_record, shot_key, shot_request, write_record
from tinct.runtime.project.render_record import is_own_result
from tinct.ui.lane import Post
from tinct.ui.models.connection import Connect
from tinct.ui.models.document import Document
from tinct.ui.models.messages import Messages
from tinct.ui.signal import Signal

WAITING, RUNNING, PAUSED, DONE, FAILED, CANCELLED = STATES = (
    "waiting",
    "running",
    "paused",
    "done",
    "failed",
    "cancelled",
)
OPEN = (WAITING, RUNNING, PAUSED)
ABOUT = "queue"
SILENCE = 600.0
"""Seconds without a sign of life after which a run counts as dead; encoding many stills can take minutes."""


class Task(NamedTuple):
    """A shot to render. ``done`` of ``total`` frames; ``seconds`` left as far as is known; ``log``: what was said."""

    shot: str
    name: str
    state: str = WAITING
    done: int = 0
    total: int = 0
    seconds_left: float | None = None
    confidence: float | None = None
    output: str = ""
    log: tuple[str, ...] = ()
    resumes: bool = False

    @property
    def share(self) -> float:
        """How much is done, 0..1."""
        return self.done / self.total if self.total else float(self.state == DONE)


class RenderQueue:
    """``changed``: a task, or all of them (no argument); ``rendered``: the shot of that id has another result."""

    def __init__(self, document: Document, messages: Messages, post: Post, connect: Connect):
        """Render shots of ``document`` with the client that ``connect`` gives for runs; ``post`` as in `Lane`."""
        self.changed, self.rendered, self.progressed = Signal(), Signal(), Signal()
        self._document, self._messages, self._post, self._connect = document, messages, post, connect
        self._tasks: list[Task] = []
        self._thread: threading.Thread | None = None
        self._stop = ""
        self.is_held = False

    @property
    def tasks(self) -> list[Task]:
        """All tasks in their order."""
        return list(self._tasks)

    @property
    def running(self) -> Task | None:
        """The one that is under way."""
        return next((task for task in self._tasks if task.state == RUNNING), None)

    def task(self, shot: str) -> Task | None:
        """The task of a shot."""
        return next((task for task in self._tasks if task.shot == shot), None)

    def add(self, ids: Sequence[str]) -> None:
        """Queue shots; one that has an open task keeps it, one that was done is done again. Those without a still are
        left out."""
        without = [shot.name for shot in map(self._document.shot, ids) if shot is not None and not shot.stills]
        if without:
            some = ", ".join(without[:3]) + (", …" if len(without) > 3 else "")
            verb = "has" if len(without) == 1 else "have"
            self._messages.problem(
                f"{some} {verb} no still and cannot be rendered; give one that shows the colours.", ABOUT
            )
        else:
            self._messages.settle(ABOUT)
        for id in ids:
            shot, task = self._document.shot(id), self.task(id)
            if shot is None or not shot.stills or (task is not None and task.state in OPEN):
                continue
            self._tasks = [one for one in self._tasks if one.shot != id]
            self._tasks.append(Task(id, shot.name, output=self._document.project.output.place(shot.name)))
        self._tell()
        self._go_on()

    def pause(self) -> None:
        """Stop after the frame that is under way; what is done is kept."""
        self.is_held = True
        self._stop = PAUSED
        self._tell()

    def resume(self) -> None:
        """Go on with what was paused, cancelled or failed, and with what waits."""
        self.is_held = False
        self._stop = ""
        for task in self._tasks:
            if task.state == PAUSED:
                self._set(task.shot, state=WAITING, resumes=True)
        self._tell()
        self._go_on()

    def cancel(self, shot: str) -> None:
        """Take a shot out of the line; frames that were done are kept for `add`."""
        task = self.task(shot)
        if task is None:
            return
        if task.state == RUNNING:
            self._stop = CANCELLED
        elif task.state in OPEN:
            self._set(shot, state=CANCELLED)
            self._tell()

    def remove_finished(self) -> None:
        """Show open tasks alone."""
        self._tasks = [task for task in self._tasks if task.state in OPEN]
        self._tell()

    def close(self, seconds: float = 20.0) -> None:
        """Stop what runs; it is paused, and goes on when the project is opened again."""
        self.is_held, self._stop = True, PAUSED
        thread = self._thread
        if thread is not None:
            thread.join(seconds)
        self._tasks = [
            task._replace(state=PAUSED, resumes=True) if task.state == RUNNING else task for task in self._tasks
        ]
        self.save()

    # Over the end of the panel

    def save(self) -> None:
        """Keep what is open beside the project's file, where there is one."""
        path = self._path
        if path is None:
            return
        rows = [[task.shot, task.resumes or task.state != WAITING] for task in self._tasks if task.state in OPEN]
        try:
            if not rows:
                if os.path.exists(path):
                    os.unlink(path)
                return
            with open(path + ".new", "w", encoding="utf-8") as file:
                json.dump({"held": self.is_held, "open": rows}, file)
            os.replace(path + ".new", path)
        except OSError:
            return  # a full disk must not stop renders; what is open is then not known after a restart

    def load(self) -> None:
        """Take up what an earlier panel left open; it waits for `resume`."""
        path = self._path
        if path is None:
            return
        try:
            with open(path, encoding="utf-8") as file:
                rows = [(str(id), bool(resumes)) for id, resumes in json.load(file)["open"]]
        except (OSError, ValueError, TypeError, KeyError):
            return
        for id, resumes in rows:
            shot = self._document.shot(id)
            if shot is not None and self.task(id) is None:
                output = self._document.project.output.place(shot.name)
                log = ("left open when the panel was closed",)
                self._tasks.append(Task(id, shot.name, PAUSED, output=output, log=log, resumes=resumes))
        self.is_held = bool(self._tasks)
        self._tell(keep=False)

    @property
    def _path(self) -> str | None:
        if self._document.path is None:
            return None
        folder, name = os.path.split(os.path.abspath(self._document.path))
        return os.path.join(folder, f".{name}.queue")

    # The work

    def _go_on(self) -> None:
        """Begin with the next task, unless one is under way."""
        if self.is_held or self._thread is not None:
            return
        task = next((one for one in self._tasks if one.state == WAITING), None)
        if task is None:
            return
        project, shot = self._document.project, self._document.shot(task.shot)
        if shot is None:
            self._set(task.shot, state=FAILED, log=(*task.log, "the shot is no longer in the project"))
            self._tell()
            self._go_on()
            return
        self._stop = ""
        self._set(task.shot, state=RUNNING, done=0, total=0, seconds_left=None)
        self._thread = threading.Thread(
            target=self._run, args=(project, task.shot, task.resumes), name="tinct runs", daemon=True
        )
        self._thread.start()
        self._tell()

    def _run(self, project: Project, id: str, resumes: bool) -> None:
        shot = project.shot(id)
        try:
            key = shot_key(project, shot)
            os.makedirs(os.path.dirname(project.output.place(shot.name)), exist_ok=True)
            overwrite = is_own_result(project, shot, read_record(project, shot))
            request = shot_request(project, shot, overwrite=overwrite, resume=resumes)
            report = self._connect("runs").colorize(
                request,
                progress=lambda one: self._post(lambda: self._show(project, id, one)),
                cancelled=lambda: bool(self._stop),
                timeout=SILENCE,
            )
            write_record(project, shot, key, report)
            self._post(lambda: self._end(id, DONE, _summary(report), report))
        except Cancelled:
            self._post(lambda: self._end(id, self._stop or CANCELLED, "stopped; what was done is kept", None))
        except (ClientError, TinctError, OSError) as error:
            text = str(error)
            self._keep_failure(project, id, text)
            self._post(lambda: self._end(id, FAILED, text, None))

    def _keep_failure(self, project: Project, id: str, text: str) -> None:
        shot = project.shot(id)
        try:
            write_record(project, shot, shot_key(project, shot), None, text)
        except TinctError:
            return  # where the result cannot be written, neither can its record

    def _show(self, project: Project, id: str, progress: ColorizeProgress) -> None:
        new = progress.done - progress.resumed
        left = (progress.total - progress.done) * progress.seconds / new if new > 0 else None
        self._set(id, done=progress.done, total=progress.total, seconds_left=left, confidence=progress.confidence)
        self.progressed.emit(project, id, progress.frame, progress.confidence)
        self.changed.emit()

    def _end(self, id: str, state: str, text: str, report: dict[str, Any] | None) -> None:
        self._thread = None
        task = self.task(id)
        if task is not None:
            facts: dict[str, Any] = {"state": state, "log": (*task.log, text), "seconds_left": None}
            if report is not None:
                facts.update(done=report["frames"], total=report["frames"], confidence=report["confidence"])
                facts["log"] = (*task.log, text, *report.get("warnings", ()))
            self._set(id, resumes=state in (PAUSED, CANCELLED), **facts)
        self._tell()
        self.rendered.emit(id)
        self._go_on()

    def _set(self, id: str, **fields: Any) -> None:
        self._tasks = [task._replace(**fields) if task.shot == id else task for task in self._tasks]

    def _tell(self, keep: bool = True) -> None:
        if keep:
            self.save()
        self.changed.emit()


def _summary(report: dict[str, Any]) -> str:
    return "{} frames in {:.1f} s with {} on {}, mean confidence {:.2f}".format(
        report["frames"], report["seconds"], report["model"], report["backend"], report["confidence"]
    )
