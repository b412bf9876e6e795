"""How a run is shown while it works: a live bar on a terminal, plain lines elsewhere, JSON lines for a program."""

import json
import sys
import time
from abc import ABC, abstractmethod
from types import TracebackType
from typing import ClassVar, Self

import typer

PLAIN_INTERVAL = 2.0
"""Seconds between plain lines."""
JSON_INTERVAL = 0.25
"""Seconds between progress events."""


class Display(ABC):
    """Shows the progress of a run over frames. A context manager, so that a terminal is always left in order."""

    NAME: ClassVar[str]

    @abstractmethod
    def progress(self, *, frame: int, done: int, total: int, fps: float) -> None:
        """Frame number ``frame`` is done, the ``done``-th of ``total``, at ``fps`` frames a second so far."""

    def confidence(self, *, frame: int, mean: float, covered: float) -> None:
        """How sure the colours of ``frame`` are; shown to programs only."""
        return None

    @abstractmethod
    def step(self, text: str, *, event: str, **facts: object) -> None:
        """A part of the run is done or failed: ``text`` to people, ``facts`` to programs, as an ``event``."""

    @abstractmethod
    def warn(self, text: str) -> None:
        """Show a warning."""

    @abstractmethod
    def finish(self, text: str, **facts: object) -> None:
        """Show the result: ``text`` to people, ``facts`` to programs."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None


class LineDisplay(Display):
    """Plain lines on stderr, a few seconds apart; the result on stdout."""

    NAME = "lines"

    def __init__(self, *, interval: float = PLAIN_INTERVAL) -> None:
        self._interval = interval
        self._last = time.monotonic()

    def progress(self, *, frame: int, done: int, total: int, fps: float) -> None:
        now = time.monotonic()
        if done < total and now - self._last < self._interval:
            return
        self._last = now
        typer.echo(
            f"frame {frame}  {done}/{total}  {fps:.1f} fps  ETA {_clock((total - done) / fps if fps else 0)}", err=True
        )

    def step(self, text: str, *, event: str, **facts: object) -> None:
        typer.echo(text, err=True)

    def warn(self, text: str) -> None:
        typer.echo(f"tinct: warning: {text}", err=True)

    def finish(self, text: str, **facts: object) -> None:
        typer.echo(text)


class JsonDisplay(Display):
    """One JSON object a line on stdout: ``event`` is progress, frame, warning, done, error or stopped."""

    NAME = "json"

    def __init__(self, *, interval: float = JSON_INTERVAL) -> None:
        self._interval = interval
        self._last = -interval

    def progress(self, *, frame: int, done: int, total: int, fps: float) -> None:
        now = time.monotonic()
        if done < total and now - self._last < self._interval:
            return
        self._last = now
        left = (total - done) / fps if fps else None
        self._event("progress", frame=frame, done=done, total=total, fps=round(fps, 3), eta_s=left and round(left, 1))

    def confidence(self, *, frame: int, mean: float, covered: float) -> None:
        self._event("frame", frame=frame, confidence=round(mean, 4), covered=round(covered, 4))

    def step(self, text: str, *, event: str, **facts: object) -> None:
        self._event(event, **facts)

    def warn(self, text: str) -> None:
        self._event("warning", message=text)

    def finish(self, text: str, **facts: object) -> None:
        self._event("done", **facts)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, KeyboardInterrupt):
            self._event("stopped")
        elif isinstance(error, Exception):
            code = getattr(error, "exit_code", 1)
            self._event("error", kind=type(error).__name__, message=str(error), exit_code=code)

    @staticmethod
    def _event(name: str, **facts: object) -> None:
        typer.echo(json.dumps({"event": name, **facts}))
        sys.stdout.flush()


class TerminalDisplay(Display):
    """A live bar with speed, time left and the current frame."""

    NAME = "terminal"

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        self._bar = Progress(
            TextColumn("frame {task.fields[frame]}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[fps]:.1f} fps"),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        self._task = self._bar.add_task("", total=None, frame="-", fps=0.0)

    def progress(self, *, frame: int, done: int, total: int, fps: float) -> None:
        self._bar.update(self._task, completed=done, total=total, frame=frame, fps=fps)

    def step(self, text: str, *, event: str, **facts: object) -> None:
        self._bar.console.print(text, markup=False, highlight=False)

    def warn(self, text: str) -> None:
        self._bar.console.print(f"tinct: warning: {text}", style="yellow", markup=False, highlight=False)

    def finish(self, text: str, **facts: object) -> None:
        self._bar.stop()
        typer.echo(text)

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()


def choose_display(*, as_json: bool) -> Display:
    """The display that suits where the output goes."""
    if as_json:
        return JsonDisplay()
    return TerminalDisplay() if sys.stderr.isatty() else LineDisplay()


def _clock(seconds: float) -> str:
    whole = round(seconds)
    return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"
