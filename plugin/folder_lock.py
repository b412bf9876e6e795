"""A lock on a folder that several machines share, for renders that would otherwise do the same work twice.

It is a file that its owner touches as long as it lives. Who waits takes it over when it has not changed for
`STALE_S` by the waiter's own clock; clocks of other machines do not matter.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from types import TracebackType
from typing import Callable

TOUCH_S = 5.0
STALE_S = 60.0
POLL_S = 0.2


class FolderLock:
    """A context manager that holds the lock ``path``; entering waits until nobody else does."""

    def __init__(
        self,
        path: str,
        cancelled: Callable[[], bool],
        waiting: Callable[[str], None] | None = None,
        stale_s: float | None = None,
    ) -> None:
        """Describe the lock.

        Args:
            path: of the file.
            cancelled: asked while waiting; True ends it.
            waiting: told once, who holds the lock, if there is somebody.
            stale_s: seconds without a sign of its owner after which the lock is taken over; None: `STALE_S`.
        """
        self._path = path
        self._cancelled = cancelled
        self._waiting = waiting
        self._stale = STALE_S if stale_s is None else stale_s
        self._ended = threading.Event()
        self._toucher: threading.Thread | None = None

    def __enter__(self) -> FolderLock:
        """Wait for the lock and take it.

        Raises:
            WaitCancelled: ``cancelled`` said so.
            OSError: the lock cannot be written.
        """
        seen: tuple[int | None, float] = (None, time.monotonic())
        told = False
        while not self._take():
            changed = _changed(self._path)
            if changed != seen[0]:
                seen = (changed, time.monotonic())
            elif time.monotonic() - seen[1] > self._stale:
                self._take_away(changed)
                continue
            if self._waiting is not None and not told:
                self._waiting(self._owner())
                told = True
            if self._cancelled():
                raise WaitCancelled(f"stopped while {self._owner()} was rendering the same frames")
            time.sleep(POLL_S)
        self._toucher = threading.Thread(target=self._touch, daemon=True)
        self._toucher.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        if self._toucher is not None:
            self._toucher.join()
        _remove(self._path)

    def _take(self) -> bool:
        os.makedirs(os.path.dirname(self._path), exist_ok=True)
        try:
            handle = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
        except FileExistsError:
            return False
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(f"process {os.getpid()} on {socket.gethostname()}")
        return True

    def _take_away(self, seen: int | None) -> None:
        """Remove a dead owner's lock, unless it was changed since; of several who wait only one can rename it."""
        if _changed(self._path) != seen:
            return
        aside = f"{self._path}.{socket.gethostname()}.{os.getpid()}"
        try:
            os.rename(self._path, aside)
        except OSError:
            return
        _remove(aside)

    def _owner(self) -> str:
        try:
            with open(self._path, encoding="utf-8") as stream:
                return stream.read() or "somebody"
        except OSError:
            return "somebody"

    def _touch(self) -> None:
        while not self._ended.wait(TOUCH_S):
            try:
                os.utime(self._path)
            except OSError:
                return


class WaitCancelled(Exception):
    """The wait for another render was given up."""


def _changed(path: str) -> int | None:
    try:
        return os.stat(path).st_mtime_ns
    except OSError:
        return None


def _remove(path: str) -> None:
    try:
        os.remove(path)
    except OSError:
        return
