"""One run of the worker for one strip, in a thread of its own or in the caller's. Knows nothing of Blender."""

from __future__ import annotations

import os
import threading
from typing import Any, Callable, NamedTuple

from tinct.plugin.client import Cancelled, Client, ClientError, ColorizeProgress, WorkerRefused
from tinct.plugin.folder_lock import FolderLock, WaitCancelled
from tinct.plugin.state_key import file_facts, state_key
from tinct.plugin.worker_arguments import colorize_request

DIGITS = 12
"""Of the state's key that stand in a folder's name."""


class Result(NamedTuple):
    """The picture files of a coloured strip: ``folder/frame.NNNN.suffix`` for the numbers ``first`` to ``last``."""

    folder: str
    first: int
    last: int
    suffix: str

    def file(self, number: int) -> str:
        """The file of a frame."""
        return os.path.join(self.folder, self.name(number))

    def name(self, number: int) -> str:
        """Its name in the folder."""
        return f"frame.{number:04d}{self.suffix}"

    def missing(self, last: int | None = None) -> bool:
        """Whether a file up to the frame ``last`` (None: all) is not there."""
        end = self.last if last is None else last
        return not all(os.path.isfile(self.file(number)) for number in range(self.first, end + 1))


class Task(NamedTuple):
    """What is to be coloured: the plate's file, the parameters' values, and where the result goes."""

    plate: str
    values: dict[str, Any]
    result: Result

    def request(self, last: int) -> dict[str, Any]:
        """For `Client.colorize`: the frames up to ``last``."""
        result = self.result
        return colorize_request(
            self.values,
            input=self.plate,
            output=os.path.join(result.folder, f"frame.####{result.suffix}"),
            frames=f"{result.first}-{last}",
            overwrite=True,
        )


def task_of(plate: str, first: int, last: int, files: tuple[str, ...], values: dict[str, Any], cache: str) -> Task:
    """The task for the frames ``first`` to ``last`` of a plate; ``cache``: folder in which results lie.

    A frame depends on those before it, so where the run begins is part of the state that names the result's folder, and
    where it ends is not.

    Raises:
        ParameterError: a value is wrong.
    """
    key = state_key(values, plate=[file_facts(file) for file in files], first=first)[:DIGITS]
    stem = os.path.splitext(os.path.basename(plate))[0].rstrip("#._-") or "plate"
    suffix = ".exr" if plate.lower().endswith(".exr") else ".png"
    return Task(plate, values, Result(os.path.join(cache, f"{stem}-{key}"), first, last, suffix))


class ColouringRun:
    """Colours a task in a thread; whoever started it looks at ``progress`` now and then."""

    def __init__(self, task: Task) -> None:
        """Start it."""
        self.task = task
        self.progress: ColorizeProgress | None = None
        self.warnings: list[str] = []
        self.error: Exception | None = None
        self.cancelled = False
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="tinct", daemon=True)
        self._thread.start()

    @property
    def ended(self) -> bool:
        """Whether it is over, one way or another."""
        return not self._thread.is_alive()

    def cancel(self) -> None:
        """Stop soon; what is done is kept for the next run."""
        self._stop.set()

    def wait(self) -> None:
        """Return when it is over."""
        self._thread.join()

    def _run(self) -> None:
        try:
            self.warnings = colour(self.task, progress=self._show, cancelled=self._stop.is_set)
        except Cancelled:
            self.cancelled = True
        except (ClientError, ValueError, OSError) as error:
            self.error = error

    def _show(self, progress: ColorizeProgress) -> None:
        self.progress = progress


def colour(
    task: Task,
    last: int | None = None,
    progress: Callable[[ColorizeProgress], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> list[str]:
    """Colour the frames of a task up to ``last`` (None: all), and give the run's warnings.

    Machines that share the cache wait for each other, and what one has made the others take.

    Raises:
        ClientError: the worker could not, or ``cancelled`` said so (`Cancelled`).
        ParameterError: a value is wrong.
        OSError: the folder cannot be made.
    """
    os.makedirs(task.result.folder, exist_ok=True)
    try:
        with FolderLock(f"{task.result.folder}.lock", cancelled or (lambda: False)), Client() as client:
            if not task.result.missing(last):
                return []
            report = _coloured(client, task.request(task.result.last if last is None else last), progress, cancelled)
    except WaitCancelled as error:
        raise Cancelled(str(error)) from None
    return list(report.get("warnings") or ())


def _coloured(
    client: Client,
    request: dict[str, Any],
    progress: Callable[[ColorizeProgress], None] | None,
    cancelled: Callable[[], bool] | None,
) -> dict[str, Any]:
    """The report of a run, which goes on with an earlier one's work where that was of the same frames."""
    try:
        return client.colorize({**request, "resume": True}, progress=progress, cancelled=cancelled)
    except WorkerRefused as error:
        if error.kind != "BegunOtherwiseError":
            raise
        return client.colorize(request, progress=progress, cancelled=cancelled)
