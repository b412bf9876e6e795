"""The parameters as properties of a strip, made from the one list."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import bpy

from tinct.plugin.params import PARAMETERS, Parameter, StillInForce, format_stills

LEFT_OUT = frozenset(("view", "passes"))
"""A strip shows the picture and nothing else."""
LARGEST_INTEGER = 2**31 - 1
_SUBTYPES = {"mask": "FILE_PATH", "ocio": "FILE_PATH", "cacheFolder": "DIR_PATH"}
_LINES = ("Group", "Page", "PushButton")


class TinctStill(bpy.types.PropertyGroup):
    """A still of a strip."""

    path: bpy.props.StringProperty(name="Still", description="A colour picture", subtype="FILE_PATH")  # type: ignore[valid-type]
    from_start: bpy.props.BoolProperty(name="From the start", default=True)  # type: ignore[valid-type]
    frame: bpy.props.IntProperty(name="From frame", description="The plate's own number")  # type: ignore[valid-type]
    weight: bpy.props.FloatProperty(  # type: ignore[valid-type]
        name="Weight", description="How much it counts beside the others of its set", default=1.0, min=0.01, max=100.0
    )


def parameters() -> tuple[Parameter, ...]:
    """The parameters that a strip has, besides groups and buttons."""
    return tuple(one for one in PARAMETERS if one.kind not in _LINES and one.name not in LEFT_OUT)


def _property(one: Parameter) -> Any:
    if one.name == "stills":
        return bpy.props.CollectionProperty(type=TinctStill, name=one.label, description=one.hint)
    facts: dict[str, Any] = {"name": one.label, "description": one.hint, "default": one.default}
    if one.kind == "Double":
        return bpy.props.FloatProperty(min=one.minimum, max=one.maximum, **facts)
    if one.kind == "Integer":
        most = LARGEST_INTEGER if one.maximum is None else int(one.maximum)
        return bpy.props.IntProperty(min=int(one.minimum or 0), max=most, **facts)
    if one.kind == "Boolean":
        return bpy.props.BoolProperty(**facts)
    if one.kind == "Choice":
        return bpy.props.EnumProperty(items=[(name, name.capitalize(), "") for name in one.choices], **facts)
    return bpy.props.StringProperty(subtype=_SUBTYPES.get(one.name, "NONE"), **facts)


TinctSettings = type(
    "TinctSettings",
    (bpy.types.PropertyGroup,),
    {
        "__doc__": "What Tinct does with a strip. ``identity`` ties the coloured strip to it.",
        "__annotations__": {
            **{one.name: _property(one) for one in parameters()},
            "identity": bpy.props.StringProperty(options={"HIDDEN"}),
            "problem": bpy.props.StringProperty(options={"HIDDEN", "SKIP_SAVE"}),
        },
    },
)


def values_of(settings: Any, whole_path: Callable[[str], str]) -> dict[str, Any]:
    """The parameters' values of a strip's settings, with whole paths."""
    values = {one.name: getattr(settings, one.name) for one in parameters() if one.name != "stills"}
    for name in _SUBTYPES:
        if values[name].startswith("//"):
            values[name] = whole_path(values[name])
    stills = [
        StillInForce(whole_path(one.path), None if one.from_start else one.frame, round(one.weight, 6))
        for one in settings.stills
    ]
    return {**values, "chroma": round(values["chroma"], 6), "stills": format_stills(stills)}


def strip_type() -> Any:
    """The class of strips; Blender 4.4 gave it another name."""
    return getattr(bpy.types, "Strip", None) or bpy.types.Sequence


def register_settings() -> None:
    """Give every strip the settings."""
    bpy.utils.register_class(TinctStill)
    bpy.utils.register_class(TinctSettings)
    strip_type().tinct = bpy.props.PointerProperty(type=TinctSettings)


def unregister_settings() -> None:
    """Take them away; what a .blend holds of them stays in it."""
    del strip_type().tinct
    bpy.utils.unregister_class(TinctSettings)
    bpy.utils.unregister_class(TinctStill)
