"""How the run of a job is shown: a bar for each task at work on a terminal, plain lines elsewhere, JSON lines for a
program."""

import json
import sys
import time
from abc import ABC, abstractmethod
from dataclasses import asdict
from types import TracebackType
from typing import Any, ClassVar, Self

import typer

from tinct.farm.local_run import RunOutcome, TaskNews

PLAIN_INTERVAL = 5.0
JSON_INTERVAL = 0.25


class FarmDisplay(ABC):
    """Shows tasks. A context manager, so that a terminal is always left in order."""

    NAME: ClassVar[str]

    @abstractmethod
    def task(self, news: TaskNews) -> None:
        """Something is known of a task."""

    def finish(self, outcome: RunOutcome) -> None:
        """Show what the run came to."""
        for one in outcome.failed:
            typer.echo(f"tinct: {one.step} {one.index} failed (exit code {one.code}): {one.words}", err=True)
        times = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in outcome.seconds.items())
        again = f"; {outcome.again} tasks were tried again" if outcome.again else ""
        typer.echo(f"{'done' if outcome.done else 'not done'}: {times}{again}")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None


class LineFarmDisplay(FarmDisplay):
    """Plain lines on stderr: each change of a task, and its progress every few seconds."""

    NAME = "lines"

    def __init__(self) -> None:
        self._told: dict[tuple[str, int], float] = {}

    def task(self, news: TaskNews) -> None:
        key, now = (news.step, news.index), time.monotonic()
        if news.state == "waiting" or (news.state == "running" and now - self._told.get(key, 0.0) < PLAIN_INTERVAL):
            return
        self._told[key] = now
        words = f": {news.words}" if news.words else ""
        typer.echo(f"{news.step} {news.index}  {news.state}  {news.percent:.0f} %{words}", err=True)


class JsonFarmDisplay(FarmDisplay):
    """One JSON object a line on stdout: ``event`` is task or done."""

    NAME = "json"

    def __init__(self) -> None:
        self._told: dict[tuple[str, int, str], float] = {}

    def task(self, news: TaskNews) -> None:
        key, now = (news.step, news.index, news.state), time.monotonic()
        if news.state == "running" and now - self._told.get(key, 0.0) < JSON_INTERVAL:
            return
        self._told[key] = now
        self._event("task", **asdict(news))

    def finish(self, outcome: RunOutcome) -> None:
        failed = [asdict(one) for one in outcome.failed]
        self._event("done", done=outcome.done, again=outcome.again, failed=failed, seconds=dict(outcome.seconds))

    @staticmethod
    def _event(name: str, **facts: Any) -> None:
        sys.stdout.write(json.dumps({"event": name, **facts}) + "\n")
        sys.stdout.flush()


class TerminalFarmDisplay(FarmDisplay):
    """A bar for each step, and one for each task at work."""

    NAME = "terminal"

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            TextColumn("{task.fields[words]}"),
        )
        self._bars = Progress(*columns, console=Console(stderr=True), transient=True)
        self._steps: dict[str, Any] = {}
        self._tasks: dict[tuple[str, int], Any] = {}
        self._percent: dict[tuple[str, int], float] = {}

    def task(self, news: TaskNews) -> None:
        key = (news.step, news.index)
        if news.step not in self._steps:
            self._steps[news.step] = self._bars.add_task(news.step, total=0.0, words="")
        if news.state == "waiting":
            self._percent[key] = 0.0
        elif news.state == "running":
            if key not in self._tasks:
                self._tasks[key] = self._bars.add_task(f"  {news.index}", total=100.0, words="")
            self._bars.update(self._tasks[key], completed=news.percent, words=news.words)
            self._percent[key] = news.percent
        else:
            self._percent[key] = 100.0 if news.state == "done" else 0.0
            if key in self._tasks:
                self._bars.remove_task(self._tasks.pop(key))
            if news.state in ("again", "failed"):
                self._bars.console.print(f"{news.step} {news.index}: {news.state}: {news.words}", markup=False)
        mine = [value for (step, _), value in self._percent.items() if step == news.step]
        self._bars.update(self._steps[news.step], total=100.0 * len(mine), completed=sum(mine))

    def finish(self, outcome: RunOutcome) -> None:
        self._bars.stop()
        super().finish(outcome)

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()


def choose_farm_display(*, as_json: bool) -> FarmDisplay:
    """The display that suits where the output goes."""
    if as_json:
        return JsonFarmDisplay()
    return TerminalFarmDisplay() if sys.stderr.isatty() else LineFarmDisplay()
