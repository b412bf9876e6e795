"""What was changed and not saved, kept beside the project for the next start after a crash."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import threading
import time
from typing import Callable

from tinct.runtime.errors import OutputError, ProjectError
from tinct.runtime.project.project import Project
from tinct.runtime.project.project_file import format_project, parse_project
from tinct.runtime.project.whole_file import remove_leftovers, write_whole

EVERY = 0.5
"""Seconds from one write to the next at least: with the time that a write takes, less than a second is lost."""


def autosave_path(path: str | os.PathLike[str]) -> str:
    """Where the unsaved state of the project ``path`` lies."""
    folder, name = os.path.split(os.path.realpath(path))
    return os.path.join(folder, f".{name}.autosave")


class Autosave:
    """Keeps the latest state of a project on disk, from a thread of its own, so that nobody waits for the disk.

    `changed` after each change, `saved` after `save_project`, `close` at the end. A context manager, for whoever holds
    the project's lock.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        every: float = EVERY,
        on_error: Callable[[OutputError | None], None] | None = None,
    ) -> None:
        """For the project ``path``.

        Args:
            path: of the project's own file.
            every: seconds from one write to the next at least.
            on_error: told, in the thread, of an error (a full disk) when it begins, and None when a write
                succeeds again; the state is written again and again until it does.
        """
        self._project_path = os.fspath(path)
        self._path = autosave_path(path)
        self._every, self._on_error = every, on_error
        self._pending: Project | None = None
        self._latest: Project | None = None
        self._error: OutputError | None = None
        self._closing = False
        self._wake = threading.Condition()
        self._writing = threading.Lock()
        self._basis = _digest(self._project_path)
        remove_leftovers(self._path)
        self._thread = threading.Thread(target=self._work, name="tinct-autosave", daemon=True)
        self._thread.start()

    @property
    def error(self) -> OutputError | None:
        """Why the latest state is not on disk, None when nothing is wrong."""
        return self._error

    def changed(self, project: Project) -> None:
        """``project`` is the latest state; it will be on disk soon. Returns at once."""
        with self._wake:
            self._pending = self._latest = project
            self._wake.notify()

    def saved(self, project: Project | None = None) -> None:
        """``project`` was saved in the project's own file: what was kept beside it goes. A state that came after it,
        while it was being saved, will be kept; None: there is none."""
        with self._writing:
            with self._wake:
                newer = project is not None and self._latest is not None and self._latest is not project
                self._pending = self._latest if newer else None
                self._wake.notify()
            self._basis = _digest(self._project_path)
            with contextlib.suppress(OSError):
                os.unlink(self._path)

    def close(self, *, keep: bool = False) -> None:
        """End. What was not saved goes too, for whoever closes was asked; with ``keep`` it is written a last time."""
        with self._wake:
            self._closing = True
            pending, self._pending = self._pending, None
            self._wake.notify()
        self._thread.join()
        if not keep:
            with contextlib.suppress(OSError):
                os.unlink(self._path)
        elif pending is not None:
            self._write(pending)

    def __enter__(self) -> Autosave:
        return self

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        self.close(keep=kind is not None)

    def _work(self) -> None:
        next_at = time.monotonic()
        while True:
            with self._wake:
                while not self._closing and (self._pending is None or time.monotonic() < next_at):
                    self._wake.wait(None if self._pending is None else max(0.0, next_at - time.monotonic()))
                if self._closing:
                    return
            next_at = time.monotonic() + self._every
            self._write_pending()

    def _write_pending(self) -> None:
        with self._writing:
            with self._wake:
                project, self._pending = self._pending, None
            if project is None:
                return
            error = self._write(project)
            if error is not None:
                self._try_again(project)
        changed = (error is None) != (self._error is None)
        self._error = error
        if changed and self._on_error is not None:
            self._on_error(error)

    def _try_again(self, project: Project) -> None:
        with self._wake:
            if self._pending is None:
                self._pending = project

    def _write(self, project: Project) -> OutputError | None:
        head = json.dumps({"of": self._basis}).encode("ascii") + b"\n"
        try:
            write_whole(self._path, head + format_project(project, self._path))
        except OutputError as error:
            return error
        return None


def recovered(path: str | os.PathLike[str]) -> Project | None:
    """The unsaved state of the project ``path`` that a crash left, None where nothing was lost.

    It counts where it was made from the file as that lies there now, or is newer than it. Damaged ones do not count.
    """
    kept = autosave_path(path)
    try:
        with open(kept, "rb") as file:
            head, data = file.readline(), file.read()
        of = json.loads(head)["of"]
        project = parse_project(data, kept)
    except (OSError, ValueError, TypeError, KeyError, ProjectError):
        return None
    own = _digest(os.fspath(path))
    if own == hashlib.sha256(format_project(project, path)).hexdigest():
        return None
    return project if own is None or own == of or _time(kept) > _time(os.fspath(path)) else None


def _digest(path: str) -> str | None:
    try:
        with open(path, "rb") as file:
            return hashlib.sha256(file.read()).hexdigest()
    except OSError:
        return None


def _time(path: str) -> int:
    return os.stat(path).st_mtime_ns
