"""A session of one client: the plate's facts, its stills and hints, and the calls on it."""

import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinct.runtime.backends.base import Backend
from tinct.runtime.bank import Reference
from tinct.runtime.composer import Composer, enlarged
from tinct.runtime.errors import StateError, StillError, UsageError
from tinct.runtime.hint_points import HintTrack, HintTracker, PointHint
from tinct.runtime.media import read_still
from tinct.runtime.media.linear_space import LinearSpace
from tinct.runtime.media.luma import desaturate
from tinct.runtime.media.plate import LUMA_COEFFICIENTS, ColourTags
from tinct.runtime.media.stills import is_grey
from tinct.runtime.picture.colour import check_transfer, luma_to_lightness
from tinct.runtime.run.checkpoint import Checkpoint, Tally
from tinct.runtime.session import ColorizationSession, StepResult
from tinct.runtime.warm import Warm
from tinct.runtime.worker.fields import Fields, whole_path
from tinct.runtime.worker.framing import parse_framing
from tinct.runtime.worker.plate_source import PlateSource
from tinct.runtime.worker.shared_frame import SharedFrame
from tinct.runtime.worker.views import LARGEST_VIEW, VIEWS, ShownFrame, shown

Image = NDArray[np.float32]
Arrays = Mapping[str, NDArray[Any]]

OUTPUTS = ("rgb", "ab", "confidence", *VIEWS)
VIEW_SIZE = 960
LARGEST_SIDE = 16384
MOST_STILLS = 1000
NO_FRAME = -(2**53)
"""Stands for the last frame before there is one: before all frames of a plate."""


@dataclass(frozen=True)
class PlateFacts:
    """What `compose` must know of a plate: see `ColourTags`, `compose` and `keeps_values_above_one`."""

    width: int
    height: int
    tags: ColourTags
    chroma: float
    limit: bool

    @classmethod
    def of(cls, request: Fields, source: PlateSource | None) -> "PlateFacts":
        """From ``width``, ``height``, ``matrix``, ``transfer``, ``space``, ``chroma`` and ``limit`` of a request; where
        the plate has a ``source``, that knows the first five.

        Raises:
            UsageError: one is out of range.
        """
        chroma = request.number("chroma", 1.0)
        if chroma < 0:
            raise UsageError(f"chroma is {chroma} and must be 0 or more; 1 is the colour as the stills have it")
        if source is not None:
            info = source.info
            limit = request.flag("limit", info.colour.space is None)
            return cls(info.width, info.height, info.colour, chroma, limit)
        matrix = request.text("matrix") if request.has("matrix") else "bt709"
        if matrix not in LUMA_COEFFICIENTS:
            raise UsageError(f"no matrix named {matrix!r}: they are {', '.join(LUMA_COEFFICIENTS)}")
        transfer = request.text("transfer") if request.has("transfer") else "bt709"
        space = _space(request) if request.has("space") else None
        tags = ColourTags(matrix=matrix, transfer=transfer, space=space)
        try:
            check_transfer(tags)
        except ValueError as error:
            raise UsageError(str(error)) from error
        width = request.whole("width", least=1, most=LARGEST_SIDE)
        height = request.whole("height", least=1, most=LARGEST_SIDE)
        return cls(width, height, tags, chroma, request.flag("limit", True))


