"""What the effect's parameters become in calls of the worker.

Standard library alone, Python 3.9: this file goes into hosts as it stands.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tinct.plugin.params import BY_NAME, ParameterError, parse_stills, pass_names, still_entry, validated


def session_arguments(values: Mapping[str, Any]) -> dict[str, Any]:
    """Keyword arguments of `Client.open_session` that parameters decide.

    Raises:
        ParameterError: as `validated`.
    """
    checked = validated(values)
    return {
        "model": checked["model"],
        "backend": checked["backend"],
        "working_size": checked["workingSize"] or None,
        "chroma": checked["chroma"],
        "stills_at_once": checked["stillsAtOnce"],
    }


def plate_arguments(values: Mapping[str, Any]) -> dict[str, Any]:
    """Keyword arguments of `Client.open_plate` that parameters decide, beyond those of a session.

    Raises:
        ParameterError: as `validated`.
    """
    checked = validated(values)
    names = ("mask", "inputSpace", "stillSpace", "ocio")
    return {BY_NAME[name].field or name: checked[name] or None for name in names}


def colorize_request(
    values: Mapping[str, Any],
    *,
    input: str,
    output: str,
    frames: str | None = None,
    overwrite: bool = False,
    resume: bool = False,
) -> dict[str, Any]:
    """A request of `Client.colorize` for the plate ``input``.

    Args:
        values: of the parameters; those that are missing have their defaults.
        input: the plate's file, pattern or folder.
        output: the result's.
        frames: a range such as ``1001-1100``; None: all.
        overwrite: replace what is there.
        resume: go on with what an interrupted run left there.

    Raises:
        ParameterError: as `validated`, or there is no still.
    """
    checked = validated(values)
    stills = parse_stills(checked["stills"])
    if not stills:
        raise ParameterError("stills is empty; add one that shows the colours")
    request: dict[str, Any] = {
        "input": input,
        "output": output,
        "references": [still_entry(still) for still in stills],
        "hints": json.loads(checked["hints"]),
        "passes": pass_names(checked["passes"]),
        "frames": frames,
        "overwrite": overwrite,
        "resume": resume,
    }
    done = ("stills", "hints", "passes", "cacheFolder", "view")
    for name, value in checked.items():
        if name not in done and value != "" and not (name == "workingSize" and value == 0):
            request[BY_NAME[name].field or name] = value
    return request
