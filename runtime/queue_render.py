"""Renders what is queued for a project, until nothing waits or the queue is paused."""

import time
from collections.abc import Callable

from tinct.runtime.confidence_curve import FrameConfidence
from tinct.runtime.errors import CancelledError
from tinct.runtime.media import ResultFrame
from tinct.runtime.project import ProjectShot
from tinct.runtime.project.queue_folder import (
    CANCELLED,
    DONE,
    FAILED,
    OPEN,
    PAUSED,
    RUNNING,
    WAITING,
    FrameRow,
    QueuedShot,
    QueueFolder,
)
from tinct.runtime.project_render import RenderOptions, ShotOutcome, render_shots, warm_for_renders
from tinct.runtime.run.request import Progress
from tinct.runtime.session import StepResult
from tinct.runtime.warm import Warm

MOST_TRIES = 3
"""A shot at which the process has ended so often in a row is given up."""
ASK_EVERY = 0.2
"""Seconds from one look at what people want to the next."""

Told = Callable[[ProjectShot, ShotOutcome | None], None]


def render_queue(queue: QueueFolder, *, threads: int | None = None, told: Told | None = None) -> None:
    """Render the shots of ``queue`` one after the other, each as the project was when it was queued. One that fails
    does not stop the others; the records of `render_shots` lie beside the results.

    Args:
        queue: of a project.
        threads: of the network; None: every core.
        told: hears of each shot when it begins (None) and of its outcome.

    Raises:
        ProjectInUseError: another process renders it.
        OutputError: the queue cannot be written.
    """
    options = RenderOptions(resume=True, afresh=True, threads=threads)
    with queue.renderer():
        warm = warm_for_renders()
        while not queue.is_held:
            queued = next((one for one in queue.shots() if one.state in OPEN), None)
            if queued is None:
                return
            if queued.tries >= MOST_TRIES:
                text = f"the process that rendered it ended {queued.tries} times before it was done; queue it again"
                queue.tell(queued.order.id, queued.shot.id, FAILED, text=text)
                continue
            _render(queue, queued, options, warm, told)


def _render(queue: QueueFolder, queued: QueuedShot, options: RenderOptions, warm: Warm, told: Told | None) -> None:
    order, shot = queued.order, queued.shot
    if told is not None:
        told(shot, None)
    queue.tell(order.id, shot.id, RUNNING)
    watch = _Watch(queue, queued)
    try:
        outcome = next(
            render_shots(
                order.project, [shot], options, progress=watch.progress, on_frame=watch.keep, cancelled=watch.is_over,
                warm=warm,
            )
        )  # fmt: skip
    except CancelledError:
        if watch.wanted == PAUSED:
            queue.tell(order.id, shot.id, PAUSED, text="stopped; what was done is kept", **watch.facts)
        return
    except KeyboardInterrupt:
        queue.tell(order.id, shot.id, WAITING, text="the process was ended; what was done is kept", **watch.facts)
        raise
    finally:
        watch.close()
    if outcome.report is None:
        queue.tell(order.id, shot.id, FAILED, text=str(outcome.error))
    else:
        report = outcome.report
        summary = (
            f"{report.frames} frames in {report.seconds:.1f} s with {report.model} on {report.backend}, "
            f"mean confidence {report.confidence:.2f}"
        )
        queue.tell(
            order.id, shot.id, DONE, text=[summary, *report.warnings],
            done=report.frames, total=report.frames, confidence=report.confidence,
        )  # fmt: skip
    if told is not None:
        told(shot, outcome)


class _Watch:
    """Says how far a shot is, and asks now and then whether it is still wanted."""

    def __init__(self, queue: QueueFolder, queued: QueuedShot) -> None:
        self.wanted = ""
        """What ended it: `PAUSED` or `CANCELLED`."""
        self.facts: dict[str, int] = {}
        self._queue, self._queued, self._next = queue, queued, 0.0
        self._confidence = 0.0
        self._log = queue.frame_log(queued.order.id, queued.shot.id)

    def progress(self, shot: ProjectShot, done: Progress) -> None:
        """A frame was written."""
        self.facts = {"done": done.done, "total": done.total}
        row = FrameRow(done.frame, done.done, done.total, done.resumed, round(done.seconds, 3), self._confidence)
        self._log.add(row)

    def keep(self, shot: ProjectShot, frame: ResultFrame, step: StepResult) -> None:
        """How sure the next frame's colours are."""
        sure = FrameConfidence.of(step.number, step.confidence, starts=step.was_reset)
        self._confidence = round(sure.mean, 4)

    def is_over(self) -> bool:
        """Whether it was paused, cancelled or cleared away."""
        now = time.monotonic()
        if self.wanted or now < self._next:
            return bool(self.wanted)
        self._next = now + ASK_EVERY
        if self._queue.is_held:
            self.wanted = PAUSED
        elif self._queue.state_of(self._queued.order.id, self._queued.shot.id) != RUNNING:
            self.wanted = CANCELLED
        return bool(self.wanted)

    def close(self) -> None:
        """No more frames come."""
        self._log.close()
