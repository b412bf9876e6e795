"""One writer of a project at a time."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import socket

from tinct.runtime.errors import OutputError, ProjectInUseError
from tinct.runtime.project.whole_file import remove_leftovers


class ProjectLock:
    """The right to write a project file, until `release` or the end of the process, however it ends. A context manager.

    The operating system's lock on a hidden file beside the project (``.NAME.tinct.lock``), which tells others who has
    it. On file systems without locks everybody gets it.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        """Take it for the project ``path``, which need not be there yet.

        Raises:
            ProjectInUseError: another program has it; the message says which.
            OutputError: the folder cannot be written.
        """
        self.project = os.path.realpath(path)
        folder, name = os.path.split(self.project)
        self.path = os.path.join(folder, f".{name}.lock")
        self._handle: int | None = None
        while self._handle is None:
            handle = self._open()
            if not self._is_locked(handle):
                os.close(handle)
                raise self._in_use()
            if _is_gone(handle, self.path):  # whoever had it removed it after we had opened it
                os.close(handle)
                continue
            self._handle = handle
        who = json.dumps({"host": socket.gethostname(), "pid": os.getpid()}).encode("utf-8")
        with contextlib.suppress(OSError):  # a full disk: the lock holds, it only does not say whose it is
            os.ftruncate(self._handle, 0)
            os.write(self._handle, who)
        remove_leftovers(self.project)

    def release(self) -> None:
        """Give it back; harmless when called twice."""
        if self._handle is None:
            return
        with contextlib.suppress(OSError):
            os.unlink(self.path)
        os.close(self._handle)
        self._handle = None

    def __enter__(self) -> ProjectLock:
        return self

    def __exit__(self, *error: object) -> None:
        self.release()

    def _open(self) -> int:
        try:
            return os.open(self.path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o666)
        except OSError as error:
            raise OutputError(
                f"{self.project} cannot be written: its folder refuses {os.path.basename(self.path)} "
                f"({error.strerror or error}). Check that the folder is there, and permissions."
            ) from error

    def _is_locked(self, handle: int) -> bool:
        """Whether the lock on ``handle`` is ours now."""
        try:
            import fcntl
        except ImportError:  # Windows
            return True
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            return error.errno not in (errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES)
        return True

    def _in_use(self) -> ProjectInUseError:
        try:
            with open(self.path, "rb") as file:
                who = json.loads(file.read(4096))
            by = f"process {int(who['pid'])} on {str(who['host'])[:80]}"
        except (OSError, ValueError, TypeError, KeyError):
            by = "another program"
        return ProjectInUseError(f"{self.project} is open for writing in {by}; close it there, or work on a copy")


def is_locked(path: str | os.PathLike[str]) -> bool:
    """Whether a process has the `ProjectLock` of ``path``; not known, and False, on file systems without locks."""
    folder, name = os.path.split(os.path.realpath(path))
    try:
        import fcntl

        handle = os.open(os.path.join(folder, f".{name}.lock"), os.O_RDONLY | os.O_CLOEXEC)
    except (ImportError, OSError):
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno in (errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES)
    else:
        return False
    finally:
        os.close(handle)


def _is_gone(handle: int, path: str) -> bool:
    try:
        return os.fstat(handle).st_ino != os.stat(path).st_ino
    except FileNotFoundError:
        return True
