"""The session: colours frame after frame and owns what one frame takes from the one before."""

import math
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinct.runtime.backends.base import Backend
from tinct.runtime.bank import EncodedStills, Reference, ReferenceBank, build_bank, encode_view, reference_set_id
from tinct.runtime.errors import StateError, UsageError
from tinct.runtime.frame_tensors import FrameTensors
from tinct.runtime.hints import Hints
from tinct.runtime.look_ahead import BankKey, Begun, Expected, LookAhead, in_range
from tinct.runtime.motion.anchor import NOWHERE
from tinct.runtime.past import ANCHORED, Past, StillViews
from tinct.runtime.picture.working_size import WorkingSize
from tinct.runtime.state import TemporalState
from tinct.runtime.still_choice import ALL, FRAME_CELLS, STILLS_AT_ONCE, Choice, cells_of, choice_at, likeness

__all__ = ["ColorizationSession", "Hints", "Reference", "StepResult"]

Image = NDArray[np.float32]

LARGEST_WORKING_SIZE = 2160


@dataclass(frozen=True, eq=False)
class StepResult:
    """One coloured frame at working size (h, w), without the network's padding.

    ``ab``: (h, w, 2) float32 Lab units; ``confidence``: (h, w) 0..1; ``lightness``: (h, w) L* 0..100 that the network
    saw.
    ``was_reset``: nothing was taken from a previous frame.
    """

    number: int
    ab: Image
    confidence: Image
    lightness: Image
    was_reset: bool


@dataclass(frozen=True)
class _Term:
    """Stills in force from one frame on; ``start`` is a frame number or minus infinity."""

    start: float
    references: tuple[Reference, ...]
    identity: str


