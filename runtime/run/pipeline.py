"""The main job: colour a plate from stills and write the result, with all stages overlapped."""

import hashlib
import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tinct.runtime.backends.base import Backend
from tinct.runtime.bundle import find_bundle
from tinct.runtime.errors import CancelledError, StillError
from tinct.runtime.managed import ColourManagement, managed_plate, managed_result
from tinct.runtime.media import (
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
from tinct.runtime.picture.stretch import Stretch
from tinct.runtime.run.checkpoint import Checkpoint
from tinct.runtime.run.mask import Mask
from tinct.runtime.run.plate_run import PlateRun, keeps_values_above_one
from tinct.runtime.run.request import ColorizeReport, ColorizeRequest, Progress, StillAt
from tinct.runtime.run.request_checks import check_frames, check_hint_places, check_names
from tinct.runtime.run.request_facts import request_facts
from tinct.runtime.run.stages import Stage, Stages
from tinct.runtime.run.work_folder import WorkFolder
from tinct.runtime.session import ColorizationSession, Reference, StepResult
from tinct.runtime.warm import Warm

__all__ = [
    "ColorizeReport",
    "ColorizeRequest",
    "Progress",
    "StillAt",
    "colorize_plate",
    "follow_plate",
    "keeps_values_above_one",
]

STILL_BYTES = 256 * 2**20
"""Bound of the stills' pixels that are held in memory."""
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
    stretch: Stretch | None = None,
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
        stretch: what it has to do with runs over other frames of the same plate, if it is a piece of a longer one.

    Raises:
        UsageError: an unknown name, a frame that the plate lacks, an output that exists, a parameter out of range.
        MediaError: the plate cannot be read.
        StillError: a still cannot be used.
        BundleError: the model is broken.
        BackendError: the backend cannot run here, or failed.
        OutputError: the result cannot be written.
        CancelledError: ``cancelled`` said so.
    """
    warm = warm or Warm()
    with ExitStack() as stack:
        opened = _Opened.of(request, warm, stack)
        info, management = opened.info, opened.management
        written = info if management is None else management.written_info(info, Path(request.output))
        facts = request_facts(request, info, opened.references, opened.backend, management)
        start = None if stretch is None else stretch.start
        if start is not None:
            facts = {**facts, "start": hashlib.sha256(start.to_bytes()).hexdigest()}
        work = stack.enter_context(
            WorkFolder(
                Path(request.output),
                written,
                facts,
                resume=request.resume,
                overwrite=request.overwrite,
                place=None if stretch is None else stretch.place,
            )
        )
        if work.finished is not None:
            return _finished_before(request, info, work.finished)
        writer = stack.enter_context(_open_result(request, info, written, management, work))
        if stretch is not None:
            writer = stretch.writer(writer, work.pieces)
        work.begin()
        run = opened.run
        if work.checkpoint is not None:
            run.resume(work.checkpoint)
        elif start is not None:
            run.follow(start)
        _log.info("%s: %d frames with %s on %s", info.path, len(info.frames), request.model, opened.backend.NAME)
        job = _Job(request, opened, work, writer, stretch)
        return job.through(progress, cancelled, on_frame)


def follow_plate(
    request: ColorizeRequest,
    *,
    start: Checkpoint | None,
    cancelled: Callable[[], bool] | None = None,
    warm: Warm | None = None,
) -> Iterator[Checkpoint]:
    """Take the frames of a request through the network alone, and yield where the run stands at every checkpoint of a
    shot and after the last frame; nothing is composed or written.

    Args:
        request: what to do; its output is not touched.
        start: where the frames before these ended; None: nothing is taken from them.
        cancelled: as for `colorize_plate`.
        warm: see there.

    Raises:
        TinctError: as `colorize_plate`, but for the output.
    """
    with ExitStack() as stack:
        opened = _Opened.of(request, warm or Warm(), stack)
        run = opened.run
        if start is not None:
            run.follow(start)
        stages = [Stage("prepare", run.prepare), Stage("infer", run.infer)]
        poll = _poll(request, cancelled)
        stream = stack.enter_context(Stages(opened.reader.frames(), stages, source_name="decode", poll=poll))
        for coloured in stream:
            if coloured.checkpoint is not None:
                yield coloured.checkpoint


@dataclass(frozen=True)
class _Opened:
    """All that a request names, opened and checked, and a run over its frames at its beginning."""

    reader: PlateReader
    info: PlateInfo
    management: ColourManagement | None
    references: list[Reference]
    backend: Backend
    run: PlateRun

    @classmethod
    def of(cls, request: ColorizeRequest, warm: Warm, stack: ExitStack) -> "_Opened":
        """Open everything; ``stack`` closes it."""
        check_names(request)
        bundle = find_bundle(request.model)
        management = request.spaces.open()
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
            encoded=warm.encoded,
        )
        session.set_references(references)
        run = PlateRun(request, info, session, backend, mask, warm)
        return cls(reader, info, management, references, backend, run)


@dataclass(frozen=True)
class _Job:
    """A run, with where its frames come from and where its result goes."""

    request: ColorizeRequest
    opened: _Opened
    work: WorkFolder
    writer: ResultWriter
    stretch: Stretch | None

    def through(
        self,
        progress: ProgressCall | None,
        cancelled: Callable[[], bool] | None,
        on_frame: FrameCall | None,
    ) -> ColorizeReport:
        """Take every frame that is not done through all stages, and publish."""
        run, info, reader, writer, work = self.opened.run, self.opened.info, self.opened.reader, self.writer, self.work
        resumed, last = work.done, work.checkpoint
        stages = [Stage("prepare", run.prepare), Stage("infer", run.infer), Stage("compose", run.compose)]
        frames = (reader.read(number) for number in info.frames[resumed:]) if resumed else reader.frames()
        started = time.perf_counter()
        encode, total = 0.0, len(info.frames)
        with Stages(frames, stages, source_name="decode", poll=_poll(self.request, cancelled)) as stream:
            for done, composed in enumerate(stream, start=resumed + 1):
                result, step, checkpoint = composed
                if on_frame is not None:
                    on_frame(result, step)
                began = time.perf_counter()
                writer.write(result)
                if checkpoint is not None:
                    work.settle(writer.settle(), checkpoint)
                    last = checkpoint
                now = time.perf_counter()
                encode += now - began
                if progress is not None:
                    progress(Progress(result.number, done, total, now - started, resumed))
        began = time.perf_counter()
        if self.stretch is not None:
            assert last is not None, "a run has at least one frame, and a checkpoint after its last"
            self.stretch.ended(last)
        report = run.report()
        work.publish(writer.finish(), _kept_report(report))
        now = time.perf_counter()
        return replace(report, seconds=now - started, busy={**stream.busy, "encode": encode + now - began})


def _poll(request: ColorizeRequest, cancelled: Callable[[], bool] | None) -> Callable[[], None]:
    """What stops a run that its caller no longer wants."""

    def poll() -> None:
        if cancelled is not None and cancelled():
            raise CancelledError(f"stopped before {request.output} was finished")

    return poll


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
        if named.digest is not None and still.digest != named.digest:
            raise StillError(
                f"the still {named.path} is another picture than when this work was planned; put the earlier one back, "
                "or plan the work again"
            )
        reference = Reference(still, named.frame, named.weight)
        if held + still.rgb.nbytes > STILL_BYTES:
            reference = replace(reference, still=StillFile(still.path, still.digest, to_srgb, named.framing))
        else:
            held += still.rgb.nbytes
        references.append(reference)
    return references
