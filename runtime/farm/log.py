"""Structured logs of a farm's tasks: one JSON object a line, each process in a file of its own."""

import json
import os
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tinct.runtime.errors import OutputError


class TaskLog:
    """The log of one try at a task. A context manager.

    Every line has ``time`` (UTC), ``host``, ``pid``, ``step``, ``task`` and ``event``: begun, chunk, frame, done,
    failed. A disk that takes no log does not stop the work.
    """

    def __init__(self, folder: Path, step: str, task: int) -> None:
        """Log into ``folder``, which is made if it is missing."""
        self._facts = {"host": socket.gethostname(), "pid": os.getpid(), "step": step, "task": task}
        name = f"{step}-{task:05}-{self._facts['host']}-{os.getpid()}.jsonl"
        self._path = folder / name

    def write(self, event: str, **facts: Any) -> None:
        """Append one line."""
        line = {"time": datetime.now(UTC).isoformat(timespec="milliseconds"), "event": event, **self._facts, **facts}
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with open(self._path, "a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")
        except OSError:
            return

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            self.write("failed", error=type(error).__name__, message=str(error))


def read_logs(folder: Path) -> Iterator[dict[str, Any]]:
    """All lines of all logs in ``folder``, by file; half a line at the end of one does not count.

    Raises:
        OutputError: a log cannot be read.
    """
    for path in sorted(folder.glob("*.jsonl")):
        try:
            text = path.read_text(encoding="utf-8", errors="replace")
        except OSError as error:
            raise OutputError(f"the log {path} cannot be read: {error.strerror}") from error
        for line in text.splitlines():
            try:
                entry = json.loads(line)
            except ValueError:
                continue
            if isinstance(entry, dict):
                yield entry
