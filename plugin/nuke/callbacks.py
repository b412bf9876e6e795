"""What Nuke tells us of: renders, which need our results to be there, changed knobs and closed scripts."""

from __future__ import annotations

import nuke

from tinct.plugin.client import ClientError
from tinct.plugin.nuke import show
from tinct.plugin.nuke.actions import REFUSED, colouring_of, update_status
from tinct.plugin.nuke.colouring import find
from tinct.plugin.nuke.job import cancel_all, colour_with_progress, job_of, said
from tinct.plugin.nuke.knobs import show_stills, state_of
from tinct.plugin.nuke.node import is_tinct, upstream
from tinct.plugin.params import PARAMETERS

registered = False
"""Whether Nuke calls us."""


class RenderStopped(Exception):
    """A render needs a result that is not there and cannot be made."""


def register() -> None:
    """Have Nuke call us."""
    global registered
    nuke.addBeforeRender(before_render, nodeClass="Write")
    nuke.addKnobChanged(knob_changed, nodeClass="Group")
    nuke.addOnScriptClose(script_closed)
    registered = True


def before_render() -> None:
    """Before a Write renders: see that the ranges of all Tinct nodes that it shows are in the cache, else colour them.

    An error here ends the render before its first frame.

    Raises:
        RenderStopped: one cannot be coloured.
    """
    for node in _needed(nuke.thisNode()):
        knob = node.knob("disable")
        if knob is None or not knob.value():
            _make_ready(node)


def knob_changed() -> None:
    """After a knob was changed in an open panel."""
    node, knob = nuke.thisNode(), nuke.thisKnob()
    if not is_tinct(node):
        return
    if knob.name() == "stills":
        try:
            show_stills(node)
        except REFUSED as error:
            show.set_status(node, str(error))
            return
    if knob.name() in _RENDERS:
        update_status(node)


def script_closed() -> None:
    """Stop what is under way for a script that is left."""
    cancel_all()


_RENDERS = frozenset(one.name for one in PARAMETERS if one.renders) | {"first", "last"}


def _needed(writing: nuke.Node) -> list[nuke.Node]:
    """The Tinct nodes that the node which renders shows.

    In background renders the node that Nuke names is not always the one that renders; then those of all Writes count.
    """
    writes = [writing] if writing.Class() == "Write" else nuke.allNodes("Write", recurseGroups=True)
    found: dict[str, nuke.Node] = {}
    for write in writes:
        found.update((node.fullName(), node) for node in upstream(write))
    return list(found.values())


def _make_ready(node: nuke.Node) -> None:
    name = node.name()
    if job_of(node) is not None:
        raise RenderStopped(f"{name} is being rendered by Tinct; wait for it, or cancel it, and render again")
    try:
        first, last = int(node["first"].value()), int(node["last"].value())
        source, colouring = colouring_of(node, first, last, may_write=False)
        outcome = find(colouring) or colour_with_progress(f"Tinct: {name}", colouring, lambda: False)
        if not node["rendered"].value() or node["resultFile"].value() != outcome.file:
            show.show_result(node, source, outcome, state_of(node))
            show.set_status(node, show.describe(outcome))
    except (*REFUSED, ClientError) as error:
        raise RenderStopped(f"{name}: {said(error)}") from error
