"""The effect in OpenFX's terms, for hosts that hand over pixels: instances that render.

A frame's colour follows from the frame before, so there is one true result of frame n: that of a pass over the shot
from its first frame to n. An instance gives it wherever it can: frame after frame, from a checkpoint that it kept, or
by going again over the frames in between, which it fetches from the host. Where it cannot, the frame is a ``preview``,
and whatever is rendered later is as if the preview had never been asked for.

Standard library alone, Python 3.9: this file goes into hosts as it stands. Actions and properties are those of
ofxImageEffect.h 1.5.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Mapping, Sequence
from typing import Any, Callable, NamedTuple

from tinct.plugin.client import Client, Frame, Hint, PlateFacts, Session, Still
from tinct.plugin.params import StillInForce, parse_hints, parse_stills, validated
from tinct.plugin.worker_arguments import plate_arguments, session_arguments
from tinct.plugin.worker_types import HintSeen

CHECKPOINT_FRAMES = 12
"""Frames from one kept checkpoint to the next: going back costs at most as many steps."""
MOST_CHECKPOINTS = 64
"""Beyond as many every other one is let go of: 2.4 MB each at the usual working size."""

_STATE_NAMES = frozenset(("hints", "model", "backend", "workingSize", "stillsAtOnce"))
"""Parameters on which every state depends; chroma is laid on afterwards."""
_PLATE_NAMES = frozenset(("inputSpace", "stillSpace", "ocio"))
"""As those, of a `PlateFile`."""
_SESSION_NAMES = _STATE_NAMES | {"stills", "chroma"}

Fetch = Callable[[int], Any]
"""The host's picture of a frame, as `Session.render` takes it; None where it has none."""


class PlateDescription(NamedTuple):
    """The Source clip: size in pixels, how its values are encoded (`Client.open_session`), and its ``first`` frame;
    None: the earliest that was rendered."""

    width: int
    height: int
    matrix: str = "bt709"
    transfer: str = "bt709"
    limit: bool = True
    space: dict[str, Any] | None = None
    first: int | None = None


class PlateFile(NamedTuple):
    """The Source clip as a file that the worker reads: a movie, a sequence's pattern or a folder, and a range of its
    own frames such as ``1001-1100``, None for all of them. ``fetch`` then gives `FROM_FILE`."""

    path: str
    frames: str | None = None


class Rendered(NamedTuple):
    """A rendered frame.

    ``arrays``: as `client.Frame.arrays`. ``preview``: it is not the frame that a pass over the shot gives.
    ``was_reset``: nothing was taken from a frame before. ``confidence``: mean of the match, 0..1. ``hints``: where they
    are, in the order of the parameter.
    """

    number: int
    arrays: dict[str, memoryview]
    preview: bool
    was_reset: bool
    confidence: float
    hints: tuple[HintSeen, ...] = ()


def create_instance(client: Client, plate: PlateDescription | PlateFile, values: Mapping[str, Any]) -> EffectInstance:
    """CreateInstance.

    Raises:
        ParameterError: a parameter's value is wrong.
        ClientError: the worker refuses it or cannot be reached.
    """
    return EffectInstance(client, plate, values)


