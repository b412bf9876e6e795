"""The clips that a node's inputs are: the file of a Read, or one that Nuke writes into the cache."""

from __future__ import annotations

import hashlib
import json
import os
import re
from typing import NamedTuple

import nuke

from tinct.plugin.nuke.cache import write_json
from tinct.plugin.nuke.clip import Clip
from tinct.plugin.nuke.knobs import text_of
from tinct.plugin.nuke.node import MASK, PLATE

PASSED_THROUGH = ("Dot", "NoOp")
MOVIES = (".mov", ".mp4", ".mkv", ".mxf", ".m4v", ".avi")
LOOKS_ONLY = frozenset({
    "xpos", "ypos", "selected", "label", "name", "note_font", "note_font_size", "note_font_color", "tile_color",
    "gl_color", "postage_stamp", "postage_stamp_frame", "hide_input", "bookmark", "icon", "indicators", "cached",
    "dope_sheet", "lifetimeStart", "lifetimeEnd", "useLifetime", "help", "panel", "lock_connections", "status", "still",
})  # fmt: skip
"""Knobs that change no pixel; their names are skipped when a tree's state is named."""
_VIEW = re.compile(r"%[vV]")


class SourceRefused(Exception):
    """What is connected to the node cannot be coloured; the message says what to do."""


class NotWritten(SourceRefused):
    """Nuke would have to write the clip first, and may not now."""


class Source(NamedTuple):
    """A clip, and how a Read must take its values so that they mean what they mean in the clip."""

    clip: Clip
    colorspace: str
    raw: bool


def find_source(node: nuke.Node, number: int, cache: str, first: int, last: int, may_write: bool) -> Source | None:
    """What is connected to input ``number`` of a Tinct node; None if nothing is.

    Of an input that is no file Nuke writes the frames ``first`` to ``last`` into the folder ``cache``, if it ``may
    write``.

    Raises:
        NotWritten: Nuke must write it and may not.
        SourceRefused: it cannot be taken.
    """
    top = _through(node.input(number))
    if top is None:
        return None
    if _is_plain_read(top):
        source = _read_source(top)
        if number == MASK or source.clip.is_sequence or _is_movie(source.clip.file):  # a lone picture has one number
            return source
    return _written_source(node, number, top, cache, first, last, may_write)


def _through(node: nuke.Node | None) -> nuke.Node | None:
    """The node behind those that pass a picture through unchanged."""
    while node is not None:
        if node.Class() == "Input":
            parent, number = node.parent(), int(node["number"].value())
            node = parent.input(number) if number < parent.inputs() else None
        elif node.Class() in PASSED_THROUGH or _is_disabled(node):
            node = node.input(0)
        else:
            break
    return node


def _is_disabled(node: nuke.Node) -> bool:
    knob = node.knob("disable")
    return node.Class() != "Read" and knob is not None and bool(knob.value())


def _is_plain_read(node: nuke.Node) -> bool:
    """Whether the node's frames are those of its file, under the file's numbers."""
    return (
        node.Class() == "Read"
        and not bool(node["disable"].value())
        and (node["frame_mode"].value() == "expression" and not str(node["frame"].value() or ""))
    )


def _read_source(read: nuke.Node) -> Source:
    file = _file_of(read)
    if not file:
        raise SourceRefused(f"{read.name()} has no file; choose one")
    if _VIEW.search(file):
        raise SourceRefused(
            f"{read.name()} reads {file}, another file for each view; put a OneView node after it, and colour each "
            "view with a Tinct node of its own"
        )
    offset = -1 if _is_movie(file) else 0
    clip = Clip(file, int(read["first"].value()), int(read["last"].value()), offset)
    return Source(clip, _plain_space(str(read["colorspace"].value())), bool(read["raw"].value()))


def _is_movie(file: str) -> bool:
    return os.path.splitext(file)[1].lower() in MOVIES


def _plain_space(shown: str) -> str:
    """``sRGB`` of ``default (sRGB)``: the result is another kind of file, whose default is another."""
    found = re.fullmatch(r"default \((.*)\)", shown)
    return found.group(1) if found else shown