class ServedSession:
    """Colours frames as ``tinct colorize`` does, for one client. Calls are made by one thread at a time.

    ``number``: its name on its connection; ``used``: when it was last used (`time.monotonic`); ``busy``: held while a
    call runs, so that the session is not taken away from under it.
    """

    def __init__(
        self,
        backend: Backend,
        plate: PlateFacts,
        warm: Warm,
        *,
        working_size: int | None,
        stills_at_once: int,
        source: PlateSource | None,
        shared: SharedFrame | None,
    ) -> None:
        """Start without stills. ``source``: of the plate's frames where the client gives none; closed with the session.

        Raises:
            UsageError: the working size is out of range.
        """
        self.backend, self.plate, self.source, self.shared = backend, plate, source, shared
        self._warm = warm
        self._session = ColorizationSession(
            backend, working_size=working_size, stills_at_once=stills_at_once, encoded=warm.stills
        )
        self._composer = Composer(backend, plate.tags, (plate.height, plate.width), limit=plate.limit)
        self._references: tuple[Reference, ...] = ()
        self._points: list[PointHint] = []
        self._hints: HintTracker | None = None
        self._last = NO_FRAME
        self._shown: ShownFrame | None = None
        self.used = time.monotonic()
        self.busy = Lock()
        self.notices: deque[str] = deque(maxlen=20)

    @property
    def held_bytes(self) -> int:
        """Bytes that would be free if this session ended; encoded stills are everybody's."""
        pixels = sum(reference.rgb.nbytes for reference in self._references)
        held = self._session.held_bytes + pixels + (0 if self.shared is None else self.shared.size)
        if self.source is not None:
            held += self.source.held_bytes
        return held + (0 if self._shown is None else self._shown.luma.nbytes)

    def uses(self, digest: str) -> bool:
        """Whether a still of that digest is among this session's."""
        return any(reference.digest == digest for reference in self._references)

    def set_references(self, request: Fields, arrays: Arrays) -> None:
        """Replace all stills by those that ``stills`` of the request lists, each by ``path`` or ``array``.

        Raises:
            UsageError: a wrong description.
            StillError: a still cannot be used.
            MediaError: a file cannot be read.
        """
        listed = request.listed("stills")
        if len(listed) > MOST_STILLS:
            raise UsageError(f"{len(listed)} stills were given; a session takes at most {MOST_STILLS}")
        management = None if self.source is None else self.source.management
        to_srgb = None if management is None else management.still_to_srgb
        references = tuple(_reference(Fields(one, "a still"), arrays, to_srgb) for one in listed)
        self._session.set_references(references)
        self._references = references

    def set_hints(self, request: Fields) -> None:
        """Replace all hints by those that ``hints`` of the request lists; points are followed from now on.

        Raises:
            UsageError: a wrong description, or a point outside the picture.
        """
        self._points = [self._hint(Fields(one, "a hint")) for one in request.listed("hints")]
        self._follow_afresh()

    def reset(self) -> None:
        """Forget the frame before; points are followed from their own frames on again."""
        self._session.reset()
        self._follow_afresh()

    def snapshot(self) -> bytes:
        """A `Checkpoint` after the last frame, as bytes."""
        return self._checkpoint().to_bytes()

    def restore(self, data: bytes) -> None:
        """Go on from a `snapshot`.

        Raises:
            StateError: it is none, or of another model, size, or other stills or hints; nothing has changed.
        """
        checkpoint, before = Checkpoint.from_bytes(data), self._checkpoint()
        try:
            self._go_back(checkpoint)
        except StateError:
            self._go_back(before)
            raise

    def render(self, request: Fields, arrays: Arrays) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """Colour frame ``number`` of the plate: facts and the arrays that ``outputs`` names.

        The picture is ``luma`` (H, W) or ``rgb`` (H, W, 3), float32 as in the file; ``mask`` (H, W) float32 0..1 limits
        the colour. Where neither is given the plate's own file is read. Out come ``rgb`` (H, W, 3) as `compose` makes
        it, ``ab`` (H, W, 2) in Lab units as it went into that, ``confidence`` (h, w) 0..1 at working size, and `VIEWS`
        with no side over ``view_size``. After an error and after a ``preview`` the session stands as before.

        Raises:
            UsageError: an array is missing or of another shape.
            FrameRangeError, MediaError: the plate's file has no such frame, or it cannot be read.
            BackendError: inference failed.
        """
        number = request.whole("number")
        outputs = request.listed("outputs")
        if strange := [name for name in outputs if name not in OUTPUTS]:
            raise UsageError(f"no output named {strange[0]!r}: they are {', '.join(OUTPUTS)}")
        view_size = request.whole("view_size", least=16, most=LARGEST_VIEW) if request.has("view_size") else VIEW_SIZE
        luma, mask = self._luma(number, arrays), self._mask(number, arrays)
        lightness = luma_to_lightness(luma, self.plate.tags)
        before = self._checkpoint()
        try:
            step = self._step(number, lightness, continues=request.flag("continues", False))
        except BaseException:
            self._go_back(before)
            raise
        facts = {
            "number": number,
            "was_reset": step.was_reset,
            "mean_confidence": float(step.confidence.mean()),
            "hints": self._hint_facts(),
        }
        if request.flag("preview", False):
            self._go_back(before)
        else:
            self._last = number
        self._shown = ShownFrame(luma, step, mask, self.plate.tags, self.plate.chroma)
        made = self._finish(outputs, luma, lightness, step, mask)
        views = [name for name in outputs if name in VIEWS]
        return facts, made | (shown(views, view_size, self._shown) if views else {})

    def pixel(self, request: Fields) -> dict[str, Any]:
        """What there is at the pixel ``x``, ``y`` of the frame that was rendered last: `ShownFrame.pixel`.

        Raises:
            UsageError: it lies outside the picture, or no frame was rendered.
        """
        x = request.whole("x", least=0, most=self.plate.width - 1)
        y = request.whole("y", least=0, most=self.plate.height - 1)
        if self._shown is None:
            raise UsageError("no frame was rendered, of which a pixel could be told")
        return self._shown.pixel(x, y)

    def close(self) -> None:
        """Let everything go."""
        if self.shared is not None:
            self.shared.close()
        if self.source is not None:
            self.source.close()
        self._shown = None
        self._session, self._references = None, ()  # type: ignore[assignment]

    def _step(self, number: int, lightness: Image, *, continues: bool) -> StepResult:
        if number <= self._last:
            self._follow_afresh()
        return self._warm.step(self._session, self.backend, self._hints, number, lightness, continues=continues)

    def _hint_facts(self) -> list[list[float | int | None]]:
        """As `HintSeen` of the client: place in the request, x, y and last frame of each hint that has begun."""
        if self._hints is None:
            return []
        size = self._session.fit(self.plate.width, self.plate.height)
        return [
            [self._points.index(hint), *(place or (None, None)), last] for hint, place, last in self._hints.tracks(size)
        ]

    def _finish(
        self, outputs: list[str], luma: Image, lightness: Image, step: StepResult, mask: Image | None
    ) -> dict[str, NDArray[Any]]:
        """As `colorize_plate` composes."""
        arrays: dict[str, NDArray[Any]] = {}
        chroma, ab = self.plate.chroma, None
        if "ab" in outputs or ("rgb" in outputs and mask is not None):
            ab = enlarged(step, lightness, mask)
        if "rgb" in outputs:
            arrays["rgb"] = self._composer.rgb(luma, lightness, step, chroma=chroma, ab=ab)
        if "ab" in outputs and ab is not None:
            arrays["ab"] = ab * np.float32(chroma)
        if "confidence" in outputs:
            arrays["confidence"] = step.confidence
        return arrays

    def _luma(self, number: int, arrays: Arrays) -> Image:
        if self.source is not None and "rgb" not in arrays and "luma" not in arrays:
            return self.source.frame(number).luma
        shape = (self.plate.height, self.plate.width)
        if "rgb" in arrays:
            return desaturate(_image("rgb", arrays, (*shape, 3)), self.plate.tags.luma_weights)
        return _image("luma", arrays, shape)

    def _mask(self, number: int, arrays: Arrays) -> Image | None:
        if "mask" not in arrays:
            return None if self.source is None else self.source.mask(number)
        mask = _image("mask", arrays, (self.plate.height, self.plate.width))
        return np.clip(np.nan_to_num(mask), 0, 1).astype(np.float32)

    def _hint(self, fields: Fields) -> PointHint:
        x, y = fields.number("x", -1.0), fields.number("y", -1.0)
        if not (0 <= x <= self.plate.width - 1 and 0 <= y <= self.plate.height - 1):
            raise UsageError(
                f"a hint lies at {x:g},{y:g}, outside the picture of {self.plate.width}x{self.plate.height}"
            )
        red, green, blue = fields.numbers("colour", 3)
        return PointHint(fields.whole("frame"), x, y, (red, green, blue))

    def _checkpoint(self) -> Checkpoint:
        hints = None if self._hints is None else self._hints.snapshot()
        return Checkpoint(0, self._last, self._session.snapshot(), hints, Tally())

    def _go_back(self, checkpoint: Checkpoint) -> None:
        self._session.restore(checkpoint.state)
        self._last = checkpoint.frame
        if self._hints is None:
            return
        try:
            self._hints.restore(checkpoint.hints or HintTrack((), (), None), checkpoint.frame)
        except (IndexError, ValueError, TypeError) as error:
            raise StateError("the checkpoint was made with other hints; give those, or reset") from error

    def _follow_afresh(self) -> None:
        self._hints = HintTracker(self._points) if self._points else None


