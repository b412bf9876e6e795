"""The parameters of the effect, in OpenFX's terms: the one list behind Nuke's knobs, Resolve's settings, the properties
of the other hosts, the panel and the docs.

Standard library alone, Python 3.9: this file goes into hosts as it stands.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from typing import Any, Callable, NamedTuple

PASSES = ("chroma", "cbcr", "ab", "confidence")


class ParameterError(ValueError):
    """A value that its parameter does not take; the message names the parameter."""


class StillInForce(NamedTuple):
    """A still's file, the plate's own frame from which it is in force (None: from the start), and how much it counts
    beside the others of its set, above 0. ``crop`` (left, top, right and bottom, as shares of the picture) and ``turn``
    (degrees clockwise): the part of it that counts."""

    path: str
    frame: int | None = None
    weight: float = 1.0
    crop: tuple[float, ...] | None = None
    turn: int = 0


class HintPoint(NamedTuple):
    """A wanted colour at a pixel: the plate's own frame, x and y in plate pixels from the top left, and sRGB-encoded
    red, green and blue, 0..1."""

    frame: int
    x: float
    y: float
    red: float
    green: float
    blue: float


class Parameter(NamedTuple):
    """A parameter as a host shows it.

    ``kind``: OpenFX's, of Double, Integer, Boolean, Choice, String, Custom, Group, Page and PushButton. ``parent``:
    name of the group that it stands in. ``renders``: whether a result depends on it. ``field``: the name of
    `Client.colorize` for it, where that is another.
    """

    name: str
    kind: str
    label: str
    hint: str
    default: Any = None
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()
    parent: str | None = None
    renders: bool = True
    field: str | None = None


def _button(name: str, label: str, hint: str, parent: str) -> Parameter:
    return Parameter(name, "PushButton", label, hint, parent=parent, renders=False)


def _text(name: str, label: str, hint: str, parent: str, default: str = "", field: str | None = None) -> Parameter:
    return Parameter(name, "String", label, hint, default, parent=parent, field=field)


PARAMETERS: tuple[Parameter, ...] = (
    Parameter("tinct", "Page", "Tinct", "Colours a black-and-white plate from colour stills.", renders=False),
    Parameter("reference", "Group", "Stills", "What the colours should be.", renders=False),
    Parameter(
        "stills",
        "Custom",
        "Stills",
        "Colour stills, each with the frame from which it is in force and its weight.",
        "[]",
        parent="reference",
    ),
    _button("addStill", "Add still", "Add a picture that is in force from the current frame on.", "reference"),
    _button("removeStill", "Remove still", "Take the selected still out.", "reference"),
    Parameter(
        "stillsAtOnce",
        "Integer",
        "Stills at once",
        "How many stills of a set take part in a frame at most: those that show most of it.",
        4,
        1,
        64,
        parent="reference",
        field="stills_at_once",
    ),
    Parameter(
        "hints",
        "Custom",
        "Hints",
        "Colours at single points, which are followed through the shot.",
        "[]",
        parent="reference",
    ),
    Parameter("colour", "Group", "Colour", "How the colour is laid over the plate.", renders=False),
    Parameter(
        "chroma", "Double", "Chroma", "Scale of the chroma; 0 leaves the plate grey.", 1.0, 0.0, 4.0, parent="colour"
    ),
    _text("mask", "Mask", "A picture, sequence or movie that limits where colour goes (white: all of it).", "colour"),
    Parameter(
        "workingSize",
        "Integer",
        "Working size",
        "Short side in pixels at which colour is worked out; 0 is the model's own.",
        0,
        0,
        2160,
        parent="colour",
        field="working_size",
    ),
    _text("model", "Model", "A shipped model, or the folder of a bundle.", "colour", "lite"),
    _text("backend", "Backend", "What computes: auto, or one that tinct info lists.", "colour", "auto"),
    Parameter("management", "Group", "Colour management", "OpenColorIO spaces of the files.", renders=False),
    _text(
        "inputSpace", "Plate's space", "Space of the plate; empty goes by its tags.", "management", "", "input_space"
    ),
    _text(
        "outputSpace", "Result's space", "Space of the result; empty is the plate's.", "management", "", "output_space"
    ),
    _text("stillSpace", "Stills' space", "Space of the stills; empty is sRGB.", "management", "", "still_space"),
    _text("ocio", "Configuration", "OpenColorIO configuration; empty is $OCIO, else ACES studio.", "management"),
    Parameter("output", "Group", "Output", "What is shown and written.", renders=False),
    Parameter(
        "view",
        "Choice",
        "View",
        "Show the result or how sure the match is of it.",
        "result",
        choices=("result", "confidence"),
        parent="output",
        renders=False,
    ),
    _text("passes", "Passes", "Passes written beside the picture, of " + ", ".join(PASSES) + ".", "output"),
    Parameter("cacheFolder", "String", "Cache folder", "Where results lie.", "", parent="output", renders=False),
    _button("preview", "Preview this frame", "Colour the current frame by itself.", "output"),
    _button("render", "Render range", "Colour the range, each frame from the one before.", "output"),
    _button("cancel", "Cancel", "Stop; what is done is kept, and the next render goes on from there.", "output"),
)
"""All parameters, each group before those that stand in it."""

BY_NAME = {parameter.name: parameter for parameter in PARAMETERS}
_HOLDS_NO_VALUE = ("Group", "Page", "PushButton")


def defaults() -> dict[str, Any]:
    """The value of each parameter that holds one, before anybody has changed it."""
    return {one.name: one.default for one in PARAMETERS if one.kind not in _HOLDS_NO_VALUE}


def validated(values: Mapping[str, Any]) -> dict[str, Any]:
    """``values`` with the defaults of those that are missing, each of its parameter's type.

    Raises:
        ParameterError: a name that there is not, or a value that its parameter does not take.
    """
    known = defaults()
    for name, value in values.items():
        if name not in known:
            raise ParameterError("there is no parameter {!r}; they are {}".format(name, ", ".join(known)))
        known[name] = _CHECKS[BY_NAME[name].kind](BY_NAME[name], value)
    known["passes"] = ",".join(pass_names(known["passes"]))
    return known


def _number(parameter: Parameter, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise ParameterError(f"{parameter.name} is {value!r} and must be a number")
    low, high = parameter.minimum, parameter.maximum
    if (low is not None and value < low) or (high is not None and value > high):
        raise ParameterError(f"{parameter.name} is {value:g} and must be from {low:g} to {high:g}")
    return float(value)


def _whole(parameter: Parameter, value: Any) -> int:
    number = _number(parameter, value)
    if number != int(number):
        raise ParameterError(f"{parameter.name} is {value:g} and must be a whole number")
    return int(number)


def _flag(parameter: Parameter, value: Any) -> bool:
    if value not in (0, 1):
        raise ParameterError(f"{parameter.name} is {value!r} and must be true or false")
    return bool(value)


def _choice(parameter: Parameter, value: Any) -> str:
    if value not in parameter.choices:
        raise ParameterError(
            "{} is {!r} and must be one of {}".format(parameter.name, value, ", ".join(parameter.choices))
        )
    return str(value)


def _line(parameter: Parameter, value: Any) -> str:
    if not isinstance(value, str) or "\0" in value:
        raise ParameterError(f"{parameter.name} is {value!r} and must be a text")
    return value.strip()


def _custom(parameter: Parameter, value: Any) -> str:
    if parameter.name == "stills":
        return format_stills(parse_stills(_line(parameter, value)))
    return format_hints(parse_hints(_line(parameter, value)))


_CHECKS: dict[str, Callable[[Parameter, Any], Any]] = {
    "Double": _number, "Integer": _whole, "Boolean": _flag, "Choice": _choice, "String": _line, "Custom": _custom,
}  # fmt: skip


def pass_names(text: str) -> list[str]:
    """The passes that the parameter ``passes`` names.

    Raises:
        ParameterError: there is no such pass.
    """
    names = [name.strip() for name in text.split(",") if name.strip()]
    for name in names:
        if name not in PASSES:
            raise ParameterError("passes names {!r}; the passes are {}".format(name, ", ".join(PASSES)))
    return names


def parse_stills(text: str) -> list[StillInForce]:
    """The stills of the text that `format_stills` writes; an empty text is none.

    Raises:
        ParameterError: it is no such text.
    """
    stills = []
    for entry in _entries("stills", text):
        try:
            path, frame, weight = entry["path"], entry.get("frame"), entry.get("weight", 1.0)
        except (TypeError, KeyError, AttributeError):
            raise ParameterError(f"stills holds {str(entry)[:80]!r}, which names no path") from None
        if not isinstance(path, str) or not path:
            raise ParameterError(f"stills holds {str(entry)[:80]!r}, whose path is no text")
        if frame is not None and type(frame) is not int:
            raise ParameterError(f"the still {path} is in force from {frame!r}, which is no frame")
        if isinstance(weight, bool) or not isinstance(weight, (int, float)) or not 0 < weight < math.inf:
            raise ParameterError(f"the still {path} has the weight {weight!r} and must have one above 0")
        stills.append(StillInForce(path, frame, float(weight), _crop(path, entry), _turn(path, entry)))
    return stills


def _crop(path: str, entry: Any) -> tuple[float, ...] | None:
    crop = entry.get("crop")
    if crop is None:
        return None
    try:
        left, top, right, bottom = (float(value) for value in crop)
    except (TypeError, ValueError):
        left = top = right = bottom = math.nan
    if not (0 <= left < right <= 1 and 0 <= top < bottom <= 1):
        raise ParameterError(f"the still {path} has the crop {crop!r} and must have left, top, right, bottom, 0 to 1")
    return left, top, right, bottom


def _turn(path: str, entry: Any) -> int:
    turn = entry.get("turn", 0)
    if type(turn) is not int or turn not in (0, 90, 180, 270):
        raise ParameterError(f"the still {path} is turned by {turn!r} and must be by 0, 90, 180 or 270")
    return turn


def format_stills(stills: Iterable[StillInForce]) -> str:
    """One line of JSON; the same stills give the same text."""
    return json.dumps([still_entry(one) for one in stills])


def still_entry(still: StillInForce) -> dict[str, Any]:
    """A still as it stands in the parameter's text and in requests."""
    entry: dict[str, Any] = {"path": still.path, "frame": still.frame, "weight": float(still.weight)}
    if still.crop is not None:
        entry["crop"] = list(still.crop)
    if still.turn:
        entry["turn"] = still.turn
    return entry


