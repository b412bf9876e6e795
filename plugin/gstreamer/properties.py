"""The element's properties, made from the list of parameters."""

from __future__ import annotations

import json
import re
from typing import Any

from gi.repository import GObject

from tinct.plugin.params import PARAMETERS, Parameter, ParameterError, StillInForce, format_stills

FOR_FILES = frozenset(("mask", "view", "passes", "inputSpace", "outputSpace", "stillSpace", "ocio", "cacheFolder"))
"""Parameters of hosts that hand files over, or show a picture of their own choice."""
_BUTTONS = frozenset(("Group", "Page", "PushButton"))
_STILL = re.compile(r"(?P<path>.+?)(?:@(?P<frame>-?\d+))?(?:=(?P<weight>\d+(?:\.\d+)?))?")
_FLAGS = GObject.ParamFlags.READWRITE
LARGEST_INTEGER = 2**31 - 1


def property_name(parameter: str) -> str:
    """``stillsAtOnce`` as GStreamer writes names: ``stills-at-once``."""
    return re.sub("[A-Z]", lambda match: "-" + match[0].lower(), parameter)


def parameters() -> dict[str, Parameter]:
    """The parameters that the element has, by the names of its properties."""
    return {
        property_name(one.name): one for one in PARAMETERS if one.kind not in _BUTTONS and one.name not in FOR_FILES
    }


def declarations() -> dict[str, tuple[Any, ...]]:
    """`__gproperties__` of the parameters."""
    return {name: _declaration(one) for name, one in parameters().items()}


def _declaration(one: Parameter) -> tuple[Any, ...]:
    if one.kind == "Double":
        return (float, one.label, one.hint, one.minimum, one.maximum, float(one.default), _FLAGS)
    if one.kind == "Integer":
        most = LARGEST_INTEGER if one.maximum is None else one.maximum
        return (int, one.label, one.hint, one.minimum or 0, most, one.default, _FLAGS)
    if one.kind == "Boolean":
        return (bool, one.label, one.hint, one.default, _FLAGS)
    hint = f"{one.hint} ({', '.join(one.choices)})" if one.choices else one.hint
    return (str, one.label, hint, one.default, _FLAGS)


def read_stills(text: str) -> str:
    """The stills that a user wrote as the parameter's own text.

    That is a JSON list; what does not begin with a bracket is a list as on the command line,
    ``STILL[@FRAME][=WEIGHT];...``.

    Raises:
        ParameterError: it is neither.
    """
    text = text.strip()
    if text.startswith("["):
        try:
            json.loads(text)
        except ValueError as error:
            raise ParameterError(f"stills is no JSON list ({error}): {text[:80]}") from error
        return text
    stills = []
    for part in filter(None, (piece.strip() for piece in text.split(";"))):
        match = _STILL.fullmatch(part)
        assert match is not None, "the path takes all that frame and weight do not"
        frame = match["frame"]
        stills.append(StillInForce(match["path"], int(frame) if frame else None, float(match["weight"] or 1)))
    return format_stills(stills)
