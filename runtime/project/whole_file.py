"""Files that are there whole or not at all, whatever happens while they are written."""

from __future__ import annotations

import contextlib
import glob
import os
import secrets

from tinct.runtime.errors import OutputError


def write_whole(path: str, data: bytes) -> None:
    """Put ``data`` under the name ``path`` once it is on disk; what was there before stays until then.

    Raises:
        OutputError: the disk is full, or the place cannot be written.
    """
    target = os.path.realpath(path)  # a link stays one
    folder = os.path.dirname(target)
    temporary = f"{_temporary(target)}{secrets.token_hex(6)}"
    try:
        try:
            with open(temporary, "xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            with contextlib.suppress(OSError):  # no file yet, or a file system without modes
                os.chmod(temporary, os.stat(target).st_mode & 0o777)
            os.replace(temporary, target)
        except OSError as error:
            raise OutputError(
                f"{path} cannot be written: {error.strerror or error}. Check free space and permissions; what was "
                "there is unchanged."
            ) from error
    finally:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
    _sync_folder(folder)


def remove_leftovers(path: str) -> None:
    """Remove what a process that was killed left of a write to ``path``; for its only writer."""
    for left in glob.glob(glob.escape(_temporary(os.path.realpath(path))) + "*"):
        with contextlib.suppress(OSError):
            os.unlink(left)


def _temporary(target: str) -> str:
    """What the temporary names for ``target`` begin with."""
    folder, name = os.path.split(target)
    return os.path.join(folder, f".{name[:60]}.new-")


def _sync_folder(folder: str) -> None:
    """Wait until the names in ``folder`` are on disk, on systems that can be asked."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
