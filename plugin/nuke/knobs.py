"""The node's knobs, made from the one list of parameters, and the values that they hold."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from typing import Any, Callable

import nuke

from tinct.plugin.params import PARAMETERS, Parameter, StillInForce, format_stills, parse_stills

VERSION_KNOB = "tinctVersion"
"""Its presence makes a Group a Tinct node."""
FILE_KNOBS = ("mask", "cacheFolder")
BUTTON = """\
try:
    from tinct.plugin.nuke import actions
except ImportError:
    nuke.message("Tinct is not installed here. What it rendered shows all the same.")
else:
    actions.press({name!r})
"""
"""What a button runs; the script stays whole where Tinct is not installed."""
EMPTY = "(none)"


def add_knobs(node: nuke.Node) -> None:
    """Give ``node`` a knob for each parameter, the range, and what the node keeps for itself."""
    group: str | None = None
    for parameter in PARAMETERS:
        if group is not None and parameter.parent != group:
            node.addKnob(nuke.Tab_Knob(f"{group}End", None, nuke.TABENDGROUP))
        group = parameter.name if parameter.kind == "Group" else parameter.parent
        if parameter.name == "preview":
            _add_range(node)
        node.addKnob(_made(parameter))
        if parameter.name == "stills":
            _add_still_list(node)
    if group is not None:
        node.addKnob(nuke.Tab_Knob(f"{group}End", None, nuke.TABENDGROUP))
    node.addKnob(nuke.Text_Knob("status", "", "nothing rendered yet"))
    for knob in _own_knobs():
        knob.setFlag(nuke.INVISIBLE)
        node.addKnob(knob)


def values_of(node: nuke.Node) -> dict[str, Any]:
    """The parameters as they stand; not yet checked."""
    return {
        parameter.name: _READERS[parameter.kind](node[parameter.name])
        for parameter in PARAMETERS
        if parameter.kind in _READERS
    }


def state_of(node: nuke.Node) -> str:
    """A name for what the knobs ask for, to see whether they have changed; it looks at no file."""
    values = values_of(node)
    asked = [[one.name, values[one.name]] for one in PARAMETERS if one.renders and one.name in values]
    text = json.dumps([asked, int(node["first"].value()), int(node["last"].value())])
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:32]


def stills_of(node: nuke.Node) -> list[StillInForce]:
    """The stills.

    Raises:
        ParameterError: somebody wrote something else into the knob.
    """
    return parse_stills(str(node["stills"].value()))


def set_stills(node: nuke.Node, stills: list[StillInForce]) -> None:
    """Replace the stills, in the order of the frames from which they are in force."""
    ordered = sorted(stills, key=lambda still: (still.frame is not None, still.frame or 0))
    node["stills"].setValue(format_stills(ordered))
    show_stills(node)


def show_stills(node: nuke.Node) -> None:
    """Let the pulldown list the stills that the node has."""
    pulldown = node["still"]
    assert isinstance(pulldown, nuke.Enumeration_Knob)
    pulldown.setValues(still_lines(stills_of(node)))


def still_lines(stills: Sequence[StillInForce]) -> list[str]:
    """The stills as the pulldown has them."""
    return [_still_line(still) for still in stills] or [EMPTY]


def _still_line(still: StillInForce) -> str:
    start = "start" if still.frame is None else str(still.frame)
    weight = "" if still.weight == 1.0 else f" x{still.weight:g}"
    return f"{start}: {os.path.basename(still.path)}{weight}"


def _add_still_list(node: nuke.Node) -> None:
    chosen = nuke.Enumeration_Knob("still", "Still", [EMPTY])
    chosen.setTooltip("Frame from which each still is in force; the one that Remove still takes out.")
    node.addKnob(chosen)


def _add_range(node: nuke.Node) -> None:
    for name, label, hint in (("first", "First", "First frame to colour."), ("last", "Last", "Last frame to colour.")):
        knob = nuke.Int_Knob(name, label)
        knob.setTooltip(hint)
        if name == "last":
            knob.clearFlag(nuke.STARTLINE)
        node.addKnob(knob)
    button = nuke.PyScript_Knob("inputRange", "Of the input", BUTTON.format(name="inputRange"))
    button.setTooltip("Take the range of what is connected to the node.")
    button.clearFlag(nuke.STARTLINE)
    node.addKnob(button)


def _own_knobs() -> list[nuke.Knob]:
    """What the nodes inside look at: whether there is a result and a preview, of which frame, and of which state."""
    return [
        nuke.Int_Knob(VERSION_KNOB, "version"),
        nuke.Boolean_Knob("rendered", "rendered", False),
        nuke.Boolean_Knob("previewed", "previewed", False),
        nuke.Int_Knob("previewFrame", "preview frame"),
        nuke.String_Knob("resultFile", "result file"),
        nuke.String_Knob("resultState", "result state"),
    ]


def _made(parameter: Parameter) -> nuke.Knob:
    knob = _MAKERS[parameter.kind](parameter)
    knob.setTooltip(parameter.hint)
    return knob


def _double(parameter: Parameter) -> nuke.Knob:
    knob = nuke.Double_Knob(parameter.name, parameter.label)
    if parameter.minimum is not None and parameter.maximum is not None:
        knob.setRange(parameter.minimum, parameter.maximum)
    knob.setValue(parameter.default)
    return knob


def _integer(parameter: Parameter) -> nuke.Knob:
    knob = nuke.Int_Knob(parameter.name, parameter.label)
    knob.setValue(parameter.default)
    return knob


def _choice(parameter: Parameter) -> nuke.Knob:
    knob = nuke.Enumeration_Knob(parameter.name, parameter.label, list(parameter.choices))
    knob.setValue(parameter.default)
    return knob


def _string(parameter: Parameter) -> nuke.Knob:
    kind = nuke.File_Knob if parameter.name in FILE_KNOBS else nuke.String_Knob
    knob: nuke.Knob = kind(parameter.name, parameter.label)
    knob.setValue(parameter.default)
    return knob


_MAKERS: dict[str, Callable[[Parameter], nuke.Knob]] = {
    "Double": _double,
    "Integer": _integer,
    "Boolean": lambda parameter: nuke.Boolean_Knob(parameter.name, parameter.label, parameter.default),
    "Choice": _choice,
    "String": _string,
    "Custom": _string,  # no evaluating kind: the text has brackets, which TCL would take for its own
    "Group": lambda parameter: nuke.Tab_Knob(parameter.name, parameter.label, nuke.TABBEGINGROUP),
    "Page": lambda parameter: nuke.Tab_Knob(parameter.name, parameter.label),
    "PushButton": lambda parameter: nuke.PyScript_Knob(
        parameter.name, parameter.label, BUTTON.format(name=parameter.name)
    ),
}


def text_of(knob: nuke.Knob) -> str:
    """A knob's text; of a file with its TCL evaluated, for project folders may stand in it, but with its ``%04d``."""
    if isinstance(knob, nuke.File_Knob):
        return str(knob.getEvaluatedValue() or "")
    return str(knob.value() or "")


_READERS: dict[str, Callable[[nuke.Knob], Any]] = {
    "Double": lambda knob: float(knob.value()),
    "Integer": lambda knob: int(knob.value()),
    "Boolean": lambda knob: bool(knob.value()),
    "Choice": lambda knob: str(knob.value()),
    "String": text_of,
    "Custom": text_of,
}
