"""What the worker keeps warm for all clients, within a budget of memory."""

import logging
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Lock

from tinct.runtime.backends import AUTO, create_backend
from tinct.runtime.backends.base import Backend
from tinct.runtime.bank import EncodedStills
from tinct.runtime.bundle import Bundle, find_bundle
from tinct.runtime.errors import WorkerError
from tinct.runtime.library.manifest import MANIFEST_NAME
from tinct.runtime.library.still_library import StillLibrary, open_library
from tinct.runtime.shots import DEFAULT_DETECTOR, ShotDetector, create_detector
from tinct.runtime.still_cache import StillCache
from tinct.runtime.still_choice import STILLS_AT_ONCE
from tinct.runtime.warm import Warm
from tinct.runtime.worker.fields import Fields
from tinct.runtime.worker.plate_source import PlateSource
from tinct.runtime.worker.served_session import PlateFacts, ServedSession
from tinct.runtime.worker.shared_frame import CAN_SHARE, SharedFrame
from tinct.runtime.worker.turns import Turns

LEAST_STILLS = 32 << 20
"""Bytes left to encoded stills however much the sessions hold."""
OPEN_LIBRARIES = 4
DEFAULT_MODEL = "lite"
_log = logging.getLogger(__name__)

Key = tuple[str, str, str, int | None]


