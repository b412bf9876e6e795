"""Where a job keeps its plan, its pieces and its logs: a folder that all machines of the farm can write."""

import errno
import fcntl
import os
import secrets
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tinct.runtime.media.staging import sync_file, sync_folder, writing_to


def here() -> str:
    """This process among all of the farm: its machine's name, its number, and chance."""
    return f"{socket.gethostname()[:40]}-{os.getpid()}-{secrets.token_hex(3)}"


class JobFolder:
    """The places in a job's folder. Nothing in it is ever changed: files and folders appear whole, by renaming."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.plan = path / "plan.json"
        self.logs = path / "logs"

    def chunk(self, name: str) -> Path:
        """The folder of a finished chunk."""
        return self.path / "chunks" / name

    def state(self, film: int, frame: int, identity: str) -> Path:
        """The file of the state after ``frame`` of a film."""
        return self.states(identity) / f"{film:03}.{frame}.state"

    def states(self, identity: str) -> Path:
        """The folder of the states of one plan."""
        return self.path / "states" / identity[:16]

    def attempt(self, name: str) -> Path:
        """The folder in which a chunk is made."""
        return self.path / "attempts" / name

    def receipt(self, film: int) -> Path:
        """The file that says that a film's result is finished."""
        return self.path / "films" / f"{film:03}.json"

    @contextmanager
    def claimed(self, name: str) -> Iterator[bool]:
        """Hold the right to go on with an earlier attempt at ``name``; False where another process has it, or where the
        file system knows no locks: the caller then makes an attempt of its own."""
        folder = self.path / "locks"
        with writing_to(folder):
            folder.mkdir(parents=True, exist_ok=True)
            handle = os.open(folder / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        try:
            yield _lock(handle)
        finally:
            os.close(handle)

    def discard(self, path: Path) -> None:
        """Take a file or folder away at once, whatever others do with it meanwhile."""
        aside = self.path / "attempts" / f"discarded-{here()}"
        aside.parent.mkdir(parents=True, exist_ok=True)
        try:
            path.rename(aside)
        except FileNotFoundError:
            return
        if aside.is_dir():
            shutil.rmtree(aside, ignore_errors=True)
        else:
            aside.unlink(missing_ok=True)


def write_whole(path: Path, data: bytes) -> None:
    """Write ``data`` to ``path``, whole or not at all, also where several processes do it at once.

    Raises:
        OutputError: it cannot be written.
    """
    temporary = path.with_name(f".{path.name}.{here()}")
    with writing_to(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            temporary.write_bytes(data)
            sync_file(temporary)
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        sync_folder(path.parent)


def move_whole(folder: Path, target: Path) -> bool:
    """Give ``folder`` the name ``target``; False where another process was quicker.

    Raises:
        OutputError: it cannot be renamed.
    """
    with writing_to(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            folder.rename(target)
        except OSError as error:
            if error.errno in (errno.ENOTEMPTY, errno.EEXIST):
                return False
            raise
        sync_folder(target.parent)
    return True


def _lock(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