def _reference(fields: Fields, arrays: Arrays, to_srgb: Callable[[Image], Image] | None) -> Reference:
    frame = fields.whole("frame") if fields.has("frame") else None
    weight = fields.number("weight", 1.0)
    if weight <= 0:
        raise UsageError(f"the weight of a still is {weight} and must be above 0")
    if fields.has("path"):
        still = read_still(Path(whole_path(fields, "path")), to_srgb=to_srgb, framing=parse_framing(fields))
        return Reference(still, frame, weight)
    name = fields.text("array")
    pixels = arrays.get(name)
    if pixels is None or pixels.dtype != np.float32 or pixels.ndim != 3 or pixels.shape[2] != 3 or 0 in pixels.shape:
        raise UsageError(f"the still {name!r} must come as float32 (H, W, 3), sRGB-encoded 0..1")
    if not np.isfinite(pixels).all():
        raise StillError("a still holds NaN or infinity; give finite pixels")
    if is_grey(pixels):
        raise StillError(f"the still {name!r} is grey; use one that shows the colours")
    return Reference(pixels, frame, weight)


def _image(name: str, arrays: Arrays, shape: tuple[int, ...]) -> Image:
    image = arrays.get(name)
    if image is None or image.dtype != np.float32 or image.shape != shape:
        have = "missing" if image is None else f"{image.dtype} {image.shape}"
        raise UsageError(f"{name!r} of the request must be float32 {shape} as the session was opened, and is {have}")
    return image


def _space(request: Fields) -> LinearSpace:
    space = request.inner("space")
    rows = space.numbers("to_xyz", 9)
    weights = space.numbers("luma_weights", 3)
    return LinearSpace(
        space.text("name"),
        ((rows[0], rows[1], rows[2]), (rows[3], rows[4], rows[5]), (rows[6], rows[7], rows[8])),
        (weights[0], weights[1], weights[2]),
        space.flag("scene", True),
    )
