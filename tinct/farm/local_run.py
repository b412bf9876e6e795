"""Runs a bundle on this machine: its steps in order, the tasks of each in several sessions at once."""

import os
import shlex
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import tinct
from tinct.farm.open_job import OpenedJob, open_job
from tinct.farm.session import Ended, FarmSession
from tinct.runtime.farm.exit_codes import UNKNOWN, is_retryable

PAUSE = 0.5
"""Seconds before a task that failed is tried again, doubled with each try."""
LONGEST_PAUSE = 10.0


@dataclass(frozen=True)
class TaskNews:
    """What is known of a task: ``state`` is waiting, running, again, done or failed; ``percent`` and ``words`` are its
    own."""

    step: str
    index: int
    state: str
    percent: float = 0.0
    words: str = ""
    tries: int = 0
    code: int = 0


@dataclass
class RunOutcome:
    """What a run came to: whether all is ``done``, how many tasks were tried ``again``, and the tasks that ``failed``
    for good."""

    done: bool = True
    again: int = 0
    failed: list[TaskNews] = field(default_factory=list)
    seconds: Mapping[str, float] = field(default_factory=dict)


NewsCall = Callable[[TaskNews], None]


@dataclass
class _Waiting:
    """Tasks of a step that are to be run, each with its number, its tries so far and the time before which it rests."""

    tasks: deque[tuple[Any, int, int, float]]
    running: int = 0
    lock: threading.Condition = field(default_factory=threading.Condition)
    stopped: bool = False

    def take(self) -> tuple[Any, int, int] | None:
        """The next task; None when there will be none. Waits while one that runs elsewhere may come back."""
        with self.lock:
            while not self.stopped:
                now = time.monotonic()
                ready = next((one for one in self.tasks if one[3] <= now), None)
                if ready is not None:
                    self.tasks.remove(ready)
                    self.running += 1
                    return ready[:3]
                if not self.tasks and not self.running:
                    return None
                self.lock.wait(min([0.5, *(one[3] - now for one in self.tasks)]))
            return None

    def give_back(self, task: tuple[Any, int, int, float] | None) -> None:
        """A task has ended; ``task``: it is to be tried again."""
        with self.lock:
            self.running -= 1
            if task is not None:
                self.tasks.append(task)
            self.lock.notify_all()

    def stop(self) -> None:
        """Hand out no more."""
        with self.lock:
            self.stopped = True
            self.lock.notify_all()


def run_bundle(
    folder: Path,
    *,
    sessions: int,
    news: NewsCall,
    retries: int | None = None,
    values: Mapping[str, str] | None = None,
) -> RunOutcome:
    """Run the bundle in ``folder``.

    Args:
        folder: of the bundle.
        sessions: how many tasks run at once.
        news: hears of each task; called on several threads, one at a time.
        retries: of a task that failed with a code that is worth another try; None: as the bundle says.
        values: of the bundle's parameters, in place of its own.

    Raises:
        UsageError: the bundle cannot be used, or a package is missing.
        MediaNotFoundError: there is no bundle.
    """
    opened = open_job(folder, values)
    if values is None or "Tinct" not in values:
        opened = open_job(folder, {**(values or {}), "Tinct": str(_launcher(opened.work))})
    runner = _Runner(opened, sessions, news, int(opened.value("Retries")) if retries is None else retries)
    outcome, seconds = RunOutcome(), {}
    for step in opened.job.steps:
        began = time.monotonic()
        runner.run_step(step, outcome)
        seconds[str(step.name)] = round(time.monotonic() - began, 3)
        if outcome.failed:
            outcome.done = False
            break
    outcome.seconds = seconds
    return outcome


@dataclass
class _Runner:
    opened: OpenedJob
    sessions: int
    news: NewsCall
    retries: int
    _talk: threading.Lock = field(default_factory=threading.Lock)

    def run_step(self, step: Any, outcome: RunOutcome) -> None:
        """All tasks of a step, as far as they can be done."""
        tasks = self.opened.tasks(step)
        waiting = _Waiting(deque((task, index, 0, 0.0) for index, task in enumerate(tasks, start=1)))
        for index in range(1, len(tasks) + 1):
            self._tell(TaskNews(step.name, index, "waiting"))
        current: list[FarmSession] = []
        threads = [
            threading.Thread(target=self._work, args=(step, waiting, outcome, current), name=f"session {number}")
            for number in range(min(self.sessions, len(tasks)))
        ]
        for thread in threads:
            thread.start()
        try:
            for thread in threads:
                thread.join()
        except BaseException:
            waiting.stop()
            for session in list(current):
                session.cancel()
            for thread in threads:
                thread.join()
            raise

    def _work(self, step: Any, waiting: _Waiting, outcome: RunOutcome, current: list[FarmSession]) -> None:
        """One session after the other, until no task waits."""
        taken = waiting.take()
        while taken is not None:
            log = self.opened.work / "logs" / f"session-{step.name}-{os.getpid()}-{threading.get_ident()}.log"
            with FarmSession(self.opened, step, log) as session:
                current.append(session)
                try:
                    while taken is not None:
                        self._try(session, step, taken, waiting, outcome)
                        taken = waiting.take()
                        if session.broken:
                            break
                finally:
                    current.remove(session)

    def _try(
        self, session: FarmSession, step: Any, taken: tuple[Any, int, int], waiting: _Waiting, outcome: RunOutcome
    ) -> None:
        task, index, tries = taken
        self._tell(TaskNews(step.name, index, "running", tries=tries))

        def show(percent: float, words: str) -> None:
            self._tell(TaskNews(step.name, index, "running", percent, words, tries))

        if session.broken:
            ended = Ended(False, UNKNOWN, "the session's environment could not be entered")
        else:
            ended = session.run(task, show)
        if ended.done:
            self._tell(TaskNews(step.name, index, "done", 100.0, tries=tries))
            waiting.give_back(None)
        elif is_retryable(ended.code) and tries < self.retries and not waiting.stopped:
            self._tell(TaskNews(step.name, index, "again", words=ended.message, tries=tries, code=ended.code))
            outcome.again += 1
            rest = time.monotonic() + min(LONGEST_PAUSE, PAUSE * 2**tries)
            waiting.give_back((task, index, tries + 1, rest))
        else:
            failed = TaskNews(step.name, index, "failed", words=ended.message, tries=tries, code=ended.code)
            outcome.failed.append(failed)
            self._tell(failed)
            waiting.give_back(None)

    def _tell(self, news: TaskNews) -> None:
        with self._talk:
            self.news(news)


def _launcher(work: Path) -> Path:
    """A program that runs this very Tinct, for engines that look for ``tinct`` by its path."""
    root = Path(tinct.__file__).resolve().parent.parent
    path = work / "bin" / "tinct"
    path.parent.mkdir(parents=True, exist_ok=True)
    words = f"PYTHONPATH={shlex.quote(str(root))}${{PYTHONPATH:+:$PYTHONPATH}}"
    temporary = path.with_name(f".tinct.{os.getpid()}")
    temporary.write_text(f'#!/bin/sh\nexec env {words} {shlex.quote(sys.executable)} -m tinct "$@"\n')
    temporary.chmod(0o755)
    temporary.replace(path)
    return path