def parse_hints(text: str) -> list[HintPoint]:
    """The hints of the text that `format_hints` writes; an empty text is none.

    Raises:
        ParameterError: it is no such text.
    """
    hints = []
    for entry in _entries("hints", text):
        try:
            frame, x, y = entry["frame"], float(entry["x"]), float(entry["y"])
            red, green, blue = (float(value) for value in entry["colour"])
        except (TypeError, KeyError, ValueError, AttributeError):
            raise ParameterError(f"hints holds {str(entry)[:80]!r}, which is no frame, x, y and colour") from None
        if (
            type(frame) is not int
            or not all(map(math.isfinite, (x, y)))
            or not all(0 <= value <= 1 for value in (red, green, blue))
        ):
            raise ParameterError(f"hints holds {str(entry)[:80]!r}; colours are three numbers from 0 to 1")
        hints.append(HintPoint(frame, x, y, red, green, blue))
    return hints


def format_hints(hints: Iterable[HintPoint]) -> str:
    """One line of JSON; the same hints give the same text."""
    return json.dumps([
        {"frame": one.frame, "x": one.x, "y": one.y, "colour": [one.red, one.green, one.blue]} for one in hints
    ])  # fmt: skip


def _entries(name: str, text: str) -> list[Any]:
    try:
        entries = json.loads(text) if text.strip() else []
    except ValueError as error:
        raise ParameterError(f"{name} is no list in JSON ({error})") from None
    if not isinstance(entries, list):
        raise ParameterError(f"{name} is no list in JSON")
    return entries
