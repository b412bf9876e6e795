"""Processes beside Resolve, in the interpreter that was recorded at installation."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence

from tinct.plugin.worker_errors import WorkerUnavailable
from tinct.plugin.worker_process import start_tinct


def start_process(arguments: Sequence[str], log: str, module: str = "tinct") -> subprocess.Popen[bytes]:
    """Start ``python -m MODULE ARGUMENTS`` in the folder of ``log``, into which goes what it says.

    Raises:
        WorkerUnavailable: there is no usable record of the installation, or it cannot be started.
    """
    try:
        with open(log, "wb") as said:
            to = said.fileno()
            folder = os.path.dirname(log)
            return start_tinct(
                arguments, stdout=to, stderr=to, cwd=folder, module=module, install="tinct install resolve"
            )
    except OSError as error:
        raise WorkerUnavailable(f"the log of a process cannot be written: {error}") from error


def last_words(log: str) -> str:
    """The end of what a process said."""
    try:
        with open(log, encoding="utf-8", errors="replace") as stream:
            return " ".join(stream.read()[-400:].split())
    except OSError:
        return ""
