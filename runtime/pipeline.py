"""The main job: colour a plate from stills and write the result, with all stages overlapped."""

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinct.runtime.backends.base import Backend
from tinct.runtime.bundle import find_bundle
from tinct.runtime.checkpoint import CHECKPOINT_FRAMES, Checkpoint, Tally
from tinct.runtime.colour import luma_to_lightness
from tinct.runtime.compose import compose
from tinct.runtime.errors import BackendError, CancelledError
from tinct.runtime.hint_points import HintTracker
from tinct.runtime.managed import ColourManagement, managed_plate, managed_result
from tinct.runtime.managed.advice import space_advice
from tinct.runtime.mask import Mask
from tinct.runtime.media import (
    PlateFrame,
    PlateInfo,
    PlateReader,
    ResultFrame,
    ResultWriter,
    StillFile,
    open_plate,
    open_writer,
    read_still,
)
from tinct.runtime.media.writer_passes import open_pass_writer
from tinct.runtime.passes import make_passes
from tinct.runtime.request import ColorizeReport, ColorizeRequest, Progress, StillAt
from tinct.runtime.request_checks import check_frames, check_hint_places, check_names, hint_warnings, still_warnings
from tinct.runtime.request_facts import request_facts
from tinct.runtime.session import ColorizationSession, Reference, StepResult
from tinct.runtime.stages import Stage, Stages
from tinct.runtime.upsample import upsample_chroma
from tinct.runtime.warm import Warm
from tinct.runtime.work_folder import WorkFolder

__all__ = ["ColorizeReport", "ColorizeRequest", "Progress", "StillAt", "colorize_plate", "keeps_values_above_one"]

Image = NDArray[np.float32]

STILL_BYTES = 256 * 2**20
"""Bound of the stills' pixels that are held in memory."""
_FLOAT_SUFFIXES = (".exr", ".tif", ".tiff")
"""Formats that keep a float plate's values above 1."""

_log = logging.getLogger(__name__)


ProgressCall = Callable[[Progress], None]
FrameCall = Callable[[ResultFrame, StepResult], None]


def colorize_plate(
    request: ColorizeRequest,
    *,
    progress: ProgressCall | None = None,
    cancelled: Callable[[], bool] | None = None,
    on_frame: FrameCall | None = None,
    warm: Warm | None = None,
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
        warm: what this run shares with others of its process; None: nothing.

    Raises:
        UsageError: an unknown name, a frame that the plate lacks, an output that exists, a parameter out of range.
        MediaError: the plate cannot be read.
        StillError: a still cannot be used.
        BundleError: the model is broken.
        BackendError: the backend cannot run here, or failed.
        OutputError: the result cannot be written.
        CancelledError: ``cancelled`` said so.
    """
    check_names(request)
    warm = warm or Warm()
    bundle = find_bundle(request.model)
    management = request.spaces.open()
    with ExitStack() as stack:
        reader = stack.enter_context(open_plate(Path(request.input), frames=request.frames))
        reader = managed_plate(reader, management)
        info = reader.info
        check_frames(request, info)
        check_hint_places(request, info)
        references = _read_references(request, management)
        mask = None if request.mask is None else stack.enter_context(closing(Mask(Path(request.mask), info)))
        backend = warm.backend(request.backend, bundle, request.threads)
        session = ColorizationSession(
            backend,
            working_size=request.working_size,
            stills_at_once=request.stills_at_once,
            encoded=warm.stills,
        )
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
        run = _Run(request, info, session, backend, work, mask, warm)
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
        warm: Warm,
    ) -> None:
        self._request, self._warm = request, warm
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
        """Step the session; frames at the request's own stride follow on each other, but not over a cut."""
        number, plan = prepared.frame.number, self._request.shots
        if plan.starts_afresh(number, self._previous):
            self._session.reset()
            if self._hints is not None:
                self._hints.end_shot()
        step = self._session.leave_grey(number, prepared.lightness) if plan.is_grey(number) else self._step(prepared)
        self._previous = number
        self._tally.count(prepared.frame, prepared.odd, step.confidence)
        self._tally.advice = self._tally.advice or space_advice(self._info, prepared.frame.metadata)
        self._stepped += 1
        return _Coloured(prepared, step, self._checkpoint(number))

    def _step(self, prepared: _Prepared) -> StepResult:
        number, lightness = prepared.frame.number, prepared.lightness
        follows = self._previous is not None and number - self._previous == self._stride
        self._warm.encode(self._session, self._backend, number)
        with self._warm.turn():
            hints = None
            if self._hints is not None:
                height, width = lightness.shape
                hints = self._hints.at(number, lightness, self._session.fit(width, height))
            step = self._session.step(number, lightness, hints=hints, continues=follows)
        if not np.isfinite(step.ab).all():
            raise BackendError(
                f"the network gave values that are not numbers at frame {number}; try another --backend, and report it"
            )
        return step

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
            warnings=(*still_warnings(request, info), *hint_warnings(request, info), *self._warnings()),
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


def _read_references(request: ColorizeRequest, management: ColourManagement | None) -> list[Reference]:
    """All stills, read and checked; the pixels of those beyond `STILL_BYTES` are read again when they are wanted."""
    to_srgb = None if management is None else management.still_to_srgb
    references, held = [], 0
    for named in request.references:
        still = read_still(Path(named.path), to_srgb=to_srgb, framing=named.framing)
        reference = Reference(still, named.frame, named.weight)
        if held + still.rgb.nbytes > STILL_BYTES:
            reference = replace(reference, still=StillFile(still.path, still.digest, to_srgb, named.framing))
        else:
            held += still.rgb.nbytes
        references.append(reference)
    return references


def keeps_values_above_one(info: PlateInfo, output: Path) -> bool:
    """Whether ``output`` will hold the values above 1 of the plate ``info``; a folder takes the plate's own format."""
    suffix = output.suffix.lower() if output.suffix and not output.is_dir() else info.path.suffix.lower()
    return info.is_float and suffix in _FLOAT_SUFFIXES
