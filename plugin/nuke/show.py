"""What the node shows once something was rendered."""

from __future__ import annotations

from typing import Any

import nuke

from tinct.plugin.nuke.colouring import Outcome
from tinct.plugin.nuke.node import inner
from tinct.plugin.nuke.source import Source


def show_result(node: nuke.Node, source: Source, outcome: Outcome, state: str) -> None:
    """Show a range's result; ``state`` is that of the knobs when it was asked for."""
    with _Undoable("Tinct: result"):
        _point(inner(node, "result"), source, outcome)
        node["resultFile"].setValue(outcome.file)
        node["resultState"].setValue(state)
        node["rendered"].setValue(True)
        node["previewed"].setValue(False)


def show_preview(node: nuke.Node, source: Source, outcome: Outcome, state: str) -> None:
    """Show one frame's result while that frame is looked at; the range's stays that of another ``state``."""
    with _Undoable("Tinct: preview"):
        _point(inner(node, "previewResult"), source, outcome)
        node["previewFrame"].setValue(outcome.first)
        node["previewed"].setValue(True)


def set_status(node: nuke.Node, text: str) -> None:
    """Say something in the node's panel; not a step of undo."""
    undo = nuke.Undo()
    undo.disable()
    try:
        node["status"].setValue(text)
    finally:
        undo.enable()


def describe(outcome: Outcome) -> str:
    """One line about a result."""
    report: dict[str, Any] = outcome.report
    frames = f"frame {outcome.first}" if outcome.first == outcome.last else f"frames {outcome.first}-{outcome.last}"
    what = "were in the cache" if not outcome.rendered else "rendered: " + ", ".join(outcome.rendered)
    line = "{}: {}; {} on {}, confidence {:.2f}".format(
        frames, what, report["model"], report["backend"], report["confidence"]
    )
    return "\n".join([line, *report["warnings"]])


def _point(read: nuke.Node, source: Source, outcome: Outcome) -> None:
    read["file"].setValue(outcome.file)
    for name, frame in (("first", outcome.first), ("last", outcome.last)):
        read[name].setValue(frame)
        read[f"orig{name}"].setValue(frame)
    read["raw"].setValue(source.raw)
    if source.colorspace and not source.raw:
        read["colorspace"].setValue(source.colorspace)


class _Undoable:
    """All that happens within is one step of undo."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._undo = nuke.Undo()

    def __enter__(self) -> None:
        self._undo.begin(self._name)

    def __exit__(self, *error: object) -> None:
        self._undo.end()
