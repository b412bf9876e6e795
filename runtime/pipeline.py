"""The main job: colour a plate from stills and write the result, with all stages overlapped."""

import logging
import math
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinct.runtime.backends import AUTO, backend_names, create_backend
from tinct.runtime.backends.base import Backend
from tinct.runtime.bundle import find_bundle
from tinct.runtime.checkpoint import CHECKPOINT_FRAMES, Checkpoint, Tally
from tinct.runtime.colour import luma_to_lightness
from tinct.runtime.compose import compose
from tinct.runtime.errors import BackendError, CancelledError, FrameRangeError, UnknownNameError, UsageError
from tinct.runtime.hint_points import HintTracker, PointHint
from tinct.runtime.managed import ColourManagement, ColourSpaces, managed_plate, managed_result
from tinct.runtime.managed.advice import space_advice
from tinct.runtime.mask import Mask
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
from tinct.runtime.media.writer_passes import open_pass_writer
from tinct.runtime.passes import check_passes, make_passes
from tinct.runtime.request_facts import request_facts
from tinct.runtime.session import ColorizationSession, Reference, StepResult
from tinct.runtime.stages import Stage, Stages
from tinct.runtime.upsample import upsample_chroma
from tinct.runtime.work_folder import WorkFolder

Image = NDArray[np.float32]

