"""Processes beside Resolve, in the interpreter that was recorded at installation."""

from __future__ import annotations

import json
import os
import subprocess

from tinct.plugin.worker_errors import WorkerUnavailable
from tinct.plugin.worker_process import HOSTS_OWN, find_installation

_children: list[subprocess.Popen[bytes]] = []
"""They outlive this one; kept so that Python does not complain of that."""


def start_process(arguments: list[str], log: str) -> subprocess.Popen[bytes]:
    """Start ``python -m ...`` with ``arguments`` after the interpreter; what it says goes into the file ``log``.

    Raises:
        WorkerUnavailable: there is no usable record of the installation, or it cannot be started.
    """
    place = find_installation()
    try:
        with open(place, encoding="utf-8") as stream:
            facts = json.load(stream)
        environment = {name: value for name, value in os.environ.items() if name not in HOSTS_OWN}
        environment.update(dict(facts.get("environment") or {}))
        with open(log, "wb") as said:
            child = subprocess.Popen(
                [str(facts["interpreter"]), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                cwd=os.path.dirname(log),
                env=environment,
                start_new_session=True,  # it goes on without the host
            )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise WorkerUnavailable(
            f"Tinct cannot be started as {place} says ({error}); run tinct install resolve again"
        ) from None
    _children.append(child)
    return child


def last_words(log: str) -> str:
    """The end of what a process said."""
    try:
        with open(log, encoding="utf-8", errors="replace") as stream:
            return " ".join(stream.read()[-400:].split())
    except OSError:
        return ""
