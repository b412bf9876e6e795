"""Scripts as text (.nk): saving, and opening without any of the Python that made them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from fake_nuke import knobs
from fake_nuke.knobs import Channel_Knob, Enumeration_Knob, Knob, PyScript_Knob, String_Knob, Tab_Knob, Text_Knob
from fake_nuke.nodes import Group, Node, connect, make

if TYPE_CHECKING:
    from fake_nuke.application import NukeApplication

KINDS: dict[int, type[Knob]] = {
    kind.SCRIPT_TYPE: kind
    for kind in (
        Tab_Knob, Text_Knob, String_Knob, PyScript_Knob, knobs.File_Knob, knobs.Double_Knob, knobs.Int_Knob,
        knobs.Boolean_Knob, knobs.Enumeration_Knob,
    )
}  # fmt: skip
_BACKSLASHED = {"\\": "\\\\", '"': '\\"', "[": "\\[", "$": "\\$", "\n": "\\n"}


def to_text(application: NukeApplication) -> str:
    """The whole script."""
    lines = ["version 15.1 v1"]
    lines += [f"add_layer {{{layer} {layer}.Y}}" for layer in sorted(Channel_Knob.layers - application.first_layers)]
    lines += _node_lines(application.root, {})
    names: dict[Node, str] = {}
    for node in application.root.nodes():
        lines += _with_inside(node, names)
    return "\n".join(lines) + "\n"


def from_text(application: NukeApplication, text: str) -> None:
    """Make the nodes of a script in the application's empty root."""
    words = list(_words(text))
    stack: list[Node | None] = []
    named: dict[str, Node | None] = {}
    parents: list[Group] = [application.root]
    outside: list[list[Node | None]] = []
    for line in _commands(words):
        if line[0] == "version":
            continue
        if line[0] == "add_layer":
            Channel_Knob.layers.add(line[1].split()[0])
        elif line[0] == "set":
            named[line[1]] = stack[-1]
        elif line[0] == "push":
            stack.append(None if line[1] == "0" else named[line[1].lstrip("$")])
        elif line[0] == "end_group":
            connect(parents[-1], outside.pop())  # a group has inputs once it has Input nodes
            stack.append(parents.pop())
        else:
            node, inputs = _read_node(application, parents[-1], line[0], line[1], stack)
            if isinstance(node, Group) and node is not application.root:
                parents.append(node)
                outside.append(inputs)
            elif node is not application.root:
                connect(node, inputs)
                stack.append(node)


def _with_inside(node: Node, names: dict[Node, str]) -> list[str]:
    """A node after all that it gets its pictures from."""
    if node in names:
        return []
    lines: list[str] = []
    sources = [node.input(index) for index in range(node.inputs())]
    for source in sources:
        if source is not None:
            lines += _with_inside(source, names)
    for source in reversed(sources):
        lines.append("push 0" if source is None else f"push ${names[source]}")
    lines += _node_lines(node, {"inputs": str(len(sources))})
    if isinstance(node, Group):
        inside: dict[Node, str] = {}
        for one in node.nodes():
            lines += _with_inside(one, inside)
        lines.append("end_group")
    names[node] = f"N{id(node):x}"
    return [*lines, f"set {names[node]} [stack 0]"]


def _node_lines(node: Node, facts: dict[str, str]) -> list[str]:
    lines = [f"{node.Class()} {{", *(f" {name} {value}" for name, value in facts.items())]
    for name, knob in node.knobs().items():
        if knob.user:
            lines.append(f" addUserKnob {{{_declared(knob)}}}")
        if not isinstance(knob, (Tab_Knob, PyScript_Knob)):
            lines.append(f" {name} {_quoted(knob.toScript())}")
    return [*lines, "}"]