class EffectInstance:
    """The effect on one clip. Calls may come from any thread; one at a time goes through."""

    def __init__(self, client: Client, plate: PlateDescription | PlateFile, values: Mapping[str, Any]) -> None:
        """See `create_instance`."""
        self._client, self._plate = client, plate
        self._values = validated(values)
        self._lock = threading.RLock()
        self._stride = 1
        self._kept: dict[int, bytes] = {}
        self._spacing = CHECKPOINT_FRAMES
        self._session = self._opened(self._values)
        facts = self._session.plate
        self._known_first = plate.first if isinstance(plate, PlateDescription) else facts and facts.first
        self._first = self._known_first
        self._at: int | None = None
        """The frame after which the session stands; None: it starts fresh, or stands elsewhere."""
        self._exact = False
        """Whether a pass over the shot would stand there too."""

    @property
    def values(self) -> dict[str, Any]:
        """Of all parameters, as they stand."""
        return dict(self._values)

    @property
    def stills(self) -> list[StillInForce]:
        """The stills, in the order in which they were given."""
        return _stills(self._values)

    def set_values(self, values: Mapping[str, Any]) -> None:
        """InstanceChanged: other values for some parameters, from the next frame on. What depended on the old ones is
        forgotten, and nothing else.

        Raises:
            ParameterError: a value is wrong; nothing has changed.
            WorkerRefused: a still, a hint or the model cannot be used; nothing has changed.
            ClientError: the worker cannot be reached.
        """
        with self._lock:
            new = validated({**self._values, **values})
            changed = {name for name in new if new[name] != self._values[name]}
            names = _SESSION_NAMES | ({*_PLATE_NAMES, "mask"} if isinstance(self._plate, PlateFile) else set())
            if not changed & names:
                self._values = new
                return
            self._leave()
            session = self._opened(new)
            self._session.close()
            self._session, old, self._values = session, self._values, new
            if changed & names & (_STATE_NAMES | _PLATE_NAMES):
                self._kept.clear()
            elif "stills" in changed:
                since = _first_difference(_stills(old), self.stills)
                self._kept = {frame: state for frame, state in self._kept.items() if frame < since}

    def clip_changed(self) -> None:
        """InstanceChanged of the Source clip: its pictures are others now."""
        self.purge_caches()

    def is_identity(self, time: int) -> bool:
        """IsIdentity: whether frame ``time`` is the plate's own, because no still is in force there."""
        with self._lock:
            return _term_start(self.stills, time) is None

    def get_frames_needed(self, time: int) -> range:
        """GetFramesNeeded: the frames of the Source clip from which frame ``time`` can be rendered as it should be."""
        with self._lock:
            return range(self._begin(time)[0], time + 1, self._stride)

    def begin_sequence_render(self, first: int, last: int, step: int = 1, interactive: bool = False) -> None:
        """BeginSequenceRender: frames ``first`` to ``last`` come, every ``step`` th. ``interactive`` renders, and those
        over steps other than 1, follow the same rules; a pass over steps is a shot of its own."""
        with self._lock:
            step = abs(step) or 1
            if step != self._stride:
                self.purge_caches()
                self._stride = step
            if self._first is None:
                self._first = min(first, last)

    @property
    def plate(self) -> PlateFacts | None:
        """What the worker knows of a `PlateFile`."""
        return self._session.plate

    def pixel(self, x: int, y: int) -> dict[str, Any]:
        """`Session.pixel` of the frame that was rendered last."""
        with self._lock:
            return self._session.pixel(x, y)

    def render(
        self,
        time: int,
        fetch: Fetch,
        mask: Any = None,
        outputs: Sequence[str] | None = None,
        view_size: int | None = None,
    ) -> Rendered:
        """Render frame ``time``.

        Args:
            time: the plate's own frame number.
            fetch: gives the Source's picture of a frame; for ``time`` always, for others None where the host has none.
            mask: (H, W) float32 0..1 that limits the colour.
            outputs: as `Session.render`; None: what the parameter ``view`` says.
            view_size: as there.

        Raises:
            ValueError: the picture or the mask has another size or type, or there is no picture of ``time``.
            WorkerRefused: the worker could not.
            ClientError: the worker cannot be reached.
        """
        with self._lock:
            if self._first is None or (time < self._first and self._known_first is None):
                self.purge_caches()
                self._first = time
            if outputs is None:
                outputs = ("confidence",) if self._values["view"] == "confidence" else ("rgb",)
            exact = self._go_before(time, fetch)
            picture = fetch(time)
            if picture is None:
                raise ValueError(f"the host gave no picture of frame {time}")
            frame = self._step(time, picture, exact, mask=mask, outputs=outputs, view_size=view_size)
            return Rendered(time, frame.arrays, not exact, frame.was_reset, frame.mean_confidence, frame.hints)

    def end_sequence_render(self) -> None:
        """EndSequenceRender: the clip is taken frame by frame again."""
        with self._lock:
            if self._stride != 1:
                self.purge_caches()
                self._stride = 1

    def purge_caches(self) -> None:
        """PurgeCaches: let go of everything that can be made again; results stay the same."""
        with self._lock:
            self._kept.clear()
            self._at, self._exact = None, False
            self._session.reset()

    def close(self) -> None:
        """DestroyInstance; harmless when called twice."""
        with self._lock:
            self._session.close()

    def _opened(self, values: Mapping[str, Any]) -> Session:
        plate, arguments = self._plate, session_arguments(values)
        if isinstance(plate, PlateFile):
            spaces = plate_arguments(values)
            session = self._client.open_plate(plate.path, plate.frames, **spaces, **arguments)
        else:
            session = self._client.open_session(plate.width, plate.height, **_named(plate), **arguments)
        try:
            session.set_references([_still(one) for one in _stills(values)])
            session.set_hints([Hint(one.frame, one.x, one.y, one[3:]) for one in parse_hints(values["hints"])])
        except BaseException:
            session.close()
            raise
        return session

    def _go_before(self, time: int, fetch: Fetch) -> bool:
        """Bring the session to where frame ``time`` follows; whether that is where the pass over the shot stands."""
        follows = self._at is not None and self._at == time - self._stride
        if follows and self._exact:
            return True
        begin, checkpoint = self._begin(time)
        picture = fetch(begin) if begin < time else None
        if begin < time and picture is None:
            if not follows:  # one preview goes on from another
                self._go_to(None)
            return False
        if not (self._exact and self._at == begin - self._stride):
            self._go_to(begin - self._stride, checkpoint)
        for number in range(begin, time, self._stride):
            picture = picture if number == begin else fetch(number)
            if picture is None:
                self._go_to(None)
                return False
            self._step(number, picture, True)
        return self._first is not None and time >= self._first

    def _begin(self, time: int) -> tuple[int, bytes | None]:
        """The first frame to step for frame ``time`` to be right, and the checkpoint to go on from; None where the
        session stands right before it or it starts fresh."""
        start = self._start(time)
        known = [frame for frame in self._kept if start <= frame < time]
        if self._exact and self._at is not None and max(known, default=start) <= self._at < time:
            return self._at + self._stride, None
        if known:
            return max(known) + self._stride, self._kept[max(known)]
        return min(start, time), None

    def _start(self, time: int) -> int:
        """The frame at which the colour of frame ``time`` has its beginning: where its stills come into force, or the
        clip's first; hints from before the stills are followed from there."""
        first = time if self._first is None else self._first
        term = _term_start(self.stills, time)
        if term is None or term <= first or any(hint.frame < term for hint in parse_hints(self._values["hints"])):
            return first
        return int(term) + -(int(term) - first) % self._stride

    def _step(
        self,
        time: int,
        picture: Any,
        exact: bool,
        mask: Any = None,
        outputs: Sequence[str] = (),
        view_size: int | None = None,
    ) -> Frame:
        follows = self._at == time - self._stride
        frame = self._session.render(time, picture, mask=mask, outputs=outputs, continues=follows, view_size=view_size)
        self._at, self._exact = time, exact
        if exact and self._first is not None and ((time - self._first) // self._stride + 1) % self._spacing == 0:
            self._keep()
        return frame

    def _go_to(self, frame: int | None, checkpoint: bytes | None = None) -> None:
        """Let the session stand after ``frame`` of the pass, by its checkpoint or, without one, with nothing before it;
        None: it stands nowhere in the pass."""
        self._leave()
        if checkpoint is None:
            self._session.reset()
        else:
            self._session.restore(checkpoint)
            self._at = frame
        self._exact = frame is not None

    def _leave(self) -> None:
        """Where the session stands in the pass is kept, for it goes elsewhere."""
        if self._exact and self._at is not None:
            self._keep()
        self._at, self._exact = None, False

    def _keep(self) -> None:
        """A checkpoint after the frame that was stepped last."""
        assert self._at is not None
        if self._at not in self._kept:
            self._kept[self._at] = self._session.snapshot()
        if len(self._kept) > MOST_CHECKPOINTS:
            self._spacing *= 2
            self._kept = {frame: self._kept[frame] for frame in sorted(self._kept)[1::2]}


def _named(plate: PlateDescription) -> dict[str, Any]:
    """Of `Client.open_session`."""
    return {"matrix": plate.matrix, "transfer": plate.transfer, "space": plate.space, "limit": plate.limit}


def _stills(values: Mapping[str, Any]) -> list[StillInForce]:
    return parse_stills(values["stills"])


def _still(still: StillInForce) -> Still:
    return Still(still.path, frame=still.frame, weight=still.weight, crop=still.crop, turn=still.turn)


def _term_start(stills: Sequence[StillInForce], time: float) -> float | None:
    """The frame from which the stills in force at ``time`` are so, minus infinity for the start; None: none is."""
    starts = [_start_of(still) for still in stills]
    return max((start for start in starts if start <= time), default=None)


def _start_of(still: StillInForce) -> float:
    return -math.inf if still.frame is None else still.frame


def _first_difference(old: Sequence[StillInForce], new: Sequence[StillInForce]) -> float:
    """The first frame at which other stills are in force; infinity where there is none."""
    starts = sorted({_start_of(still) for still in (*old, *new)})
    for start in starts:
        if _in_force(old, start) != _in_force(new, start):
            return start
    return math.inf


def _in_force(stills: Sequence[StillInForce], time: float) -> list[StillInForce]:
    term = _term_start(stills, time)
    return [still._replace(frame=None) for still in stills if _start_of(still) == term]
