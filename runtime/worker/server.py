"""The worker process: takes clients in, one thread each, until it is told to stop or nobody has called for long."""

import logging
import os
import select
import socket
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Any

from tinct.runtime.errors import UsageError, WorkerError
from tinct.runtime.picture.compose import compile_loops
from tinct.runtime.still_cache import DEFAULT_LIMIT, StillCache
from tinct.runtime.worker.connection import Connection
from tinct.runtime.worker.endpoint import Endpoint, worker_folder
from tinct.runtime.worker.handshake import PROTOCOL, admit
from tinct.runtime.worker.warm_store import LEAST_STILLS, WarmStore

HANDSHAKE_SECONDS = 5.0
DRAIN_SECONDS = 10.0
"""How long a stopping worker waits for calls that are under way."""
MOST_CLIENTS = 128
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class WorkerConfig:
    """How a worker runs.

    ``folder``: of lock, key and address; None = `worker_folder`. ``socket_path`` or ``port``: see `Endpoint`.
    ``idle_s``: seconds without any call after which the worker ends; 0 = never. ``memory``: budget in bytes of
    sessions and encoded stills. ``idle_session_s``: seconds without a call after which a session may be
    closed for want of memory.
    ``message_s``: seconds within which a message must come whole, and a reply be taken. ``still_cache``: folder of
    encoded stills that others share (`StillCache`), of ``still_cache_bytes`` at most; None: none.
    """

    folder: Path | None = None
    socket_path: Path | None = None
    port: int | None = None
    idle_s: float = 1800.0
    memory: int = 4 << 30
    idle_session_s: float = 60.0
    message_s: float = 30.0
    still_cache: Path | None = None
    still_cache_bytes: int = DEFAULT_LIMIT

    def __post_init__(self) -> None:
        if self.memory < 2 * LEAST_STILLS:
            raise UsageError(f"the worker's memory is {self.memory >> 20} MB and must be {LEAST_STILLS >> 19} or more")
        if self.idle_s < 0 or self.idle_session_s < 0 or self.message_s <= 0:
            raise UsageError("the worker's times must not be negative")


class Worker:
    """One worker of one user."""

    def __init__(self, config: WorkerConfig) -> None:
        """Describe it; nothing is opened before `run`."""
        self._config = config
        cache = None if config.still_cache is None else StillCache(config.still_cache, config.still_cache_bytes)
        self._store = WarmStore(budget=config.memory, idle_session_s=config.idle_session_s, cache=cache)
        self._lock = Lock()
        self._streams: dict[socket.socket, Thread] = {}
        self._stopping = Event()
        self._calls = self._active = 0
        self._started = self._called = time.monotonic()
        self._address: dict[str, Any] = {}

    def run(self) -> None:
        """Serve until `stop`, or until nobody has called for ``idle_s``.

        Raises:
            WorkerRunsError: a worker runs already.
            WorkerError: nothing can be listened on.
            UsageError: a path that cannot be used.
        """
        config = self._config
        self._wake, waker = socket.socketpair()
        self._waker = waker
        with (
            self._wake,
            waker,
            Endpoint(config.folder or worker_folder(), socket_path=config.socket_path, port=config.port) as endpoint,
        ):
            self._address = dict(endpoint.address)
            self._called = time.monotonic()
            _log.info("the worker %d listens on %s", os.getpid(), endpoint.address)
            Thread(target=compile_loops, name="tinct-compile", daemon=True).start()
            try:
                while self._waits(endpoint.listener):
                    self._take_in(endpoint)
            finally:
                endpoint.listener.close()
                self._drain()

    def stop(self) -> None:
        """End `run` once the calls that are under way are answered; from any thread."""
        self._stopping.set()
        with suppress(OSError):
            self._waker.send(b"x")

    def status(self) -> dict[str, Any]:
        """What the worker is doing."""
        store = self._store
        return {
            "pid": os.getpid(),
            "protocol": PROTOCOL,
            **self._address,
            "seconds": time.monotonic() - self._started,
            "clients": len(self._streams),
            "sessions": store.session_count,
            "calls": self._calls,
            "models": list(store.backend_names()),
            "stills": len(store.stills),
            "still_bytes": store.stills.held_bytes,
            "session_bytes": store.session_bytes,
            "memory": store.budget,
            "idle_s": self._config.idle_s,
        }

    def _waits(self, listener: socket.socket) -> bool:
        """Wait for a client: True when one is there, False when it is time to end."""
        while not self._stopping.is_set():
            left = None
            if self._config.idle_s:
                with self._lock:
                    idle = 0.0 if self._active else time.monotonic() - self._called
                left = self._config.idle_s - idle
                if left <= 0:
                    _log.info("nobody has called for %g s: the worker ends", self._config.idle_s)
                    return False
            ready, _, _ = select.select([listener, self._wake], [], [], left)
            if listener in ready:
                return True
        return False

    def _take_in(self, endpoint: Endpoint) -> None:
        try:
            stream, _ = endpoint.listener.accept()
        except OSError as error:  # gone before it was taken in, or too many files are open
            _log.warning("a client could not be taken in: %s", error)
            time.sleep(0.01)
            return
        with self._lock:
            full = len(self._streams) >= MOST_CLIENTS
            if not full:
                thread = Thread(target=self._serve, args=(stream, endpoint.key), name="tinct-client", daemon=True)
                self._streams[stream] = thread
        if full:
            _log.warning("a client was turned away: %d are here already", MOST_CLIENTS)
            stream.close()
            return
        thread.start()

    def _serve(self, stream: socket.socket, key: bytes) -> None:
        try:
            admit(stream, key, seconds=HANDSHAKE_SECONDS)
            connection = Connection(
                stream,
                self._store,
                seconds=self._config.message_s,
                begun=self._begun,
                ended=self._ended,
                status=self.status,
                stop=self.stop,
            )
            connection.serve()
        except WorkerError as error:
            _log.warning("a client was turned away: %s", error)
        except OSError as error:
            _log.info("a client went away: %s", error)
        finally:
            with self._lock:
                self._streams.pop(stream, None)
            stream.close()

    def _begun(self) -> None:
        with self._lock:
            self._active += 1
            self._calls += 1

    def _ended(self) -> None:
        with self._lock:
            self._active -= 1
            self._called = time.monotonic()

    def _drain(self) -> None:
        """Let calls that are under way be answered, then part from everybody."""
        with self._lock:
            streams = dict(self._streams)
        for stream in streams:
            with suppress(OSError):
                stream.shutdown(socket.SHUT_RD)  # ends the wait for another message
        deadline = time.monotonic() + DRAIN_SECONDS
        for thread in streams.values():
            thread.join(max(0.0, deadline - time.monotonic()))
