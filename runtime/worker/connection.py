"""One client: its connection, its sessions, and the calls that it may make."""

import logging
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinct.runtime.errors import SessionGoneError, TinctError, UsageError, WorkerError
from tinct.runtime.worker.colorize_call import parse_request, run_request
from tinct.runtime.worker.fields import Fields
from tinct.runtime.worker.long_call import LongCall
from tinct.runtime.worker.media_calls import MediaCalls, find_shots, make_library
from tinct.runtime.worker.served_session import Arrays, ServedSession
from tinct.runtime.worker.warm_store import WarmStore
from tinct.runtime.worker.wire import Message, read_message, write_message

MOST_SESSIONS = 16
"""Sessions of one connection."""
_log = logging.getLogger(__name__)

Reply = tuple[dict[str, Any], dict[str, Any]]


class Connection:
    """Answers one client, message after message, until it goes away or breaks the protocol.

    Everything it opened ends with it. Whatever goes wrong here goes wrong for this client alone.
    """

    def __init__(
        self,
        stream: socket.socket,
        store: WarmStore,
        *,
        seconds: float,
        begun: Callable[[], None],
        ended: Callable[[], None],
        status: Callable[[], dict[str, Any]],
        stop: Callable[[], None],
    ) -> None:
        """Serve ``stream``, whose client has been admitted.

        Args:
            stream: the connection.
            store: what all clients share.
            seconds: within which a message must come whole, and a reply be taken.
            begun: called when a call begins.
            ended: called when its reply is sent, or cannot be.
            status: the worker's own facts.
            stop: ends the worker.
        """
        self._stream, self._store, self._seconds = stream, store, seconds
        self._begun, self._ended, self._status, self._stop = begun, ended, status, stop
        self._sessions: dict[int, ServedSession] = {}
        self._opened = 0
        self._calls: dict[str, Callable[[ServedSession, Fields, Arrays], Reply]] = {
            "references": self._set_references,
            "hints": self._set_hints,
            "render": self._render,
            "reset": self._reset,
            "snapshot": self._snapshot,
            "restore": self._restore,
            "pixel": self._pixel,
        }
        self._long: dict[str, Callable[[Fields, LongCall], dict[str, Any]]] = {
            "colorize": self._colorize,
            "farm": self._farm,
            "shots": self._find_shots,
            "make_library": make_library,
        }
        self._media = MediaCalls(store)

    def serve(self) -> None:
        """Answer until the client is gone."""
        try:
            while True:
                message = read_message(self._stream, seconds=self._seconds)
                if message is None:
                    return
                if message.header.get("call") == "cancel":  # of a run that had just ended; no answer is waited for
                    continue
                self._begun()
                try:
                    self._answer(message)
                finally:
                    self._ended()
                if message.header.get("call") == "stop":
                    self._stop()
        except WorkerError as error:
            _log.warning("a client was turned away: %s", error)
            self._send_error(error)
        except OSError as error:
            _log.info("a client went away: %s", error)
        finally:
            for session in self._sessions.values():
                self._store.close(session)
            self._media.close()

    def _answer(self, message: Message) -> None:
        started = time.perf_counter()
        session: ServedSession | None = None
        arrays: dict[str, Any] = {}
        descriptors: list[int] = []
        try:
            header, arrays, session = self._call(message)
            reply: dict[str, Any] = {"ok": True, **header}
            if session is not None:
                reply["notices"] = [session.notices.popleft() for _ in range(len(session.notices))]
                if message.header.get("call") == "open" and session.shared is not None:
                    descriptors = [session.shared.descriptor]
        except TinctError as error:
            _log.warning("the call %.40r was refused: %.400s", message.header.get("call"), error)
            reply = {"ok": False, "error": type(error).__name__, "message": str(error)}
        except OSError as error:
            reply = {"ok": False, "error": "WorkerError", "message": f"the system refused: {error}"}
        except Exception as error:  # a fault of ours must not take the other clients down
            _log.exception("a call failed")
            reply = {"ok": False, "error": "InternalError", "message": f"{type(error).__name__}: {error}"}
        reply["id"] = message.header.get("id")
        reply["seconds"] = time.perf_counter() - started
        memory = None if session is None or session.shared is None or descriptors else session.shared.bytes
        write_message(self._stream, reply, arrays, seconds=self._seconds, shared=memory, descriptors=descriptors)

    def _call(self, message: Message) -> tuple[dict[str, Any], dict[str, Any], ServedSession | None]:
        request = Fields(message.header)
        call = request.text("call")
        if call == "status":
            return self._status(), {}, None
        if call == "stop":
            return {}, {}, None
        if call == "open":
            return self._open(request)
        if call in self._long:
            run = LongCall(self._stream, call=message.header.get("id"), seconds=self._seconds)
            return self._long[call](request, run), {}, None
        if call == "thumbnail":
            return {}, {"picture": self._media.thumbnail(request)}, None
        if call == "rank":
            return {"found": self._media.rank(request)}, {}, None
        if call == "probe":
            return self._media.probe(request), {}, None
        number = request.whole("session")
        session = self._sessions.get(number)
        if call == "close":
            if session is not None:
                self._store.close(self._sessions.pop(number))
            return {}, {}, None
        if call not in self._calls:
            raise UsageError(f"no call named {call[:80]!r}: client and worker are of different versions")
        if session is None:
            raise SessionGoneError(f"this connection has no session {number}; open one")
        with session.busy:
            if not self._store.has(session):
                del self._sessions[number]
                raise SessionGoneError(
                    "the worker's memory budget was used up and this session, idle for the longest, was closed; open "
                    "and restore it again, or start the worker with more --memory"
                )
            try:
                memory = None if session.shared is None else session.shared.bytes
                header, arrays = self._calls[call](session, request, message.arrays(memory))
                if request.flag("checkpoint", False):
                    arrays["checkpoint"] = _as_array(session.snapshot())
            finally:
                session.used = time.monotonic()
        return header, arrays, session

    def _open(self, request: Fields) -> tuple[dict[str, Any], dict[str, Any], ServedSession]:
        if len(self._sessions) >= MOST_SESSIONS:
            raise UsageError(f"a client has at most {MOST_SESSIONS} sessions; close one")
        session = self._store.open(request, can_share=self._stream.family == socket.AF_UNIX)
        self._opened += 1
        self._sessions[self._opened] = session
        manifest = session.backend.bundle.manifest
        facts = {
            "session": self._opened,
            "model": manifest.identity,
            "backend": session.backend.NAME,
            "shared_bytes": 0 if session.shared is None else session.shared.size,
            "plate": None if session.source is None else session.source.facts(),
        }
        return facts, {}, session

    def _colorize(self, request: Fields, call: LongCall) -> dict[str, Any]:
        return run_request(parse_request(request.inner("run")), self._store.warm, call)

    def _farm(self, request: Fields, call: LongCall) -> dict[str, Any]:
        from tinct.runtime.worker.farm_call import run_chunk  # which reads requests as this package does

        return run_chunk(request, self._store.warm, call)

    def _find_shots(self, request: Fields, call: LongCall) -> dict[str, Any]:
        return find_shots(request, self._store, call)

    def _set_references(self, session: ServedSession, request: Fields, given: Arrays) -> Reply:
        session.set_references(request, given)
        return {}, {}

    def _set_hints(self, session: ServedSession, request: Fields, given: Arrays) -> Reply:
        session.set_hints(request)
        return {}, {}

    def _render(self, session: ServedSession, request: Fields, given: Arrays) -> Reply:
        self._store.make_room(keep=session)
        return session.render(request, given)

    def _pixel(self, session: ServedSession, request: Fields, given: Arrays) -> Reply:
        return {"pixel": session.pixel(request)}, {}

    def _reset(self, session: ServedSession, request: Fields, given: Arrays) -> Reply:
        session.reset()
        return {}, {}

    def _snapshot(self, session: ServedSession, request: Fields, given: Arrays) -> Reply:
        return {}, {"checkpoint": _as_array(session.snapshot())}

    def _restore(self, session: ServedSession, request: Fields, given: Arrays) -> Reply:
        data = given.get("checkpoint")
        if data is None:
            raise UsageError("the request has no array 'checkpoint'")
        session.restore(data.tobytes())
        return {}, {}

    def _send_error(self, error: WorkerError) -> None:
        """Say why the client is turned away, if it listens."""
        reply = {"ok": False, "error": "ProtocolError", "message": str(error), "id": None}
        with suppress(OSError):
            write_message(self._stream, reply, seconds=1.0)


def _as_array(data: bytes) -> NDArray[np.uint8]:
    return np.frombuffer(data, np.uint8)
