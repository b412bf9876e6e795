"""How a render of a project is shown."""

import time
from collections.abc import Sequence

from tinct.display import Display
from tinct.runtime.confidence_curve import FrameConfidence
from tinct.runtime.errors import ProjectError, TinctError, UsageError
from tinct.runtime.media import ResultFrame
from tinct.runtime.project import Project, ProjectShot
from tinct.runtime.project_render import ShotOutcome
from tinct.runtime.run.request import Progress
from tinct.runtime.session import StepResult


class ShotsFailedError(ProjectError):
    """Some shots of a render failed; ``exit_code`` is 2 where all that is needed is another request."""

    def __init__(self, message: str, exit_code: int) -> None:
        """``message`` names the shots."""
        super().__init__(message)
        self.exit_code = exit_code


class RenderDisplay:
    """Shows frames as of one run over all shots, and a line a shot."""

    def __init__(self, display: Display, project: Project, shots: Sequence[ProjectShot], skipped: int) -> None:
        """For a render of ``shots``; ``skipped``: how many others are up to date."""
        self._display, self._project, self._skipped = display, project, skipped
        self._total = sum(shot.frames + shot.handle_in + shot.handle_out for shot in shots)
        self._begun = 0
        self._ahead = {shot.id: shot.frames + shot.handle_in + shot.handle_out for shot in shots}
        self._failed: list[tuple[str, TinctError]] = []
        self._rendered = 0
        self._new = 0
        self._started = time.perf_counter()

    def progress(self, shot: ProjectShot, done: Progress) -> None:
        """A frame of ``shot`` is done."""
        self._new += 1
        seconds = time.perf_counter() - self._started
        self._display.progress(
            frame=done.frame, done=self._begun + done.done, total=self._total, fps=self._new / seconds
        )

    def keep(self, shot: ProjectShot, frame: ResultFrame, step: StepResult) -> None:
        """How sure its colours are."""
        sure = FrameConfidence.of(step.number, step.confidence, starts=step.was_reset)
        self._display.confidence(frame=step.number, mean=sure.mean, covered=sure.covered)

    def outcome(self, outcome: ShotOutcome) -> None:
        """A shot is done or failed."""
        shot, report, error = outcome.shot, outcome.report, outcome.error
        self._begun += self._ahead[shot.id]
        facts: dict[str, object] = {"shot": shot.name, "id": shot.id, "before": outcome.state}
        if report is None or error is not None:
            assert error is not None, "an outcome has a report or an error"
            self._failed.append((shot.name, error))
            code = error.exit_code
            facts |= {"state": "failed", "kind": type(error).__name__, "message": str(error), "exit_code": code}
            self._display.step(f"{shot.name}: failed: {error}", event="shot", **facts)
            return
        self._rendered += 1
        for warning in report.warnings:
            self._display.warn(f"{shot.name}: {warning}")
        facts |= {
            "state": "rendered",
            "output": str(report.output),
            "frames": report.frames,
            "resumed": report.resumed,
            "seconds": round(report.seconds, 3),
            "confidence": round(report.confidence, 4),
            "backend": report.backend,
            "model": report.model,
            "warnings": list(report.warnings),
        }
        done = f", {report.resumed} of them done before" if report.resumed else ""
        text = f"{shot.name}: {report.output}, {report.frames} frames{done} in {report.seconds:.1f} s"
        self._display.step(text, event="shot", **facts)

    def finish(self) -> None:
        """Show the result.

        Raises:
            ShotsFailedError: shots failed.
        """
        counts = {"rendered": self._rendered, "failed": len(self._failed), "up_to_date": self._skipped}
        if self._failed:
            code = UsageError.exit_code if all(error.exit_code == 2 for _, error in self._failed) else 1
            named = "; ".join(f"{name}: {error}" for name, error in self._failed[:3])
            more = f"; and {len(self._failed) - 3} more" if len(self._failed) > 3 else ""
            whole = self._rendered + len(self._failed)
            raise ShotsFailedError(f"{len(self._failed)} of {whole} shots failed: {named}{more}", code)
        text = f"{self._project.name}: {self._rendered} shots rendered, {self._skipped} were up to date"
        self._display.finish(text, **counts, output=self._project.output.folder)
