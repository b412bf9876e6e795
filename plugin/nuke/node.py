"""The Tinct node: a Group that shows the plate where nothing is rendered, else what was.

::

    plate ----------------.
    result (Read) ---------+- shown (Switch) -+---------------------------- view (Switch) - Output
    previewResult (Read) -'                   '- confidence (Shuffle) ----'
    mask

It holds nothing but Nuke's own nodes and expressions on its own knobs, so a script with it opens, and shows what was
rendered, where Tinct is not installed.
"""

from __future__ import annotations

import nuke

from tinct.plugin.nuke.knobs import VERSION_KNOB, add_knobs

VERSION = 1
SHOWN = (
    "parent.previewed && frame == parent.previewFrame ? 2 : "
    "parent.rendered && frame >= parent.first && frame <= parent.last ? 1 : 0"
)
PLATE, MASK = 0, 1
"""Numbers of the inputs."""


def create() -> nuke.Node:
    """Make a Tinct node after the selected one, with the range of what it is connected to."""
    selected = nuke.selectedNodes()
    undo = nuke.Undo()
    undo.begin("Create Tinct")
    try:
        node = nuke.createNode("Group", inpanel=False)
        node.setName("Tinct1")
        add_knobs(node)
        node[VERSION_KNOB].setValue(VERSION)
        _fill(node)
        if selected:  # Nuke could not connect it while it had no Input inside
            node.setInput(PLATE, selected[0])
        set_range(node)
    finally:
        undo.end()
    return node


def set_range(node: nuke.Node) -> None:
    """Take the range of the plate, else the script's own."""
    source = node.input(PLATE)
    found = nuke.root().frameRange() if source is None else source.frameRange()
    node["first"].setValue(int(found.first()))
    node["last"].setValue(int(found.last()))


def is_tinct(node: nuke.Node) -> bool:
    """Whether ``node`` is one of ours."""
    return node.Class() == "Group" and node.knob(VERSION_KNOB) is not None


def inner(node: nuke.Node, name: str) -> nuke.Node:
    """The node ``name`` inside a Tinct node.

    Raises:
        NodeDamaged: somebody took it out.
    """
    found = node.node(name) if isinstance(node, nuke.Group) else None
    if found is None:
        raise NodeDamaged(f"{node.name()} has no node {name!r} inside any more; make a new Tinct node")
    return found


class NodeDamaged(Exception):
    """A Tinct node has been changed inside so that it does not work."""


def upstream(node: nuke.Node) -> list[nuke.Node]:
    """All Tinct nodes that ``node`` gets its picture from, those further up first; through groups in and out."""
    found: list[nuke.Node] = []
    seen: set[str] = set()
    left: list[tuple[nuke.Node, bool]] = [(node, False)]
    while left:
        one, is_after_its_sources = left.pop()
        if is_after_its_sources:
            found.append(one)
        elif one.fullName() not in seen:
            seen.add(one.fullName())
            left += [(one, True)] if is_tinct(one) else []
            left += [(source, False) for source in _sources(one)]
    return found


def _sources(node: nuke.Node) -> list[nuke.Node]:
    """What ``node`` takes its picture from; of a group also its last node inside."""
    sources = [node.input(index) for index in range(node.inputs())]
    if node.Class() == "Input":
        parent = node.parent()
        number = int(node["number"].value())
        sources.append(parent.input(number) if number < parent.inputs() else None)
    elif isinstance(node, nuke.Group) and not is_tinct(node):
        sources += [one for one in node.nodes() if one.Class() == "Output"]
    return [source for source in sources if source is not None]


def _fill(node: nuke.Node) -> None:
    assert isinstance(node, nuke.Group)
    for one in node.nodes():
        nuke.delete(one)
    with node:
        plate = nuke.nodes.Input(name="plate")
        plate["number"].setValue(PLATE)
        mask = nuke.nodes.Input(name="mask")
        mask["number"].setValue(MASK)
        nuke.Layer("confidence", ["confidence.Y"])  # a Shuffle takes no layer that the script does not know
        shown = nuke.nodes.Switch(name="shown", inputs=[plate, _reader("result"), _reader("previewResult")])
        shown["which"].setExpression(SHOWN)
        confidence = nuke.nodes.Shuffle(name="confidence", inputs=[shown])
        confidence["in"].setValue("confidence")
        for channel in ("red", "green", "blue"):
            confidence[channel].setValue("red")
        view = nuke.nodes.Switch(name="view", inputs=[shown, confidence])
        view["which"].setExpression("parent.view")
        nuke.nodes.Output(name="Output1", inputs=[view])


def _reader(name: str) -> nuke.Node:
    read = nuke.nodes.Read(name=name)
    read["on_error"].setValue("black")
    return read
