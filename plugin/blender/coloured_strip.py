"""The strip with the result, above the plate's."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from typing import Any

import bpy

from tinct.plugin.blender.colouring import Result, Task, task_of
from tinct.plugin.blender.strip_plate import StripError, StripPlate, plate_of
from tinct.plugin.blender.strip_settings import values_of

TIE = "tinct_of"
"""Custom property of a coloured strip: the identity of the plate's."""
CHANNELS = 32
_FITTED = ("offset_x", "offset_y", "scale_x", "scale_y", "rotation")
_CROPPED = ("min_x", "max_x", "min_y", "max_y")


def whole_path(path: str) -> str:
    """A path of Blender's as the worker needs it."""
    return str(os.path.abspath(bpy.path.abspath(path)))


def strips_of(scene: Any) -> Any:
    """The strips of a scene that stand at its top level; empty without a sequencer."""
    editor = scene.sequence_editor
    if editor is None:
        return ()
    return editor.strips if hasattr(editor, "strips") else editor.sequences


def plates_of(scene: Any) -> Iterator[Any]:
    """Strips that were coloured, or are to be."""
    for strip in strips_of(scene):
        if strip.type in ("MOVIE", "IMAGE") and TIE not in strip and strip.tinct.identity:
            yield strip


def task_for(strip: Any) -> tuple[StripPlate, Task]:
    """The plate of a strip, and what is to be coloured of it.

    Raises:
        StripError: the strip cannot be coloured, or nobody knows where to put the result.
        ParameterError: a value is wrong.
    """
    plate = plate_of(strip, whole_path)
    values = values_of(strip.tinct, whole_path)
    cache = values["cacheFolder"]
    if not cache:
        if not bpy.data.filepath:
            raise StripError("save the .blend first, or name a cache folder: the result needs a place to lie")
        cache = whole_path("//tinct")
    return plate, task_of(plate.path, plate.first, plate.last, plate.files, values, cache)


def coloured_strip(scene: Any, strip: Any) -> Any:
    """The strip with the result of ``strip``, or None."""
    identity = strip.tinct.identity
    return next((one for one in strips_of(scene) if identity and one.get(TIE) == identity), None)


def shown_result(shown: Any, plate: StripPlate) -> Result:
    """Which files a coloured strip shows."""
    names = [element.filename for element in shown.elements]
    folder = whole_path(shown.directory).rstrip(os.sep)
    return Result(folder, plate.first, plate.last, os.path.splitext(names[0])[1])


def place(scene: Any, strip: Any, plate: StripPlate, result: Result) -> Any:
    """See to it that a strip above ``strip`` shows the result, and give it."""
    _identify(scene, strip)
    earlier = coloured_strip(scene, strip)
    channel = _free_channel(scene, strip) if earlier is None else earlier.channel
    names = [result.name(number) for number in range(plate.first, plate.last + 1)]
    if earlier is not None and [element.filename for element in earlier.elements] == names:
        earlier.directory = _kept_path(result.folder) + "/"
        earlier.frame_start = plate.start
        return earlier
    if earlier is not None:
        strips_of(scene).remove(earlier)
    first = _kept_path(os.path.join(result.folder, names[0]))
    shown = strips_of(scene).new_image(f"{strip.name} in colour", first, channel, plate.start)
    for name in names[1:]:
        shown.elements.append(name)
    shown[TIE] = strip.tinct.identity
    shown.blend_type = "ALPHA_OVER"
    shown.colorspace_settings.name = strip.colorspace_settings.name
    _copy(strip, shown)
    return shown


def _kept_path(path: str) -> str:
    """A path as it is kept in the .blend: beside it, it moves with it."""
    if not bpy.data.filepath:
        return path
    return str(bpy.path.relpath(path)) if path.startswith(whole_path("//") + os.sep) else path


def _identify(scene: Any, strip: Any) -> None:
    """Give ``strip`` an identity; a copy of a strip gets one of its own."""
    mine = strip.tinct.identity
    if not mine or any(one.tinct.identity == mine for one in strips_of(scene) if one.name != strip.name):
        strip.tinct.identity = uuid.uuid4().hex


def _free_channel(scene: Any, strip: Any) -> int:
    """The lowest channel above ``strip`` that is free all along it.

    Raises:
        StripError: there is none.
    """
    begin, end = strip.frame_final_start, strip.frame_final_end
    taken = {one.channel for one in strips_of(scene) if one.frame_final_start < end and one.frame_final_end > begin}
    for channel in range(strip.channel + 1, CHANNELS + 1):
        if channel not in taken:
            return channel
    raise StripError(f"all channels above {strip.name} are taken; clear one")


def _copy(plate: Any, shown: Any) -> None:
    """Place and crop the result as its plate."""
    for name in _FITTED:
        setattr(shown.transform, name, getattr(plate.transform, name))
    for name in _CROPPED:
        setattr(shown.crop, name, getattr(plate.crop, name))
