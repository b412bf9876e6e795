"""Renders shots of a project, each by itself; one that fails does not stop the others."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from tinct.runtime.backends import create_backend
from tinct.runtime.backends.base import Backend
from tinct.runtime.bank import EncodedStills
from tinct.runtime.bundle import Bundle
from tinct.runtime.errors import BegunOtherwiseError, CancelledError, OutputError, TinctError
from tinct.runtime.media import ResultFrame
from tinct.runtime.project import Project, ProjectShot, read_record, shot_key, shot_request, shot_state, write_record
from tinct.runtime.project.render_record import RENDERED, RenderRecord, is_own_result
from tinct.runtime.project.request import source_files
from tinct.runtime.run.pipeline import colorize_plate
from tinct.runtime.run.request import ColorizeReport, Progress
from tinct.runtime.run.work_folder import find_unfinished
from tinct.runtime.session import StepResult
from tinct.runtime.warm import Warm
from tinct.runtime.worker.colorize_call import parse_request, report_facts
from tinct.runtime.worker.fields import Fields

ShotProgress = Callable[[ProjectShot, Progress], None]
ShotFrame = Callable[[ProjectShot, ResultFrame, StepResult], None]


@dataclass(frozen=True)
class ShotOutcome:
    """What became of a shot: a ``report``, or an ``error``; ``state`` before the render (one of `STATES`)."""

    shot: ProjectShot
    state: str
    report: ColorizeReport | None = None
    error: TinctError | None = None


@dataclass(frozen=True)
class RenderOptions:
    """``overwrite``: replace also what no earlier render put there. ``resume``: go on with what a run that was
    interrupted left. ``afresh``: with ``resume``, what was begun from another request makes way for this one, as a
    result that the project put there does. ``threads``: of the network; None: every core."""

    overwrite: bool = False
    resume: bool = False
    afresh: bool = False
    threads: int | None = None


def shots_to_render(project: Project, names: Sequence[str] = (), *, every: bool = False) -> list[ProjectShot]:
    """The shots called ``names``, or all; those whose result is there as it is to be only with ``every``.

    Raises:
        ProjectError: there is no shot of a name.
    """
    shots = [project.shot_named(name) for name in dict.fromkeys(names)] if names else list(project.shots)
    return [shot for shot in shots if every or shot_state(project, shot, read_record(project, shot)) != RENDERED]


def render_shots(
    project: Project,
    shots: Sequence[ProjectShot],
    options: RenderOptions | None = None,
    *,
    progress: ShotProgress | None = None,
    on_frame: ShotFrame | None = None,
    cancelled: Callable[[], bool] | None = None,
    warm: Warm | None = None,
) -> Iterator[ShotOutcome]:
    """Render ``shots`` one after the other, and yield what became of each when it is known; a record of it lies beside
    the results (`write_record`). Model and encoded stills are loaded once for all of them, or are those of ``warm``.

    Raises:
        CancelledError: ``cancelled`` said so; what is done of the shot is kept for ``resume``.
    """
    options, warm = options or RenderOptions(), warm or warm_for_renders()
    for shot in shots:
        record = read_record(project, shot)
        state = shot_state(project, shot, record)
        key = shot_key(project, shot)
        try:
            report = _colorize(project, shot, record, options, progress, on_frame, cancelled, warm)
            write_record(project, shot, key, report_facts(report))
        except CancelledError:
            raise
        except TinctError as error:
            if shot.stills and read_record(project, shot) == record:  # else another render has finished it meanwhile
                with suppress(OutputError):  # the disk that made the shot fail; the outcome says so
                    write_record(project, shot, key, None, str(error))
            yield ShotOutcome(shot, state, error=error)
        else:
            yield ShotOutcome(shot, state, report)


def _colorize(
    project: Project,
    shot: ProjectShot,
    record: RenderRecord | None,
    options: RenderOptions,
    progress: ShotProgress | None,
    on_frame: ShotFrame | None,
    cancelled: Callable[[], bool] | None,
    warm: Warm,
) -> ColorizeReport:
    """Render one shot."""

    def run(overwrite: bool, resume: bool) -> ColorizeReport:
        document = shot_request(project, shot, overwrite=overwrite, resume=resume)
        if options.threads is not None:
            document["threads"] = options.threads
        return colorize_plate(
            parse_request(Fields(document, f"the shot {shot.name}")),
            progress=None if progress is None else _told(progress, shot),
            on_frame=None if on_frame is None else _kept(on_frame, shot),
            cancelled=cancelled,
            warm=warm,
        )

    is_own = is_own_result(project, shot, record)
    try:
        return run(options.overwrite or (is_own and not _begun(project, shot)), options.resume)
    except BegunOtherwiseError:
        if not options.afresh or not (is_own or _is_free(project, shot)):
            raise
    return run(True, False)


def warm_for_renders() -> Warm:
    """What renders of one process share: loaded models and encoded stills."""
    return _Kept().warm


@dataclass
class _Kept:
    """What the shots of one render share."""

    backends: dict[tuple[str, Path, int | None], Backend] = field(default_factory=dict)

    @property
    def warm(self) -> Warm:
        return Warm(self._backend, EncodedStills())

    def _backend(self, name: str, bundle: Bundle, threads: int | None) -> Backend:
        key = (name, bundle.folder, threads)
        if key not in self.backends:
            self.backends[key] = create_backend(name, bundle, threads=threads)
        return self.backends[key]


def _begun(project: Project, shot: ProjectShot) -> bool:
    """Whether a run that was interrupted left frames of the shot, which only ``resume`` or the user may touch."""
    output = Path(project.output.place(shot.name))
    return any(one.output == str(output) and one.done for one in find_unfinished(output.parent))


def _is_free(project: Project, shot: ProjectShot) -> bool:
    """Whether nothing lies in the place of the shot's result."""
    first, last = shot.rendered_range
    files = source_files(project.output.place(shot.name), tuple(range(first, last + 1)))
    return not any(Path(file).exists() for file in files)


def _told(progress: ShotProgress, shot: ProjectShot) -> Callable[[Progress], None]:
    return lambda done: progress(shot, done)


def _kept(on_frame: ShotFrame, shot: ProjectShot) -> Callable[[ResultFrame, StepResult], None]:
    return lambda frame, step: on_frame(shot, frame, step)
