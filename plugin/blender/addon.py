"""Registers the add-on's parts with Blender, and takes them out again."""

from __future__ import annotations

import bpy

from tinct.plugin.blender import operators
from tinct.plugin.blender.before_render import register_handlers, unregister_handlers
from tinct.plugin.blender.panel import TINCT_PT_strip
from tinct.plugin.blender.strip_settings import register_settings, unregister_settings


def register() -> None:
    """Blender calls it when the add-on is switched on."""
    register_settings()
    for one in (*operators.OPERATORS, TINCT_PT_strip):
        bpy.utils.register_class(one)
    register_handlers()


def unregister() -> None:
    """Blender calls it when the add-on is switched off."""
    operators.cancel_all()
    unregister_handlers()
    for one in reversed((*operators.OPERATORS, TINCT_PT_strip)):
        bpy.utils.unregister_class(one)
    unregister_settings()
