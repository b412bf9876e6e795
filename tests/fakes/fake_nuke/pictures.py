"""What a node shows at a frame: channels by name. Values are passed on as files have them (every Read is raw)."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np
import OpenImageIO as oiio
from numpy.typing import NDArray

from fake_nuke.nodes import Group

if TYPE_CHECKING:
    from fake_nuke.nodes import Node

Picture = dict[str, NDArray[np.float32]]
PLAIN = {"red": "R", "green": "G", "blue": "B", "alpha": "A"}


class ReadError(RuntimeError):
    """A Read has no picture at a frame."""


def picture(node: Node | None, frame: int) -> Picture:
    """The picture of ``node`` at ``frame``; of nothing it is empty, which is black."""
    if node is None:
        return {}
    kind = node.Class()
    disabled = node.knob("disable")
    if kind == "Read":
        return _read(node, frame)
    if disabled is not None and disabled.value():
        return picture(node.input(0), frame)
    if kind == "Input":
        number = node["number"].value()
        return picture(node.parent().input(number), frame)
    if isinstance(node, Group):
        outputs = [one for one in node.nodes() if one.Class() == "Output"]
        return picture(outputs[0], frame)
    if kind == "Switch":
        return picture(node.input(node["which"].value()), frame)
    if kind == "Crop":
        return _cropped(node, frame)
    if kind == "Multiply":
        return {
            name: values * np.float32(node["value"].value()) for name, values in picture(node.input(0), frame).items()
        }
    if kind == "Shuffle":
        return _shuffled(node, picture(node.input(0), frame))
    return picture(node.input(0), frame)


def write(node: Node, frame: int, path: str) -> None:
    """What a Write writes: its input's red, green and blue, as they are."""
    if not os.path.isdir(os.path.dirname(path)):
        raise RuntimeError(f"{node.name()}: there is no folder for {path}")
    channels = picture(node.input(0), frame)
    if not channels:
        raise RuntimeError(f"{node.name()}: nothing to write")
    values = np.stack([channels[PLAIN[name]] for name in ("red", "green", "blue")], axis=-1)
    depth = {"8 bit": "uint8", "16 bit half": "half", "32 bit float": "float"}[node["datatype"].value()]
    spec = oiio.ImageSpec(values.shape[1], values.shape[0], 3, depth)
    output = oiio.ImageOutput.create(path)
    if output is None or not output.open(path, spec) or not output.write_image(values) or not output.close():
        raise RuntimeError(f"{node.name()}: cannot write {path}")


def _read(node: Node, frame: int) -> Picture:
    path = str(node["file"].value()) % frame if "%" in node["file"].value() else str(node["file"].value())
    if node["disable"].value() or not path:
        return {}
    source = oiio.ImageInput.open(path)
    if source is None:
        oiio.geterror()
        if node["on_error"].value() == "black":
            return {}
        raise ReadError(f"{node.name()}: {path}: no such file")
    spec = source.spec()
    values = np.asarray(source.read_image(0, 0, 0, spec.nchannels, "float"), np.float32)
    source.close()
    names = list(spec.channelnames)
    if spec.nchannels == 1:
        return {name: values[..., 0] for name in ("R", "G", "B")}
    return {name: values[..., index] for index, name in enumerate(names)}


def _cropped(node: Node, frame: int) -> Picture:
    """Of boxes only the whole picture's is known."""
    channels = picture(node.input(0), frame)
    left, bottom, right, top = node["box"].value()
    for values in channels.values():
        if (left, bottom, right, top) != (0, 0, values.shape[1], values.shape[0]):
            raise RuntimeError(f"{node.name()} crops to {node['box'].value()}, which this fake cannot do")
    return channels


def _shuffled(node: Node, channels: Picture) -> Picture:
    layer = node["in"].value()
    if layer == "rgba":
        named = {name: channels[plain] for name, plain in PLAIN.items() if plain in channels}
    else:
        inside = [values for name, values in channels.items() if name.startswith(f"{layer}.")]
        named = dict(zip(PLAIN, inside, strict=False))
    return {plain: named[node[name].value()] for name, plain in PLAIN.items() if node[name].value() in named}
