"""The main job: colour a plate from stills and write the result, with all stages overlapped."""

import logging
import math
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tinct.runtime.backends import AUTO, backend_names, create_backend
from tinct.runtime.bundle import find_bundle
from tinct.runtime.colour import luma_to_lightness
from tinct.runtime.compose import compose
from tinct.runtime.errors import BackendError, CancelledError, FrameRangeError, UnknownNameError, UsageError
from tinct.runtime.hint_points import HintTracker, PointHint
from tinct.runtime.media import (
    CODECS,
    PlateFrame,
    PlateInfo,
    PlateReader,
    ResultFrame,
    ResultWriter,
    open_plate,
    open_writer,
    read_still,
)
from tinct.runtime.session import ColorizationSession, Reference, StepResult
from tinct.runtime.shot_plan import ShotPlan
from tinct.runtime.stages import Stage, Stages
from tinct.runtime.upsample import upsample_chroma

Image = NDArray[np.float32]

_FLOAT_SUFFIXES = (".exr", ".tif", ".tiff")
"""Formats that keep a float plate's values above 1."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class StillAt:
    """A reference still's file, and the plate's own frame number from which it is in force (None = from the start)."""

    path: str | os.PathLike[str]
    frame: int | None = None


@dataclass(frozen=True)
class ColorizeRequest:
    """What to colour, from which stills, and where the result goes.

    ``input``, ``output``: a movie, a sequence pattern (``shot.%04d.exr``, ``shot.####.dpx``), a folder, or one image.
    ``model``: a shipped bundle's name or a bundle's folder. ``backend``: ``auto`` or a backend's name.
    ``frames``: a range of the plate's own numbers such as ``1001-1100``; None = all. ``working_size``: short side in
    pixels at which the network works; None = the model's. ``chroma``: factor on a and b, 0 or more. ``codec``: one of
    `CODECS`, for movies; None = the container's usual one. ``threads``: of the network; None = every core. ``hints``:
    colours of single points, which are followed through the plate. ``shots``: where shots begin, and which stay grey.
    """

    input: str | os.PathLike[str]
    references: tuple[StillAt, ...]
    output: str | os.PathLike[str]
    model: str = "lite"
    backend: str = AUTO
    frames: str | None = None
    working_size: int | None = None
    chroma: float = 1.0
    codec: str | None = None
    overwrite: bool = False
    threads: int | None = None
    hints: tuple[PointHint, ...] = ()
    shots: ShotPlan = field(default_factory=ShotPlan)


@dataclass(frozen=True)
class Progress:
    """A frame was written: its number, how many are ``done`` of ``total``, and the speed so far."""

    frame: int
    done: int
    total: int
    seconds: float

    @property
    def fps(self) -> float:
        """Frames a second since the first frame was begun."""
        return self.done / self.seconds if self.seconds > 0 else 0.0

    @property
    def seconds_left(self) -> float:
        """Estimate of the time that the remaining frames take."""
        return (self.total - self.done) / self.fps if self.fps > 0 else math.inf


@dataclass(frozen=True)
class ColorizeReport:
    """What a finished run did.

    ``seconds``: from the first frame to the finished output. ``confidence``: mean over all coloured frames, 0..1 (0
    when none was coloured). ``busy``: seconds that each stage worked, by name, in the order of the stages.
    """

    output: Path
    frames: int
    seconds: float
    backend: str
    model: str
    confidence: float
    warnings: tuple[str, ...] = ()
    busy: Mapping[str, float] = field(default_factory=dict)

    @property
    def fps(self) -> float:
        """Frames a second over the whole run."""
        return self.frames / self.seconds if self.seconds > 0 else 0.0


ProgressCall = Callable[[Progress], None]
FrameCall = Callable[[ResultFrame, StepResult], None]


def colorize_plate(
    request: ColorizeRequest,
    *,
    progress: ProgressCall | None = None,
    cancelled: Callable[[], bool] | None = None,
    on_frame: FrameCall | None = None,
) -> ColorizeReport:
    """Colour a plate and write the result under its final name; on any error nothing is left of it.

    Everything that can be checked is checked before work begins: names, plate, stills, output, in this order.

    Args:
        request: what to do.
        progress: called after each written frame.
        cancelled: asked at least every 0.05 s; True stops the run.
        on_frame: called with each result and the session's own, before it is written; must not change them.
            All three are called on the calling thread.

    Raises:
        UsageError: an unknown name, a frame that the plate lacks, an output that exists, a parameter out of range.
        MediaError: the plate cannot be read.
        StillError: a still cannot be used.
        BundleError: the model is broken.
        BackendError: the backend cannot run here, or failed.
        OutputError: the result cannot be written.
        CancelledError: ``cancelled`` said so.
    """
    _check_names(request)
    bundle = find_bundle(request.model)
    with ExitStack() as stack:
        reader = stack.enter_context(open_plate(Path(request.input), frames=request.frames))
        info = reader.info
        _check_frames(request, info)
        _check_hint_places(request, info)
        references = [Reference(read_still(Path(still.path)), still.frame) for still in request.references]
        backend = create_backend(request.backend, bundle, threads=request.threads)
        session = ColorizationSession(backend, working_size=request.working_size)
        session.set_references(references)
        writer = stack.enter_context(
            open_writer(Path(request.output), info, codec=request.codec, overwrite=request.overwrite)
        )
        run = _Run(request, info, session)
        _log.info("%s: %d frames with %s on %s", info.path, len(info.frames), request.model, backend.NAME)
        seconds, busy = run.through(reader, writer, progress, cancelled, on_frame)
    return ColorizeReport(
        output=Path(request.output),
        frames=len(info.frames),
        seconds=seconds,
        backend=backend.NAME,
        model=bundle.manifest.name,
        confidence=run.confidence,
        warnings=(*_still_warnings(request, info), *_hint_warnings(request, info), *run.warnings()),
        busy=busy,
    )


@dataclass(frozen=True)
class _Prepared:
    frame: PlateFrame
    lightness: Image


@dataclass(frozen=True)
class _Coloured:
    prepared: _Prepared
    step: StepResult


class _Run:
    """One pass over a plate: the stages, and what is noticed on the way. Each stage touches fields of its own."""

    def __init__(self, request: ColorizeRequest, info: PlateInfo, session: ColorizationSession) -> None:
        self._request = request
        self._info = info
        self._session = session
        self._hints = HintTracker(request.hints) if request.hints else None
        self._limit = not keeps_values_above_one(info, Path(request.output))
        gaps = [after - before for before, after in zip(info.frames, info.frames[1:], strict=False)]
        self._stride = min(gaps, default=1)
        self._previous: int | None = None
        self._odd_pixels, self._odd_frames, self._first_odd = 0, 0, 0
        self._first_colour: int | None = None
        self._confidence, self._coloured = 0.0, 0

    @property
    def confidence(self) -> float:
        """Mean confidence of all coloured frames."""
        return self._confidence / self._coloured if self._coloured else 0.0

    def through(
        self,
        reader: PlateReader,
        writer: ResultWriter,
        progress: ProgressCall | None,
        cancelled: Callable[[], bool] | None,
        on_frame: FrameCall | None,
    ) -> tuple[float, Mapping[str, float]]:
        """Take every frame through all stages and commit; return seconds and each stage's busy seconds."""

        def poll() -> None:
            if cancelled is not None and cancelled():
                raise CancelledError(f"stopped before {self._request.output} was finished; nothing was kept")

        stages = [Stage("prepare", self.prepare), Stage("infer", self.infer), Stage("compose", self.compose)]
        started = time.perf_counter()
        encode, total = 0.0, len(self._info.frames)
        with Stages(reader.frames(), stages, source_name="decode", poll=poll) as stream:
            for done, composed in enumerate(stream, start=1):
                result, step = composed
                if on_frame is not None:
                    on_frame(result, step)
                began = time.perf_counter()
                writer.write(result)
                now = time.perf_counter()
                encode += now - began
                if progress is not None:
                    progress(Progress(result.number, done, total, now - started))
        began = time.perf_counter()
        writer.commit()
        now = time.perf_counter()
        return now - started, {**stream.busy, "encode": encode + now - began}

    def prepare(self, frame: PlateFrame) -> _Prepared:
        """Lightness for the network; odd input is counted."""
        odd = int(frame.luma.size - np.count_nonzero(np.isfinite(frame.luma)))
        if odd:
            self._first_odd = self._first_odd if self._odd_frames else frame.number
            self._odd_pixels += odd
            self._odd_frames += 1
        if frame.was_colour and self._first_colour is None:
            self._first_colour = frame.number
        return _Prepared(frame, luma_to_lightness(frame.luma, self._info.colour))

    def infer(self, prepared: _Prepared) -> _Coloured:
        """Step the session; frames at the request's own stride follow on each other, but not over a cut."""
        number, plan = prepared.frame.number, self._request.shots
        if plan.starts_afresh(number, self._previous):
            self._session.reset()
            if self._hints is not None:
                self._hints.end_shot()
        if plan.is_grey(number):
            self._previous = number
            return _Coloured(prepared, self._session.leave_grey(number, prepared.lightness))
        follows = self._previous is not None and number - self._previous == self._stride
        hints = None
        if self._hints is not None:
            height, width = prepared.lightness.shape
            hints = self._hints.at(number, prepared.lightness, self._session.fit(width, height))
        step = self._session.step(number, prepared.lightness, hints=hints, continues=follows)
        self._previous = number
        if not np.isfinite(step.ab).all():
            raise BackendError(
                f"the network gave values that are not numbers at frame {number}; try another --backend, and report it"
            )
        if step.confidence.any():
            self._confidence += float(step.confidence.mean(dtype=np.float64))
            self._coloured += 1
        return _Coloured(prepared, step)

    def compose(self, coloured: _Coloured) -> tuple[ResultFrame, StepResult]:
        """Bring chroma to full size and put it under the plate's luma."""
        frame, lightness, step = coloured.prepared.frame, coloured.prepared.lightness, coloured.step
        ab = upsample_chroma(step.ab, step.lightness, lightness)
        rgb = compose(
            frame.luma, ab, self._info.colour, chroma=self._request.chroma, limit=self._limit, lightness=lightness
        )
        return ResultFrame(frame.number, rgb, frame.alpha, frame.metadata), step

    def warnings(self) -> Iterator[str]:
        """What a user should know of the plate's pixels."""
        path = self._info.path
        if self._odd_pixels:
            yield (
                f"{path} has {self._odd_pixels} pixels that are not finite (NaN or infinity) in {self._odd_frames} "
                f"frames, first in frame {self._first_odd}; they were kept as they are"
            )
        if self._first_colour is not None:
            yield f"{path} is in colour (from frame {self._first_colour} on); only its luma was used"
        for hint, last in self._hints.lost() if self._hints is not None else ():
            yield f"the hint {hint} was followed to frame {last} and lost there; give it again where it is wanted"


def keeps_values_above_one(info: PlateInfo, output: Path) -> bool:
    """Whether ``output`` will hold the values above 1 of the plate ``info``; a folder takes the plate's own format."""
    suffix = output.suffix.lower() if output.suffix and not output.is_dir() else info.path.suffix.lower()
    return info.is_float and suffix in _FLOAT_SUFFIXES


def _check_names(request: ColorizeRequest) -> None:
    if request.backend not in (AUTO, *backend_names()):
        known = ", ".join((AUTO, *backend_names()))
        raise UnknownNameError(f"no backend named {request.backend!r}: the backends are {known}")
    if request.codec is not None and request.codec not in CODECS:
        raise UnknownNameError(f"no codec named {request.codec!r}: the codecs are {', '.join(CODECS)}")
    if not (math.isfinite(request.chroma) and request.chroma >= 0):
        raise UsageError(f"chroma is {request.chroma} and must be 0 or more; 1 is the colour as the stills have it")
    if not request.references:
        raise UsageError("no reference still was given; name at least one (--reference STILL)")


def _check_frames(request: ColorizeRequest, info: PlateInfo) -> None:
    """Refuse a still or a hint whose frame lies outside the plate; outside the frames asked for is allowed."""
    first, last = info.frames[0], info.frames[-1]
    named = [(f"the still {still.path}@{still.frame}", still.frame) for still in request.references]
    named += [(f"the hint {hint}", hint.frame) for hint in request.hints]
    outside = [(what, frame) for what, frame in named if frame is not None and not first <= frame <= last]
    if outside and request.frames is not None:
        try:
            with open_plate(Path(request.input)) as plate:
                first, last = plate.info.frames[0], plate.info.frames[-1]
        except FrameRangeError:  # holes, which the range leaves out: the plate's own ends are not known
            return
    for what, frame in outside:
        if not first <= frame <= last:
            raise FrameRangeError(f"{what} is for a frame outside the plate: {info.path} has frames {first} to {last}")


def _check_hint_places(request: ColorizeRequest, info: PlateInfo) -> None:
    for hint in request.hints:
        if not (0 <= hint.x <= info.width - 1 and 0 <= hint.y <= info.height - 1):
            raise UsageError(
                f"the hint {hint} lies outside the picture: {info.path} is {info.width}x{info.height}, "
                f"x from 0 to {info.width - 1} and y from 0 to {info.height - 1}"
            )


def _hint_warnings(request: ColorizeRequest, info: PlateInfo) -> Iterator[str]:
    """Hints on frames that are not coloured."""
    frames = frozenset(info.frames)
    for hint in request.hints:
        if hint.frame not in frames:
            yield f"the hint {hint} is for a frame that was not coloured; it was not used"


def _still_warnings(request: ColorizeRequest, info: PlateInfo) -> Iterator[str]:
    """Stills that no frame used, and frames that no still colours."""
    starts = [-math.inf if still.frame is None else still.frame for still in request.references]
    first, last = info.frames[0], info.frames[-1]
    in_force = {max((start for start in starts if start <= number), default=None) for number in info.frames}
    for still, start in zip(request.references, starts, strict=True):
        if start not in in_force:
            yield f"the still {still.path} is in force at none of the frames {first} to {last}; it was not used"
    if None in in_force:
        begin = min(start for start in starts)
        end = max(number for number in info.frames if number < begin)
        yield f"frames {first} to {end} lie before the first still and stay grey"
