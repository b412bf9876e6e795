"""What a run may share with others of its process: loaded backends, encoded stills, and turns at using them."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinct.runtime.backends import create_backend
from tinct.runtime.backends.base import Backend
from tinct.runtime.bank import EncodedStills
from tinct.runtime.bundle import Bundle
from tinct.runtime.errors import BackendError
from tinct.runtime.hint_points import HintTracker
from tinct.runtime.look_ahead import Expected
from tinct.runtime.session import ColorizationSession, StepResult
from tinct.runtime.still_cache import StillCache

Image = NDArray[np.float32]


def _own_backend(name: str, bundle: Bundle, threads: int | None) -> Backend:
    return create_backend(name, bundle, threads=threads)


@dataclass(frozen=True)
class Warm:
    """Where a run gets its backend and its stills from; as it stands: its own, for itself alone.

    ``backend``: gives one that has the bundle loaded, by name and number of threads. ``stills``: the store of encoded
    stills, None for one of the run's own, which then looks into ``cache``, if there is one, before it encodes.
    ``turn``: held while the network works.
    """

    backend: Callable[[str, Bundle, int | None], Backend] = _own_backend
    stills: EncodedStills | None = None
    turn: Callable[[], AbstractContextManager[None]] = nullcontext
    cache: StillCache | None = None

    @property
    def encoded(self) -> EncodedStills:
        """The store of encoded stills of one run."""
        return EncodedStills(cache=self.cache) if self.stills is None else self.stills

    def step(
        self,
        session: ColorizationSession,
        backend: Backend,
        hints: HintTracker | None,
        number: int,
        lightness: Image,
        *,
        continues: bool,
        expected: Expected | None = None,
    ) -> StepResult:
        """Step ``session``, whose backend is ``backend``, to frame ``number`` with the hints that are followed there,
        while a turn is held. Stills that are shared are encoded before, each in a turn of its own, so that a hundred
        new ones do not keep the others waiting.

        Args:
            session: see above.
            backend: see above.
            hints: followed through the plate; None: there are none.
            number: the plate's own frame number.
            lightness: (H, W) float32 L*, 0..100, of the whole plate.
            continues: as `ColorizationSession.step` has it.
            expected: likewise.

        Raises:
            StateError: as `ColorizationSession.step`.
            BackendError: inference failed, or gave values that are not numbers.
        """
        if self.stills is not None:
            for reference in session.references_at(number):
                with self.turn():
                    self.stills.encode(reference, backend, session.short_side)
        height, width = lightness.shape
        with self.turn():
            found = None if hints is None else hints.at(number, lightness, session.fit(width, height))
            step = session.step(number, lightness, hints=found, continues=continues, expected=expected)
        if not np.isfinite(step.ab).all():
            raise BackendError(
                f"the network gave values that are not numbers at frame {number}; try another backend, and report it"
            )
        return step
