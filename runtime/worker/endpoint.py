"""Where clients find the worker of their user: a private folder with its lock, its key and its address."""

import fcntl
import json
import os
import secrets
import socket
import stat
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tinct.runtime.errors import UsageError, WorkerError, WorkerRunsError
from tinct.runtime.worker.handshake import KEY_BYTES, PROTOCOL

FOLDER_VARIABLE = "TINCT_WORKER_FOLDER"
LOCK, KEY, ADDRESS, SOCKET = "worker.lock", "worker.key", "worker.json", "worker.sock"
LONGEST_SOCKET_PATH = 100
"""Bytes of a Unix socket's path that every system takes."""


def worker_folder() -> Path:
    """``$TINCT_WORKER_FOLDER``, else ``tinct`` in ``$XDG_RUNTIME_DIR``, else ``tinct-UID`` in the temporary folder."""
    if named := os.environ.get(FOLDER_VARIABLE):
        return Path(named)
    if runtime := os.environ.get("XDG_RUNTIME_DIR"):
        return Path(runtime) / "tinct"
    return Path(tempfile.gettempdir()) / f"tinct-{os.getuid()}"


class Endpoint:
    """The listening socket and the files that lead to it. A context manager; leaving it takes them away.

    The lock is the kernel's (flock(2)) and goes with the process, so whatever else lies in the folder while nobody
    holds it was left by a worker that died, and is replaced. The key is new with every worker.
    """

    def __init__(self, folder: Path, *, socket_path: Path | None = None, port: int | None = None) -> None:
        """Take the lock, write a key, listen and say where.

        Args:
            folder: made if it is missing, readable by the user alone.
            socket_path: of the Unix socket; None puts it into ``folder``.
            port: listen on this port of 127.0.0.1 instead; 0 takes a free one.

        Raises:
            WorkerRunsError: a worker has the folder already.
            WorkerError: the folder is not private, or nothing can be listened on.
            UsageError: both a socket and a port, or a path that is too long or something else's.
        """
        if socket_path is not None and port is not None:
            raise UsageError("a worker listens on a socket or on a port; give one of --socket and --port")
        self.folder = folder
        _make_private(folder)
        self._lock = _take_lock(folder / LOCK)
        self._files: list[Path] = []
        try:
            self.key = secrets.token_bytes(KEY_BYTES)
            self._write(KEY, self.key.hex().encode())
            if port is None:
                path = socket_path or folder / SOCKET
                self.listener = _listen_on_socket(path)
                self._files.append(path)
                self.address: Mapping[str, Any] = {"socket": str(path.absolute())}
            else:
                self.listener = _listen_on_port(port)
                self.address = {"port": self.listener.getsockname()[1]}
            facts = {**self.address, "pid": os.getpid(), "protocol": PROTOCOL}
            self._write(ADDRESS, json.dumps(facts).encode())
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Stop listening, take the files away and let the lock go; harmless when called twice."""
        if hasattr(self, "listener"):
            self.listener.close()
        while self._files:
            self._files.pop().unlink(missing_ok=True)
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _write(self, name: str, data: bytes) -> None:
        """Write a file for the user alone, whole or not at all."""
        path = self.folder / name
        temporary = path.with_name(f".{name}.new")
        temporary.unlink(missing_ok=True)
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
        temporary.replace(path)
        self._files.append(path)


def _make_private(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        facts = folder.lstat()
    except OSError as error:
        raise WorkerError(f"the worker's folder {folder} cannot be made: {error.strerror}; name another one") from error
    if not stat.S_ISDIR(facts.st_mode) or facts.st_uid != os.getuid() or facts.st_mode & 0o077:
        raise WorkerError(
            f"the worker's folder {folder} is not a folder of yours that you alone can enter (mode 700); remove it, or "
            f"name another one with --folder or ${FOLDER_VARIABLE}"
        )


def _take_lock(path: Path) -> int:
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(handle)
        raise WorkerRunsError(f"a worker runs already in {path.parent}; see tinct worker status") from error
    return handle


def _listen_on_socket(path: Path) -> socket.socket:
    if len(os.fsencode(path.absolute())) > LONGEST_SOCKET_PATH:
        raise UsageError(f"the socket's path {path} is too long for the system; name one under /tmp with --socket")
    _clear(path)
    listener = socket.socket(socket.AF_UNIX)
    before = os.umask(0o177)
    try:
        listener.bind(str(path.absolute()))
        listener.listen()
    except OSError as error:
        listener.close()
        raise WorkerError(f"the worker cannot listen on {path}: {error.strerror}; name another --socket") from error
    finally:
        os.umask(before)
    return listener


def _clear(path: Path) -> None:
    """Remove a socket that a dead worker left; refuse anything else."""
    try:
        facts = path.lstat()
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(facts.st_mode) or facts.st_uid != os.getuid():
        raise UsageError(f"{path} is there already and is no socket of a worker; name another --socket")
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path.absolute()))
        except ConnectionRefusedError:
            path.unlink()
        else:
            raise WorkerRunsError(f"something answers on {path} already; name another --socket")


def _listen_on_port(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen()
    except (OSError, OverflowError) as error:
        listener.close()
        raise WorkerError(f"the worker cannot listen on port {port} of this machine ({error}); give another") from error
    return listener
