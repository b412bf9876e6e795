"""The panel in the sequencer's side bar, drawn from the list of parameters."""

from __future__ import annotations

from typing import Any

import bpy

from tinct.plugin.blender.operators import BUTTONS, chosen_strip
from tinct.plugin.blender.strip_settings import LEFT_OUT
from tinct.plugin.params import PARAMETERS, Parameter


class TINCT_PT_strip(bpy.types.Panel):
    """Tinct's settings of the active strip."""

    bl_label = "Tinct"
    bl_idname = "TINCT_PT_strip"
    bl_space_type = "SEQUENCE_EDITOR"
    bl_region_type = "UI"
    bl_category = "Tinct"

    @classmethod
    def poll(cls, context: Any) -> bool:
        return chosen_strip(context) is not None

    def draw(self, context: Any) -> None:
        settings = chosen_strip(context).tinct
        if settings.problem:
            self.layout.label(text=settings.problem, icon="ERROR")
        for group in (one for one in PARAMETERS if one.kind == "Group"):
            box = self.layout.box()
            box.use_property_split, box.use_property_decorate = True, False
            box.label(text=group.label)
            for one in PARAMETERS:
                if one.parent == group.name and one.name not in LEFT_OUT:
                    _draw(box, settings, one)


def _draw(box: Any, settings: Any, one: Parameter) -> None:
    if one.kind == "PushButton":
        if one.name in BUTTONS:
            box.operator(BUTTONS[one.name], text=one.label)
    elif one.name == "stills":
        for index, still in enumerate(settings.stills):
            _draw_still(box, index, still)
    else:
        box.prop(settings, one.name)


def _draw_still(box: Any, index: int, still: Any) -> None:
    column = box.column(align=True)
    column.use_property_split = False
    row = column.row(align=True)
    row.prop(still, "path", text="")
    row.operator("tinct.remove_still", text="", icon="X").index = index
    row = column.row(align=True)
    row.prop(still, "from_start", text="Start", toggle=True)
    frame = row.row(align=True)
    frame.enabled = not still.from_start
    frame.prop(still, "frame", text="")
    row.prop(still, "weight", text="")