_FLOAT_SUFFIXES = (".exr", ".tif", ".tiff")
"""Formats that keep a float plate's values above 1."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class StillAt:
    """A reference still's file, and the plate's own frame number from which it is in force (None = from the start).

    ``weight``: how much it counts beside the other stills of its set, above 0.
    """

    path: str | os.PathLike[str]
    frame: int | None = None
    weight: float = 1.0


@dataclass(frozen=True)
class ColorizeRequest:
    """What to colour, from which stills, and where the result goes.

    ``input``, ``output``: a movie, a sequence pattern (``shot.%04d.exr``, ``shot.####.dpx``), a folder, or one image.
    ``model``: a shipped bundle's name or a bundle's folder. ``backend``: ``auto`` or a backend's name.
    ``frames``: a range of the plate's own numbers such as ``1001-1100``; None = all. ``working_size``: short side in
    pixels at which the network works; None = the model's. ``chroma``: factor on a and b, 0 or more. ``codec``: one of
    `CODECS`, for movies; None = the container's usual one. ``threads``: of the network; None = every core. ``hints``:
    colours of single points, which are followed through the plate. ``spaces``: colour management, none unless an input
    space is named. ``passes``: names of `PASS_CHANNELS`, written beside the picture where ``passes_output`` says
    (`open_pass_writer`). ``mask``: a picture, sequence or movie that limits where colour goes (`Mask`). ``resume``: go
    on with the work that a run of the same request left beside the output, if there is any.
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
    spaces: ColourSpaces = field(default_factory=ColourSpaces)
    passes: tuple[str, ...] = ()
    passes_output: str | None = None
    mask: str | os.PathLike[str] | None = None
    resume: bool = False


@dataclass(frozen=True)
class Progress:
    """A frame was written: its number, how many are ``done`` of ``total``, and the speed so far.

    ``resumed``: how many of those done were taken over from an earlier run.
    """

    frame: int
    done: int
    total: int
    seconds: float
    resumed: int = 0

    @property
    def fps(self) -> float:
        """Frames a second since this run's first frame was begun."""
        return (self.done - self.resumed) / self.seconds if self.seconds > 0 else 0.0

    @property
    def seconds_left(self) -> float:
        """Estimate of the time that the remaining frames take."""
        return (self.total - self.done) / self.fps if self.fps > 0 else math.inf


@dataclass(frozen=True)
class ColorizeReport:
    """What a finished run did.

    ``seconds``: from the first frame to the finished output. ``confidence``: mean over all coloured frames, 0..1 (0
    when none was coloured). ``busy``: seconds that each stage worked, by name, in the order of the stages. ``resumed``:
    frames that an earlier run had done; all of them where there was nothing left to do.
    """

    output: Path
    frames: int
    seconds: float
    backend: str
    model: str
    confidence: float
    warnings: tuple[str, ...] = ()
    busy: Mapping[str, float] = field(default_factory=dict)
    resumed: int = 0

    @property
    def fps(self) -> float:
        """Frames a second over the whole of this run."""
        return (self.frames - self.resumed) / self.seconds if self.seconds > 0 else 0.0


ProgressCall = Callable[[Progress], None]
FrameCall = Callable[[ResultFrame, StepResult], None]


def colorize_plate(
    request: ColorizeRequest,
    *,
    progress: ProgressCall | None = None,
    cancelled: Callable[[], bool] | None = None,
    on_frame: FrameCall | None = None,
) -> ColorizeReport:
    """Colour a plate and write the result under its final name; on any error nothing is there under that name.

    What was done stays in a hidden folder beside the output (`WorkFolder`) for a request with ``resume``.

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
    management = request.spaces.open()
    with ExitStack() as stack:
        reader = stack.enter_context(open_plate(Path(request.input), frames=request.frames))
        reader = managed_plate(reader, management)
        info = reader.info
        _check_frames(request, info)
        _check_hint_places(request, info)
        references = _read_references(request, management)
        mask = None if request.mask is None else stack.enter_context(Mask(Path(request.mask), info))
        backend = create_backend(request.backend, bundle, threads=request.threads)
        session = ColorizationSession(backend, working_size=request.working_size)
        session.set_references(references)
        written = info if management is None else management.written_info(info, Path(request.output))
        facts = request_facts(request, info, references, backend, management)
        work = stack.enter_context(
            WorkFolder(Path(request.output), written, facts, resume=request.resume, overwrite=request.overwrite)
        )
        if work.finished is not None:
            return _finished_before(request, info, work.finished)
        writer = stack.enter_context(_open_result(request, info, written, management, work))
        work.begin()
        run = _Run(request, info, session, backend, work, mask)
        _log.info("%s: %d frames with %s on %s", info.path, len(info.frames), request.model, backend.NAME)
        return run.through(reader, writer, progress, cancelled, on_frame)


def _open_result(
    request: ColorizeRequest,
    info: PlateInfo,
    written: PlateInfo,
    management: ColourManagement | None,
    work: WorkFolder,
) -> ResultWriter:
    """The writer of the picture and its passes, which goes on after what is done."""
    picture = open_writer(
        Path(request.output),
        written,
        codec=request.codec,
        overwrite=work.overwrite,
        staging=work.staging,
        done=work.pieces,
    )
    writer = open_pass_writer(
        picture,
        request.passes,
        request.passes_output,
        info,
        overwrite=work.overwrite,
        staging=work.staging,
        done=work.pieces,
    )
    return managed_result(writer, management, info, Path(request.output))


@dataclass(frozen=True)
class _Prepared:
    """A frame for the network; ``odd``: how many of its pixels are not finite."""

    frame: PlateFrame
    lightness: Image
    odd: int


@dataclass(frozen=True)
class _Coloured:
    """``checkpoint``: where the run stands after this frame, where that is to be kept."""

    prepared: _Prepared
    step: StepResult
    checkpoint: Checkpoint | None


class _Run:
    """One pass over a plate: the stages, and what is noticed on the way. Only `infer` changes anything."""

    def __init__(
        self,
        request: ColorizeRequest,
        info: PlateInfo,
        session: ColorizationSession,
        backend: Backend,
        work: WorkFolder,
        mask: Mask | None,
    ) -> None:
        self._request = request
        self._backend = backend
        self._info = info
        self._session = session
        self._mask = mask
        self._work = work
        self._hints = HintTracker(request.hints) if request.hints else None
        managed = info.colour.space is not None  # the writer then knows what its space has room for
        self._limit = not managed and not keeps_values_above_one(info, Path(request.output))
        gaps = [after - before for before, after in zip(info.frames, info.frames[1:], strict=False)]
        self._stride = min(gaps, default=1)
        self._previous: int | None = None
        self._tally = Tally()
        self._stepped = self._resumed = work.done
        if work.checkpoint is not None:
            self._go_on_from(work.checkpoint)

    def through(
        self,
        reader: PlateReader,
        writer: ResultWriter,
        progress: ProgressCall | None,
        cancelled: Callable[[], bool] | None,
        on_frame: FrameCall | None,
    ) -> ColorizeReport:
        """Take every frame that is not done through all stages, and publish."""

        def poll() -> None:
            if cancelled is not None and cancelled():
                raise CancelledError(f"stopped before {self._request.output} was finished")

        stages = [Stage("prepare", self.prepare), Stage("infer", self.infer), Stage("compose", self.compose)]
        numbers = self._info.frames[self._resumed :]
        frames = (reader.read(number) for number in numbers) if self._resumed else reader.frames()
        started = time.perf_counter()
        encode, total = 0.0, len(self._info.frames)
        with Stages(frames, stages, source_name="decode", poll=poll) as stream:
            for done, composed in enumerate(stream, start=self._resumed + 1):
                result, step, checkpoint = composed
                if on_frame is not None:
                    on_frame(result, step)
                began = time.perf_counter()
                writer.write(result)
                if checkpoint is not None:
                    self._work.settle(writer.settle(), checkpoint)
                now = time.perf_counter()
                encode += now - began
                if progress is not None:
                    progress(Progress(result.number, done, total, now - started, self._resumed))
        began = time.perf_counter()
        report = self._report()
        self._work.publish(writer.finish(), _kept_report(report))
        now = time.perf_counter()
        return replace(report, seconds=now - started, busy={**stream.busy, "encode": encode + now - began})

    def prepare(self, frame: PlateFrame) -> _Prepared:
        """Lightness for the network; odd input is counted."""
        odd = int(frame.luma.size - np.count_nonzero(np.isfinite(frame.luma)))
        return _Prepared(frame, luma_to_lightness(frame.luma, self._info.colour), odd)

    def infer(self, prepared: _Prepared) -> _Coloured:
        """Step the session; frames at the request's own stride follow on each other."""
        number = prepared.frame.number
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
        self._tally.count(prepared.frame, prepared.odd, step.confidence)
        self._tally.advice = self._tally.advice or space_advice(self._info, prepared.frame.metadata)
        self._stepped += 1
        return _Coloured(prepared, step, self._checkpoint(number))

    def compose(self, coloured: _Coloured) -> tuple[ResultFrame, StepResult, Checkpoint | None]:
        """Bring chroma to full size and put it under the plate's luma."""
        frame, lightness, step = coloured.prepared.frame, coloured.prepared.lightness, coloured.step
        ab = upsample_chroma(step.ab, step.lightness, lightness)
        if self._mask is not None:
            ab *= self._mask.at(frame.number)[..., None]
        colour, chroma, passes = self._info.colour, self._request.chroma, {}
        rgb = compose(frame.luma, ab, colour, chroma=chroma, limit=self._limit, lightness=lightness)
        if self._request.passes:
            ab *= np.float32(chroma)
            passes = make_passes(
                self._request.passes, luma=frame.luma, rgb=rgb, ab=ab, confidence=step.confidence, tags=colour
            )
        return ResultFrame(frame.number, rgb, frame.alpha, frame.metadata, passes), step, coloured.checkpoint

    def _checkpoint(self, number: int) -> Checkpoint | None:
        """Where the run stands after frame ``number``, every so many frames and after the last."""
        if self._stepped % CHECKPOINT_FRAMES and self._stepped != len(self._info.frames):
            return None
        hints = self._hints.snapshot() if self._hints is not None else None
        return Checkpoint(self._stepped, number, self._session.snapshot(), hints, replace(self._tally))

    def _go_on_from(self, checkpoint: Checkpoint) -> None:
        self._session.restore(checkpoint.state)
        self._previous = checkpoint.frame
        self._tally = replace(checkpoint.tally)
        if self._hints is not None and checkpoint.hints is not None:
            self._hints.restore(checkpoint.hints, checkpoint.frame)

    def _report(self) -> ColorizeReport:
        request, info = self._request, self._info
        return ColorizeReport(
            output=Path(request.output),
            frames=len(info.frames),
            seconds=0.0,
            backend=self._backend.NAME,
            model=self._backend.bundle.manifest.name,
            confidence=self._tally.mean_confidence,
            warnings=(*_still_warnings(request, info), *_hint_warnings(request, info), *self._warnings()),
            resumed=self._resumed,
        )

    def _warnings(self) -> Iterator[str]:
        """What a user should know of the plate's pixels."""
        path, tally = self._info.path, self._tally
        if tally.odd_pixels:
            yield (
                f"{path} has {tally.odd_pixels} pixels that are not finite (NaN or infinity) in {tally.odd_frames} "
                f"frames, first in frame {tally.first_odd}; they were kept as they are"
            )
        if tally.advice is not None:
            yield tally.advice
        if tally.first_colour is not None:
            yield f"{path} is in colour (from frame {tally.first_colour} on); only its luma was used"
        for hint, last in self._hints.lost() if self._hints is not None else ():
            yield f"the hint {hint} was followed to frame {last} and lost there; give it again where it is wanted"


def _kept_report(report: ColorizeReport) -> dict[str, object]:
    """What a later run must know of a report to repeat it."""
    return {
        "backend": report.backend,
        "model": report.model,
        "confidence": report.confidence,
        "warnings": list(report.warnings),
    }


def _finished_before(request: ColorizeRequest, info: PlateInfo, kept: Mapping[str, Any]) -> ColorizeReport:
    """The report of a run that had nothing left to do."""
    count = len(info.frames)
    warnings = tuple(kept["warnings"])
    return ColorizeReport(
        Path(request.output), count, 0.0, kept["backend"], kept["model"], kept["confidence"], warnings, resumed=count
    )


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
    check_passes(request.passes)
    for still in request.references:
        if not (math.isfinite(still.weight) and still.weight > 0):
            raise UsageError(f"the weight of the still {still.path} is {still.weight} and must be above 0")
    if not request.references:
        raise UsageError("no reference still was given; name at least one (--reference STILL)")


def _read_references(request: ColorizeRequest, management: ColourManagement | None) -> list[Reference]:
    to_srgb = None if management is None else management.still_to_srgb
    return [
        Reference(read_still(Path(still.path), to_srgb=to_srgb), still.frame, still.weight)
        for still in request.references
    ]


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
