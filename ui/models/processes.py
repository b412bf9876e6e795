"""Processes of Tinct's own interpreter, for what neither the worker nor the panel does itself."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Sequence
from typing import IO, NamedTuple

from tinct.plugin.client import worker_folder
from tinct.plugin.worker_process import start_tinct

LAST_WORDS = 400


class Said(NamedTuple):
    """What a process gave: its exit ``code`` and what it wrote."""

    code: int
    out: str
    err: str

    @property
    def problem(self) -> str:
        """What went wrong, in one line, as the command line says it."""
        lines = [line for line in (self.err.strip() or self.out.strip()).splitlines() if line.strip()]
        return lines[-1].removeprefix("tinct: ").removeprefix("error: ") if lines else f"exit code {self.code}"


class Processes:
    """Starts ``tinct ...`` as the worker is started, so that the panel may live in a host without Tinct's libraries."""

    def __init__(self, installation: str | None = None):
        """``installation``: the record of where Tinct is; None: as `tinct.plugin.client.find_installation`."""
        self._installation = installation

    def start(self, arguments: Sequence[str], log: str, keep: Sequence[int] = ()) -> subprocess.Popen[bytes]:
        """A process that goes on when the panel ends; what it says is in the file ``log``.

        Args:
            arguments: of ``tinct``.
            log: begun anew.
            keep: files that stay open in it.

        Raises:
            WorkerUnavailable: Tinct cannot be started.
            OSError: the log cannot be written.
        """
        with open(log, "wb") as file:
            said = file.fileno()
            return start_tinct(arguments, stdout=said, stderr=said, installation=self._installation, pass_fds=keep)

    def run(self, arguments: Sequence[str], seconds: float = 600.0) -> Said:
        """A process that is waited for.

        Raises:
            WorkerUnavailable: Tinct cannot be started.
            OSError: nor can what it says be kept.
        """
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            child = start_tinct(
                arguments, stdout=out.fileno(), stderr=err.fileno(), installation=self._installation
            )  # files, for a pipe that nobody reads would fill
            try:
                code = child.wait(seconds)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
                return Said(124, "", f"it took longer than {seconds:g} s and was ended")
            return Said(code, *(_text(one) for one in (out, err)))

    def log_path(self, name: str) -> str:
        """Where a process of that ``name`` says what it does: not beside the results, whose disk may be full."""
        folder = worker_folder()
        os.makedirs(folder, mode=0o700, exist_ok=True)
        return os.path.join(folder, name)

    def last_words(self, log: str) -> str:
        """The end of what a process said."""
        try:
            with open(log, encoding="utf-8", errors="replace") as file:
                return " ".join(file.read()[-LAST_WORDS:].split()) or "it said nothing"
        except OSError:
            return "it left no log"


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode("utf-8", "replace")