class ColorizationSession:
    """Colours the frames of one plate, in order, from the stills in force.

    A frame's result depends on its lightness, the stills in force, the hints and the state before it, and on nothing
    else: the same calls give the same bits on the same backend. Not thread-safe; the backend may serve other sessions
    in turn.
    """

    def __init__(
        self,
        backend: Backend,
        *,
        working_size: int | None = None,
        stills_at_once: int = STILLS_AT_ONCE,
        encoded: EncodedStills | None = None,
    ) -> None:
        """Start without stills.

        Args:
            backend: has the model loaded.
            working_size: short side in pixels at which the network works; None takes the model's own.
            stills_at_once: how many stills of a set take part in a frame at most; of a larger set those that together
                show most of it (`still_choice`).
            encoded: encoded stills to share with other sessions; None keeps a store of this session's own.

        Raises:
            UsageError: ``working_size`` is not between the model's size multiple and 2160, or ``stills_at_once`` is
                below 1.
        """
        manifest = backend.bundle.manifest
        self.short_side = manifest.working_size if working_size is None else working_size
        if not manifest.size_multiple <= self.short_side <= LARGEST_WORKING_SIZE:
            raise UsageError(
                f"the working size {self.short_side} is out of range: the model {manifest.name} works at "
                f"{manifest.size_multiple} to {LARGEST_WORKING_SIZE} pixels"
            )
        if stills_at_once < 1:
            raise UsageError(f"stills at once is {stills_at_once} and must be 1 or more")
        self.stills_at_once = stills_at_once
        self._backend = backend
        self._manifest = manifest
        self._past = Past(manifest)
        self._tensors = FrameTensors(manifest)
        self._encoded = EncodedStills() if encoded is None else encoded
        self._terms: tuple[_Term, ...] = ()
        self._bank: tuple[BankKey, ReferenceBank] | None = None
        self._state: TemporalState | None = None

    def set_references(self, references: Sequence[Reference]) -> None:
        """Replace all stills.

        Stills named for the same frame are one set. At frame n the set with the latest ``from_frame`` <= n is in
        force and replaces earlier ones. A state that depended on a set that is no longer in force is not used any
        more. Stills are encoded when they come into force.
        """
        grouped: dict[float, list[Reference]] = {}
        for reference in references:
            start = -math.inf if reference.from_frame is None else reference.from_frame
            grouped.setdefault(start, []).append(reference)
        self._terms = tuple(
            _Term(
                start,
                tuple(stills),
                reference_set_id(stills, self._manifest, self.short_side, self.stills_at_once),
            )
            for start, stills in sorted(grouped.items())
        )
        if self._state is not None and self._identity_at(self._state.frame) != self._state.reference_set:
            self._state = None

    def look_ahead(self) -> LookAhead:
        """What looks at the frames before `step` does, perhaps on another thread."""
        return LookAhead(self.fit, self._past.motion, self._begin)

    def _begin(self, small: Image, size: WorkingSize) -> Begun | None:
        """What a frame of that ``small`` lightness begins with if the stills of the last one stay. On any thread."""
        held = self._bank
        if held is None:
            return None
        key, bank = held
        tensors = self._backend.begin_frame(self._tensors.luminance(size.pad(small)) | bank.inputs)
        return Begun(key, tensors) if tensors else None

    def step(
        self,
        number: int,
        lightness: Image,
        *,
        hints: Hints | None = None,
        continues: bool = False,
        expected: Expected | None = None,
    ) -> StepResult:
        """Colour frame ``number``.

        Frame n takes the state of frame n - 1. After any other frame it starts fresh (``was_reset``), unless the
        caller, who left frames out on purpose, says with ``continues`` that the last frame stepped is the one before
        it. It also starts fresh where another set of stills comes into force. Before the first set the frame stays
        grey: ab and confidence are 0.

        Args:
            number: the plate's own frame number.
            lightness: (H, W) float32 L*, 0..100, of any size; values beyond are clipped, not-a-number counts as 0.
            hints: wanted colours at some pixels.
            continues: the frame follows the last one stepped although the numbers do not.
            expected: what `look_ahead` gave for this very lightness, so that it is not done once more; the result is
                the same bits.

        Raises:
            ValueError: lightness is not a float32 plane, or the hints are of another size.
            StateError: the state before it is of another plate size; `reset` first.
            BackendError: inference failed; the session stands as before the call.
        """
        if lightness.ndim != 2 or 0 in lightness.shape or lightness.dtype != np.float32:
            raise ValueError(f"lightness must be float32 (H, W), not {lightness.dtype} {lightness.shape}")
        height, width = lightness.shape
        term = self._term_at(number)
        if term is None:
            return self.leave_grey(number, lightness)
        size = self.fit(width, height)
        small = size.reduce(in_range(lightness)) if expected is None else expected.lightness
        previous = self._previous(number, term, size, continues=continues)
        choice = self._choice(term, size.pad(small), previous)
        key, bank = self._bank_of(term, choice)
        begun = {} if expected is None else expected.begun_from(key)
        past = self._past.of(previous, small, size, self._views(term, choice), expected)
        tensors = self._tensors.inputs(size.pad(small), size, past.images, hints, previous)
        outputs = self._backend.colorize_frame({**tensors, **bank.inputs, **begun})
        ab, confidence = self._tensors.results(outputs, size, backend=self._backend.NAME)
        anchor = past.anchor
        if anchor is not None and hints is not None and hints.mask.any():
            anchor = anchor.overruled(*(size.crop(image) for image in (ab, *(past.images[name] for name in ANCHORED))))
        origin = term.identity, self._manifest.identity
        self._state = TemporalState(number, size.pad(small), ab, confidence, *origin, choice.stills, choice.age, anchor)
        self._tensors.carry(self._state, tensors, outputs)
        return StepResult(number, size.crop(ab), size.crop(confidence), small, previous is None)

    def leave_grey(self, number: int, lightness: Image) -> StepResult:
        """The result of frame ``number``, L* (H, W) 0..100, without any colour: ab and confidence are 0. The next frame
        starts fresh."""
        self._state = None
        height, width = lightness.shape
        size = self.fit(width, height)
        small = size.reduce(in_range(lightness))
        return StepResult(number, np.zeros((*size.shape, 2), np.float32), np.zeros(size.shape, np.float32), small, True)

    def references_at(self, number: int) -> tuple[Reference, ...]:
        """The stills in force at frame ``number``."""
        term = self._term_at(number)
        return () if term is None else term.references

    @property
    def held_bytes(self) -> int:
        """Bytes that the session holds for itself: its state and the bank of the stills in force."""
        images: list[Image] = []
        if self._state is not None:
            images += self._state.images.values()
        if self._bank is not None:
            bank = self._bank[1]
            images += [bank.bias, *bank.tensors.values()]
        return sum(image.nbytes for image in images) + self._tensors.held_bytes

    def fit(self, width: int, height: int) -> WorkingSize:
        """The size at which a plate of ``width`` x ``height`` pixels is worked."""
        return WorkingSize.fit(width, height, self.short_side, self._manifest.size_multiple)

    def reset(self) -> None:
        """Forget the previous frame; the stills stay."""
        self._state = None

    def snapshot(self) -> TemporalState | None:
        """What the next step would take from the past; None when there is nothing."""
        return self._state

    def restore(self, state: TemporalState | None) -> None:
        """Go on from ``state`` (a `snapshot`; None is as `reset`): the next frames come out bit for bit as they would
        have.

        Raises:
            StateError: the state is of another model, another working size, or depends on stills that are not in
            force at its
                frame; the session stands as before the call.
        """
        if state is not None:
            self._check_foreign(state)
        self._state = state

    def _check_foreign(self, state: TemporalState) -> None:
        if state.model != self._manifest.identity:
            raise StateError(
                f"the state of frame {state.frame} was made by the model {state.model}, and this session runs "
                f"{self._manifest.identity}; colour the shot from its start"
            )
        if state.reference_set != self._identity_at(state.frame):
            raise StateError(
                f"the state of frame {state.frame} was made with other stills, or at another working size, than are "
                "in force there now; colour the shot from its start"
            )
        term = self._term_at(state.frame)
        if term is not None and (
            (len(term.references) > self.stills_at_once) != bool(state.stills)
            or len(state.stills) > self.stills_at_once
            or any(not 0 <= still < len(term.references) for still in _stills_named(state))
        ):
            raise StateError(
                f"the state of frame {state.frame} names the stills {_stills_named(state)} of a set of "
                f"{len(term.references)}; colour the shot from its start"
            )
        if any(extent == 0 or extent % self._manifest.size_multiple for extent in state.luminance.shape):
            raise StateError(
                f"the state of frame {state.frame} has the size {state.luminance.shape}, no working size of the "
                f"model {self._manifest.name}; colour the shot from its start"
            )

    def _term_at(self, number: int) -> _Term | None:
        index = bisect_right([term.start for term in self._terms], number)
        return self._terms[index - 1] if index else None

    def _identity_at(self, number: int) -> str | None:
        term = self._term_at(number)
        return None if term is None else term.identity

    def _choice(self, term: _Term, luminance: Image, previous: TemporalState | None) -> Choice:
        """Which stills of ``term`` take part in a frame of that ``luminance`` (h, w) L*, padded, after ``previous``."""
        if len(term.references) <= self.stills_at_once:
            return ALL
        return choice_at(previous, luminance, self._likeness(term, luminance), self.stills_at_once)

    def _likeness(self, term: _Term, luminance: Image) -> Iterator[Image]:
        """How well each still shows the cells of the frame, one after the other."""
        grey = np.dstack([luminance, np.zeros((*luminance.shape, 2), np.float32)])
        frame = cells_of(encode_view(grey, self._backend)[self._manifest.bank[0]], FRAME_CELLS)
        for reference in term.references:
            cells = self._encoded.cells(reference, self._backend, self.short_side)
            yield likeness(frame, cells, math.log(reference.weight))

    def _bank_of(self, term: _Term, choice: Choice) -> tuple[BankKey, ReferenceBank]:
        key = term.identity, choice.stills
        if self._bank is None or self._bank[0] != key:
            self._bank = None  # freed before the next one is joined
            taken = [term.references[still] for still in choice.stills] or term.references
            self._bank = key, build_bank(taken, self._backend, self.short_side, self._encoded)
        return self._bank

    def _views(self, term: _Term, choice: Choice) -> StillViews:
        def view(still: int) -> Image:
            return self._encoded.encode(term.references[still], self._backend, self.short_side).view

        return StillViews(choice.stills or tuple(range(len(term.references))), view)

    def _previous(self, number: int, term: _Term, size: WorkingSize, *, continues: bool) -> TemporalState | None:
        """The state that frame ``number`` may take, or None."""
        state = self._state
        if state is None or state.reference_set != term.identity or not (continues or number == state.frame + 1):
            return None
        other = state.anchor is not None and state.anchor.trust.shape != size.shape
        if other or state.luminance.shape != size.padded_shape:
            raise StateError(
                f"frame {number} is {size.plate_width}x{size.plate_height}, and the state before it, of frame "
                f"{state.frame}, is of another plate size; reset the session before another plate"
            )
        return state


def _stills_named(state: TemporalState) -> tuple[int, ...]:
    anchored = () if state.anchor is None or state.anchor.still == NOWHERE else (state.anchor.still,)
    return (*state.stills, *anchored)
