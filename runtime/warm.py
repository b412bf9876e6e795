"""What a run may share with others of its process: loaded backends, encoded stills, and turns at using them."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

from tinct.runtime.backends import create_backend
from tinct.runtime.backends.base import Backend
from tinct.runtime.bank import EncodedStills
from tinct.runtime.bundle import Bundle
from tinct.runtime.session import ColorizationSession


def _own_backend(name: str, bundle: Bundle, threads: int | None) -> Backend:
    return create_backend(name, bundle, threads=threads)


@dataclass(frozen=True)
class Warm:
    """Where a run gets its backend and its stills from; as it stands: its own, for itself alone.

    ``backend``: gives one that has the bundle loaded, by name and number of threads. ``stills``: the store of encoded
    stills, None for one of the run's own. ``turn``: held while the network works.
    """

    backend: Callable[[str, Bundle, int | None], Backend] = _own_backend
    stills: EncodedStills | None = None
    turn: Callable[[], AbstractContextManager[None]] = nullcontext

    def encode(self, session: ColorizationSession, backend: Backend, number: int) -> None:
        """Encode the stills in force at frame ``number``, each in a turn of its own, so that a hundred new ones do not
        keep the others waiting; nothing where stills are not shared.

        Raises:
            BackendError: the reference graph failed.
        """
        if self.stills is None:
            return
        for reference in session.references_at(number):
            with self.turn():
                self.stills.encode(reference, backend, session.short_side)
