"""A colouring under way: in a thread of its own in interactive sessions, in the caller's in others.

What is of Nuke happens in the main thread; the thread has its progress bar (`nuke.ProgressTask`, which Nuke lets
threads have) and nothing else.
"""

from __future__ import annotations

import threading
import traceback
from typing import Callable

import nuke

from tinct.plugin.client import Cancelled, Client, ClientError
from tinct.plugin.nuke.colouring import Colouring, Outcome, colour
from tinct.plugin.nuke.node import NodeDamaged
from tinct.plugin.nuke.source import SourceRefused
from tinct.plugin.params import ParameterError

_running: list[Job] = []


class Job:
    """A colouring for ``node``; ``ended`` gets the outcome, or the error, in the main thread."""

    def __init__(
        self, node: nuke.Node, title: str, colouring: Colouring, ended: Callable[[Outcome | Exception], None]
    ) -> None:
        self.node = node
        self._title = title
        self._colouring = colouring
        self._ended = ended
        self._cancelled = threading.Event()

    def start(self) -> None:
        """Work in a thread, and be in the list of those under way meanwhile; call in the main thread."""
        _running.append(self)
        threading.Thread(target=self._in_thread, name=self._title).start()

    def cancel(self) -> None:
        """Stop soon; what is done is kept."""
        self._cancelled.set()

    def _in_thread(self) -> None:
        outcome: Outcome | Exception
        try:
            outcome = colour_with_progress(self._title, self._colouring, self._cancelled.is_set)
        except Exception as error:
            outcome = error
        nuke.executeInMainThread(self._finish, args=(outcome,))

    def _finish(self, outcome: Outcome | Exception) -> None:
        _running.remove(self)
        try:
            self.node.name()
        except ValueError:  # how Nuke says that the node was deleted meanwhile
            return
        self._ended(outcome)


def job_of(node: nuke.Node) -> Job | None:
    """The job that is under way for ``node``."""
    return next((job for job in _running if job.node == node), None)


def cancel_all() -> None:
    """Stop whatever is under way, for one when the script is closed."""
    for job in _running:
        job.cancel()


def colour_with_progress(title: str, colouring: Colouring, cancelled: Callable[[], bool]) -> Outcome:
    """Colour, with a bar that has a Cancel button in interactive sessions and lines in the terminal in others.

    Raises:
        Cancelled: the button was pressed, or ``cancelled`` said so.
        ParameterError: a parameter is wrong.
        ClientError: the worker refused or cannot be reached.
        OSError: the cache cannot be written.
    """
    bar = _Bar(title) if nuke.GUI else _Lines(title)
    try:
        with Client() as client:
            return colour(colouring, client, bar.show, lambda: cancelled() or bar.is_cancelled())
    finally:
        bar.close()


class _Lines:
    """Progress where nobody has a mouse."""

    def __init__(self, title: str) -> None:
        self._title = title

    def show(self, done: int, total: int, text: str) -> None:
        nuke.tprint(f"{self._title}: {text} ({done} of {total})")

    def is_cancelled(self) -> bool:
        return False

    def close(self) -> None:
        pass


class _Bar(_Lines):
    """Nuke's own progress bar, which is there as long as its object."""

    def __init__(self, title: str) -> None:
        self._task: nuke.ProgressTask | None = nuke.ProgressTask(title)

    def show(self, done: int, total: int, text: str) -> None:
        if self._task is not None:
            self._task.setProgress(100 * done // total)
            self._task.setMessage(text)

    def is_cancelled(self) -> bool:
        return self._task is not None and bool(self._task.isCancelled())

    def close(self) -> None:
        self._task = None


def said(error: Exception) -> str:
    """What went wrong, for a user; of what nobody foresaw the whole trace goes to the terminal."""
    if isinstance(error, Cancelled):
        return "stopped; the next render goes on with what is done"
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename}: {error.strerror}; see that it can be written, or name another cache folder"
    if not isinstance(error, (ClientError, ParameterError, SourceRefused, NodeDamaged, OSError)):
        nuke.tprint("".join(traceback.format_exception(type(error), error, error.__traceback__)))
        return f"{type(error).__name__}: {error}"
    return str(error)