def _declared(knob: Knob) -> str:
    parts = [str(knob.SCRIPT_TYPE), knob.name(), "l", _quoted(knob.label())]
    if knob.tooltip():
        parts += ["t", _quoted(knob.tooltip())]
    if not knob.visible():
        parts.append("+INVISIBLE")
    if isinstance(knob, Tab_Knob) and knob.group:
        parts += ["n", str(knob.group)]
    if isinstance(knob, PyScript_Knob):
        parts += ["T", _quoted(knob.command())]
    if isinstance(knob, Enumeration_Knob):
        parts += ["M", "{" + " ".join(_quoted(value) for value in knob.values()) + "}"]
    return " ".join(parts)


def _read_node(
    application: NukeApplication, parent: Group, kind: str, body: str, stack: list[Node | None]
) -> tuple[Node, list[Node | None]]:
    """A node, and what is to be connected to it."""
    words = list(_words(body))
    facts = [(words[index], words[index + 1]) for index in range(0, len(words) - 1, 2)]
    node = application.root if kind == "Root" else make(kind, application, parent)
    inputs: list[Node | None] = []
    for name, value in facts:
        if name == "inputs":
            inputs = [stack.pop() for _ in range(int(value))]
        elif name == "addUserKnob":
            node.addKnob(_made(value))
    for name, value in facts:
        if name not in ("inputs", "addUserKnob"):
            node[name].fromScript(value)
    return node, inputs


def _made(declared: str) -> Knob:
    kind, name, *rest = _words(declared)
    made = KINDS[int(kind)]
    options: dict[str, str] = {}
    while rest:
        letter = rest.pop(0)
        options[letter] = "" if letter.startswith(("+", "-")) else rest.pop(0)
    if made is Enumeration_Knob:
        knob: Knob = Enumeration_Knob(name, options["l"], list(_words(options["M"])))
    elif made is Tab_Knob:
        knob = Tab_Knob(name, options["l"], int(options.get("n", "0")))
    else:
        knob = made(name, options["l"])
    if made is PyScript_Knob:
        knob.setValue(options["T"])
    knob.setTooltip(options.get("t", ""))
    if "+INVISIBLE" in options:
        knob.setFlag(knobs.INVISIBLE)
    return knob


def _commands(words: list[str]) -> Iterator[list[str]]:
    """Commands with their arguments; ``[stack 0]`` is one word."""
    position = 0
    while position < len(words):
        count = {"version": 3, "set": 3, "end_group": 1}.get(words[position], 2)
        yield words[position : position + count]
        position += count


def _quoted(text: str) -> str:
    if re.fullmatch(r"[A-Za-z0-9_./%:+-]+", text):
        return text
    return '"' + "".join(_BACKSLASHED.get(letter, letter) for letter in text) + '"'


def _words(text: str) -> Iterator[str]:
    """The words of a line of TCL: bare, in quotes, in braces or in brackets."""
    position = 0
    while position < len(text):
        letter = text[position]
        if letter.isspace():
            position += 1
        elif letter in "{[":
            end = _closing(text, position)
            yield text[position + 1 : end]
            position = end + 1
        elif letter == '"':
            found = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL).match(text, position)
            assert found, f"an open quote in {text[position : position + 40]!r}"
            yield re.sub(r"\\(.)", lambda one: "\n" if one[1] == "n" else one[1], found[1])
            position = found.end()
        else:
            found = re.compile(r"\S+").match(text, position)
            assert found
            yield found[0]
            position = found.end()


def _closing(text: str, start: int) -> int:
    """Where the brace or bracket that opens at ``start`` closes; those in quotes do not count."""
    pairs = {"{": "}", "[": "]"}
    opening, closing = text[start], pairs[text[start]]
    depth, quoted, position = 0, False, start
    while position < len(text):
        letter = text[position]
        if letter == "\\":
            position += 1
        elif letter == '"':
            quoted = not quoted
        elif not quoted and letter == opening:
            depth += 1
        elif not quoted and letter == closing:
            depth -= 1
            if depth == 0:
                return position
        position += 1
    raise ValueError(f"{opening} is never closed")
