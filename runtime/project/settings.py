"""The parameters that a project may set, as schema 1 has them.

They are those of the effect that a result depends on (``plugin/params.py``), but for stills, hints, mask and passes, to
which a project gives fields of their own. They stand here once more because a file of schema 1 must mean the same for
ever; a test compares the two.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple, Union

from tinct.runtime.errors import ProjectError

Value = Union[str, int, float]


class Setting(NamedTuple):
    """A parameter's kind (``float``, ``int`` or ``str``), its name in a request, its range, and the value that says
    nothing."""

    kind: type
    field: str
    default: Value
    low: float = -math.inf
    high: float = math.inf


SETTINGS: Mapping[str, Setting] = {
    "stillsAtOnce": Setting(int, "stills_at_once", 4, 1, 64),
    "chroma": Setting(float, "chroma", 1.0, 0.0, 4.0),
    "workingSize": Setting(int, "working_size", 0, 0, 2160),
    "model": Setting(str, "model", "lite"),
    "backend": Setting(str, "backend", "auto"),
    "inputSpace": Setting(str, "input_space", ""),
    "outputSpace": Setting(str, "output_space", ""),
    "stillSpace": Setting(str, "still_space", ""),
    "ocio": Setting(str, "ocio", ""),
}


def check_settings(values: Mapping[str, Any]) -> Mapping[str, Value]:
    """``values`` by name, each of its parameter's kind.

    Raises:
        ProjectError: a name that there is not, or a value that its parameter does not take.
    """
    return {name: _checked(name, value) for name, value in values.items()}


def _checked(name: str, value: Any) -> Value:
    setting = SETTINGS.get(name)
    if setting is None:
        raise ProjectError(f"parameters names {name[:80]!r}; the parameters are {', '.join(SETTINGS)}")
    if setting.kind is str:
        if not isinstance(value, str) or "\0" in value:
            raise ProjectError(f"parameters.{name} is {str(value)[:80]!r} and must be a text")
        return value.strip()
    whole = setting.kind is int
    if isinstance(value, bool) or not isinstance(value, (int, float)) or (whole and value != int(value)):
        kind = "a whole number" if whole else "a number"
        raise ProjectError(f"parameters.{name} is {str(value)[:80]!r} and must be {kind}")
    if not setting.low <= value <= setting.high:
        raise ProjectError(f"parameters.{name} is {value:g} and must be from {setting.low:g} to {setting.high:g}")
    return setting.kind(value)  # type: ignore[no-any-return]


def request_fields(values: Mapping[str, Value]) -> dict[str, Any]:
    """``values`` under their names in a request; those that say nothing are left out."""
    return {
        SETTINGS[name].field: value
        for name, value in values.items()
        if value != "" and not (name == "workingSize" and value == 0)
    }
