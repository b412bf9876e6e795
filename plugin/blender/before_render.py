"""Handlers: before a frame is rendered the result's file is there."""

from __future__ import annotations

from typing import Any

import bpy
from bpy.app.handlers import persistent

from tinct.plugin.blender import operators
from tinct.plugin.blender.coloured_strip import coloured_strip, place, plates_of, task_for
from tinct.plugin.blender.colouring import colour
from tinct.plugin.client import ClientError


@persistent
def before_frame(scene: Any, *_: Any) -> None:
    """Colour what the frame shows, where it is missing or out of date: from the strip's first frame, so that the result
    is the same whichever frames are rendered, to the end of the render, so that it is done once."""
    for strip in plates_of(scene):
        if strip.mute or coloured_strip(scene, strip) is None:
            continue
        try:
            _see_to(scene, strip)
            strip.tinct.problem = ""
        except (ClientError, ValueError, OSError) as error:
            strip.tinct.problem = str(error)
            print(f"Tinct: {strip.name}: {error}")  # noqa: T201  (Blender's log)
            if bpy.app.background:  # nobody looks on: a frame without colour must not pass for one with it
                raise SystemExit(1) from error


def _see_to(scene: Any, strip: Any) -> None:
    plate, task = task_for(strip)
    number = plate.number_at(scene.frame_current)
    if number is None:
        return
    if task.result.missing(number):
        # a single frame is rendered with the range of the whole scene, and needs no frame after it
        end = scene.frame_end if scene.frame_start <= scene.frame_current <= scene.frame_end else scene.frame_current
        last = plate.number_at(end)
        colour(task, plate.last if last is None else last)
    place(scene, strip, plate, task.result)


@persistent
def after_load(*_: Any) -> None:
    """Another file was opened: runs for the one before end."""
    operators.cancel_all()


def register_handlers() -> None:
    """Put both in place."""
    bpy.app.handlers.render_pre.append(before_frame)
    bpy.app.handlers.load_post.append(after_load)


def unregister_handlers() -> None:
    """Take both away."""
    for handlers, one in ((bpy.app.handlers.render_pre, before_frame), (bpy.app.handlers.load_post, after_load)):
        if one in handlers:
            handlers.remove(one)
