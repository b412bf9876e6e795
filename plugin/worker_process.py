"""The worker's process: where it is, how it is reached, and how it is started.

Standard library alone, Python 3.9: this file goes into hosts as it stands.
"""

from __future__ import annotations

import json
import os
import socket
import stat
import subprocess
import tempfile
import time
from collections.abc import Sequence
from typing import Any

from tinct.plugin.worker_errors import WorkerTimeout, WorkerUnavailable
from tinct.plugin.worker_wire import shake_hands

WORKER_RUNS = 3
"""Exit code of a worker that found another one running."""
FOLDER_VARIABLE = "TINCT_WORKER_FOLDER"
INSTALLATION_VARIABLE = "TINCT_INSTALLATION"
INSTALLATION = "tinct_installation.json"
LOG = "worker.log"
HOSTS_OWN = ("PYTHONHOME", "PYTHONPATH", "PYTHONSTARTUP", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
"""Variables that hosts set for themselves, with which another interpreter does not start."""

_children: list[subprocess.Popen[bytes]] = []


def worker_folder() -> str:
    """Where the worker of this user keeps its key and its address."""
    named = os.environ.get(FOLDER_VARIABLE)
    if named:
        return named
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    if runtime:
        return os.path.join(runtime, "tinct")
    return os.path.join(tempfile.gettempdir(), f"tinct-{os.getuid()}")


def write_installation(path: str, interpreter: str, environment: dict[str, str] | None = None) -> None:
    """Record at ``path`` which ``interpreter`` has Tinct, and variables that it needs, whole or not at all."""
    facts = {"interpreter": interpreter, "environment": environment or {}}
    temporary = f"{path}.{os.getpid()}.new"
    with open(temporary, "w", encoding="utf-8") as stream:
        json.dump(facts, stream, indent=2)
    os.replace(temporary, path)


def find_installation() -> str:
    """``$TINCT_INSTALLATION``, else the file beside this module, else the user's own configuration.

    Raises:
        WorkerUnavailable: there is none.
    """
    config = os.environ.get("XDG_CONFIG_HOME") or os.path.join(os.path.expanduser("~"), ".config")
    named = os.environ.get(INSTALLATION_VARIABLE)
    beside = os.path.join(os.path.dirname(os.path.abspath(__file__)), INSTALLATION)
    places = [named] if named else [beside, os.path.join(config, "tinct", INSTALLATION)]
    for place in places:
        if os.path.isfile(place):
            return place
    raise WorkerUnavailable(
        "no worker runs, and none can be started: no record of Tinct's installation at {}; run tinct install, or start "
        "tinct worker".format(" or ".join(places))
    )


def start_tinct(
    arguments: Sequence[str],
    *,
    stdout: int,
    stderr: int,
    cwd: str | None = None,
    installation: str | None = None,
    pass_fds: Sequence[int] = (),
    module: str = "tinct",
    install: str = "tinct install",
) -> subprocess.Popen[bytes]:
    """Start ``python -m tinct ARGUMENTS`` with the interpreter that has it; it outlives this process and Ctrl-C.

    Args:
        arguments: of the command line.
        stdout: as `subprocess.Popen` takes it.
        stderr: the same.
        cwd: where it runs; None: here.
        installation: the record that `write_installation` made; None = `find_installation`.
        pass_fds: files that stay open in it.
        module: what runs in the place of the command line.
        install: the command that makes the record, for the error.

    Raises:
        WorkerUnavailable: there is no usable record, or the interpreter does not start.
    """
    place = installation or find_installation()
    try:
        with open(place, encoding="utf-8") as stream:
            facts = json.load(stream)
        interpreter, extra = str(facts["interpreter"]), dict(facts.get("environment") or {})
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise WorkerUnavailable(
            f"the record of Tinct's installation {place} cannot be used ({error}); run {install} again"
        ) from error
    environment = {name: value for name, value in os.environ.items() if name not in HOSTS_OWN}
    environment.update(extra)
    try:
        child = subprocess.Popen(
            [interpreter, "-m", module, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
            cwd=cwd,
            env=environment,
            start_new_session=True,
            pass_fds=tuple(pass_fds),
        )
    except OSError as error:
        raise WorkerUnavailable(f"Tinct cannot be started with {interpreter}: {error}; run {install} again") from error
    _children.append(child)
    return child


class WorkerProcess:
    """The worker of a folder, whether it runs or not."""

    def __init__(self, folder: str, installation: str | None, options: Sequence[str]) -> None:
        """See `Client`."""
        self.folder = folder
        self._installation = installation
        self._options = [str(option) for option in options]

    def reach(self, *, start: bool, seconds: float) -> socket.socket:
        """A connection that both ends trust; a worker is started where nobody answers and ``start`` is set.

        Raises:
            WorkerUnavailable: none runs, and none is or can be started.
            WorkerTimeout: it did not answer within ``seconds``.
        """
        deadline = time.monotonic() + seconds
        for child in list(_children):
            if child.poll() is not None:  # reaped
                _children.remove(child)
        try:
            return self._dial()
        except (OSError, ValueError) as error:
            if not start:
                raise WorkerUnavailable(
                    f"no worker runs in {self.folder} ({error}); start one with tinct worker"
                ) from error
        child = self._launch()
        while True:
            ended = child.poll()
            try:
                return self._dial()
            except (OSError, ValueError) as error:
                last = error
            if ended == WORKER_RUNS:  # another one is starting, or has not quite ended
                child = self._launch()
            elif ended is not None:
                raise WorkerUnavailable(
                    f"the worker ended with code {ended} as it was started: {self._last_words()}"
                ) from last
            if time.monotonic() > deadline:
                raise WorkerTimeout(
                    f"no worker answered within {seconds:g} s after it was started ({last}); its log is "
                    + os.path.join(self.folder, LOG)
                ) from last
            time.sleep(0.02 if ended is None else 0.2)

    def _dial(self) -> socket.socket:
        """A connection on which both ends have proved that they know the key."""
        with open(os.path.join(self.folder, "worker.json"), encoding="utf-8") as file:
            address = json.load(file)
        with open(os.path.join(self.folder, "worker.key"), encoding="ascii") as file:
            facts = os.fstat(file.fileno())
            if facts.st_uid != os.getuid() or stat.S_IMODE(facts.st_mode) & 0o077:
                raise WorkerUnavailable(
                    f"the key {file.name} can be read by others than you; stop the worker and remove it"
                )
            key = bytes.fromhex(file.read())
        if "socket" in address:
            stream = socket.socket(socket.AF_UNIX)
            where: Any = str(address["socket"])
        else:
            stream = socket.socket(socket.AF_INET)
            where = ("127.0.0.1", int(address["port"]))
        try:
            stream.settimeout(5.0)
            stream.connect(where)
            if stream.family == socket.AF_INET:
                stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            shake_hands(stream, key)
        except BaseException:
            stream.close()
            raise
        return stream

    def _launch(self) -> subprocess.Popen[bytes]:
        try:
            os.makedirs(self.folder, mode=0o700, exist_ok=True)
            log = os.open(os.path.join(self.folder, LOG), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        except OSError as error:
            raise WorkerUnavailable(f"the worker cannot be started in {self.folder}: {error}") from error
        try:
            arguments = ["worker", "--folder", self.folder, *self._options]
            return start_tinct(arguments, stdout=log, stderr=log, cwd=self.folder, installation=self._installation)
        finally:
            os.close(log)

    def _last_words(self) -> str:
        try:
            with open(os.path.join(self.folder, LOG), encoding="utf-8", errors="replace") as stream:
                return " ".join(stream.read()[-400:].split()) or "it said nothing"
        except OSError:
            return "it left no log"