def _written_source(
    node: nuke.Node, number: int, top: nuke.Node, cache: str, first: int, last: int, may_write: bool
) -> Source:
    """The sequence in the cache that Nuke has written of ``top``, or writes now where frames are missing."""
    name = "plate" if number == PLATE else "mask"
    folder = os.path.join(cache, "plates", tree_key(top, first, last))
    clip = Clip(os.path.join(folder, f"{name}.%04d.exr"), first, last)
    missing = clip.missing(first, last)
    if missing and not may_write:
        raise NotWritten(
            f"the {name} of {node.name()} is {top.name()}, no file, and its frames {missing[0]} to {missing[-1]} are "
            f"not in {cache}; press Render range in an interactive session first, or connect a Read"
        )
    if missing:
        _refuse_what_is_not_written(node, name)
        os.makedirs(folder, exist_ok=True)
        _write(node, number, clip, missing[0], missing[-1])
        write_json(os.path.join(folder, "node.json"), top.fullName())
    return Source(clip, "", True)


def _refuse_what_is_not_written(node: nuke.Node, name: str) -> None:
    if len(nuke.views()) > 1:
        raise SourceRefused(
            "the script has the views {}, and the {} of {} is no file: Tinct does not know which is meant; put a Write "
            "and a Read of one view before it".format(", ".join(nuke.views()), name, node.name())
        )
    if nuke.root()["proxy"].value():
        raise SourceRefused(
            f"proxy mode is on, and the {name} of {node.name()} is no file: it would be written at proxy size; switch "
            "proxy mode off"
        )


def _write(node: nuke.Node, number: int, clip: Clip, first: int, last: int) -> None:
    """Write the input as 32-bit EXR, values as they are in the tree, with a node that is gone afterwards."""
    assert isinstance(node, nuke.Group)
    inputs = [one for one in node.nodes() if one.Class() == "Input" and int(one["number"].value()) == number]
    if not inputs:
        raise SourceRefused(f"{node.name()} has no Input node {number} inside any more; make a new Tinct node")
    undo = nuke.Undo()
    undo.disable()
    try:
        with node:
            crop = nuke.nodes.Crop(name="crop", inputs=inputs)
            write = nuke.nodes.Write(name="write", inputs=[crop])
        try:
            crop["box"].setValue((0, 0, inputs[0].width(), inputs[0].height()))  # no more and no less than the picture
            write["file"].setValue(clip.file)
            write["file_type"].setValue("exr")
            write["datatype"].setValue("32 bit float")
            write["channels"].setValue("rgb")
            write["raw"].setValue(True)
            nuke.execute(write, first, last, 1)
        except RuntimeError as error:
            raise SourceRefused(f"Nuke did not write {clip.file}: {error}") from error
        finally:
            nuke.delete(write)
            nuke.delete(crop)
    finally:
        undo.enable()


def tree_key(top: nuke.Node, first: int, last: int) -> str:
    """A name for all that the picture of ``top`` depends on: the nodes, their connections and knobs, and the files of
    its Reads with their times of change from ``first`` to ``last``."""
    numbers = {top.fullName(): 0}
    order = [top]
    facts: list[object] = []
    for node in order:  # which grows meanwhile
        links: list[int | None] = []
        for source in _feeding(node):
            if source is not None and source.fullName() not in numbers:
                numbers[source.fullName()] = len(order)
                order.append(source)
            links.append(None if source is None else numbers[source.fullName()])
        knobs = sorted((name, knob.toScript()) for name, knob in node.knobs().items() if name not in LOOKS_ONLY)
        files = Clip(_file_of(node), first, last).stamps(first, last) if node.Class() == "Read" else []
        facts.append([node.Class(), knobs, links, files])
    text = json.dumps([facts, nuke.root()["format"].toScript()])
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:32]


def _feeding(node: nuke.Node) -> list[nuke.Node | None]:
    """What a node's picture comes from: its inputs, and what is inside."""
    inside = node.nodes() if isinstance(node, nuke.Group) else []
    return [*(node.input(index) for index in range(node.inputs())), *inside]


def _file_of(read: nuke.Node) -> str:
    """A Read's full-size file, relative ones in the project's folder as Nuke takes them."""
    file = text_of(read["file"])
    return os.path.join(text_of(nuke.root()["project_directory"]), file) if file else ""
