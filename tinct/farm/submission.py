"""Hands a bundle to the engine of a farm, or shows what would be sent."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tinct.runtime.errors import UnknownNameError

ENGINES = ("deadline-cloud", "opencue")


def submit_bundle(folder: Path, to: str, options: Mapping[str, str], *, dry_run: bool) -> dict[str, Any]:
    """Send the bundle in ``folder`` to the engine ``to``, or make up what would be sent, checked with that engine's own
    library; ``text`` of the reply says it.

    Raises:
        UnknownNameError: no such engine.
        UsageError: the engine's library is missing or refuses the bundle, or an option is not known.
        WorkerError: the engine cannot be reached.
    """
    if to == "deadline-cloud":
        from tinct.farm.deadline_cloud import submit
    elif to == "opencue":
        from tinct.farm.opencue import submit
    else:
        raise UnknownNameError(f"no engine named {to!r}: the engines are {', '.join(ENGINES)}")
    return submit(folder, dict(options), dry_run=dry_run)