class WarmStore:
    """Backends, encoded stills and open sessions of all clients.

    The budget counts the sessions' own memory and the encoded stills; backends stay. When it is exceeded the least
    recently used stills go, and sessions that nobody has used for ``idle_session_s`` seconds, the longest unused first.
    Whoever a thing belonged to hears of it.
    """

    def __init__(self, *, budget: int, idle_session_s: float, cache: StillCache | None = None) -> None:
        self.budget = budget
        self.turns = Turns()
        self.stills = EncodedStills(budget, dropped=self._tell, cache=cache)
        self.warm = Warm(self._backend, self.stills, self.turns.take)
        self._idle_session_s = idle_session_s
        self._lock = Lock()
        self._loading = Lock()
        self._backends: dict[Key, Backend] = {}
        self._sessions: list[ServedSession] = []
        self._detector: ShotDetector | None = None
        self._libraries: dict[tuple[str, int, int], StillLibrary] = {}

    @property
    def session_count(self) -> int:
        """How many sessions are open."""
        return len(self._sessions)

    @property
    def session_bytes(self) -> int:
        """What the open sessions hold."""
        with self._lock:
            return sum(session.held_bytes for session in self._sessions)

    def backend_names(self) -> Iterator[str]:
        """The loaded models, each with its backend."""
        return (f"{backend.bundle.manifest.identity} on {backend.NAME}" for backend in list(self._backends.values()))

    def open(self, request: Fields, *, can_share: bool) -> ServedSession:
        """A session as a client asks for it; ``can_share``: it can be handed memory.

        Raises:
            UsageError: a parameter is wrong.
            BundleError: the model is broken.
            BackendError: the backend cannot run here.
            WorkerError: no memory is left in the budget.
        """
        backend = self.backend(request)
        source = PlateSource(request.inner("plate")) if request.has("plate") else None
        try:
            return self._opened(request, backend, source, can_share=can_share)
        except BaseException:
            if source is not None:
                source.close()
            raise

    def _opened(
        self, request: Fields, backend: Backend, source: PlateSource | None, *, can_share: bool
    ) -> ServedSession:
        plate = PlateFacts.of(request, source)
        working_size = request.whole("working_size", least=1, most=1 << 20) if request.has("working_size") else None
        at_once = STILLS_AT_ONCE
        if request.has("stills_at_once"):
            at_once = request.whole("stills_at_once", least=1, most=1 << 20)
        shared = None
        if can_share and CAN_SHARE and request.flag("shared", True):
            size = (3 + 3 + 1) * plate.width * plate.height * 4 + 4096
            self.make_room(size)
            shared = SharedFrame(size)
        try:
            session = ServedSession(
                backend,
                plate,
                self.warm,
                working_size=working_size,
                stills_at_once=at_once,
                source=source,
                shared=shared,
            )
        except BaseException:
            if shared is not None:
                shared.close()
            raise
        with self._lock:
            self._sessions.append(session)
        return session

    def backend(self, request: Fields) -> Backend:
        """The backend that a request asks for, loaded.

        Raises:
            UsageError: a parameter is wrong.
            BundleError: the model is broken.
            BackendError: the backend cannot run here.
        """
        return self._backend(*backend_asked_for(request))

    def detector(self, name: str) -> ShotDetector:
        """The detector of that ``name``; the network stays loaded, and may serve several clients at once.

        Raises:
            UnknownNameError: there is none.
            BundleError, BackendError: it cannot be loaded.
        """
        if name != DEFAULT_DETECTOR:
            return create_detector(name)
        with self._loading:
            if self._detector is None:
                self._detector = create_detector(name)
            return self._detector

    def library(self, folder: Path, backend: Backend) -> StillLibrary:
        """The library in ``folder`` as it is now, open; to be asked while a turn is held.

        Raises:
            LibraryError: it cannot be used with the backend's model.
            UsageError: FAISS is missing.
        """
        try:
            changed = (folder / MANIFEST_NAME).stat().st_mtime_ns
        except OSError:
            changed = 0  # whoever opens it says what is wrong
        key = (str(folder), changed, id(backend))
        with self._loading:  # a large one takes a while, in which others' frames go on
            if key not in self._libraries:
                self._libraries[key] = open_library(folder, backend)
                while len(self._libraries) > OPEN_LIBRARIES:
                    del self._libraries[next(iter(self._libraries))]
            return self._libraries[key]

    def make_room(self, more: int = 0, keep: ServedSession | None = None) -> None:
        """Bring what is held, and ``more`` bytes, under the budget; ``keep`` is not closed.

        Raises:
            WorkerError: ``more`` has no room, and nothing idle is left to close.
        """
        for session in sorted(self._sessions, key=lambda session: session.used):
            if self.session_bytes + more <= self.budget - LEAST_STILLS:
                break
            if session is not keep and time.monotonic() - session.used >= self._idle_session_s:
                self._evict(session)
        held = self.session_bytes
        if more and held + more > self.budget - LEAST_STILLS:
            raise WorkerError(
                f"{self.session_count} sessions hold {held >> 20} MB of the worker's {self.budget >> 20} MB, and this "
                f"one wants {more >> 20} MB more; close one, or start the worker with more --memory"
            )
        self.stills.limit = max(self.budget - held - more, LEAST_STILLS)

    def has(self, session: ServedSession) -> bool:
        """Whether the session is still open."""
        with self._lock:
            return session in self._sessions

    def close(self, session: ServedSession) -> None:
        """End a session; harmless when it has ended."""
        with self._lock:
            if session not in self._sessions:
                return
            self._sessions.remove(session)
        session.close()

    def _evict(self, session: ServedSession) -> None:
        """End an idle session, unless a call on it has just begun."""
        if session.busy.acquire(blocking=False):
            try:
                _log.warning("the memory budget is used up: a session idle for the longest was closed")
                self.close(session)
            finally:
                session.busy.release()

    def _backend(self, name: str, bundle: Bundle, threads: int | None) -> Backend:
        key = (str(bundle.folder.resolve()), bundle.manifest.identity, name, threads)
        with self._loading:
            if key not in self._backends:
                self._backends[key] = create_backend(name, bundle, threads=threads)
            return self._backends[key]

    def _tell(self, digest: str, size: int) -> None:
        """An encoded still had to go; called while a turn is held."""
        text = f"the memory budget of {self.budget >> 20} MB is used up: an encoded still ({size >> 10} KB) was dropped"
        _log.warning(text)
        with self._lock:
            for session in self._sessions:
                if session.uses(digest):
                    session.notices.append(f"{text} and will be encoded again when it is needed")


def backend_asked_for(request: Fields) -> tuple[str, Bundle, int | None]:
    """Name of the backend, model, and threads that a request asks for.

    Raises:
        UsageError: a parameter is wrong, or there is no such model.
        BundleError: it is broken.
    """
    threads = request.whole("threads", least=1, most=1024) if request.has("threads") else None
    name = request.text("backend") if request.has("backend") else AUTO
    return name, find_bundle(request.text("model") if request.has("model") else DEFAULT_MODEL), threads
