"""What the buttons do."""

from __future__ import annotations

from typing import Any

import bpy

from tinct.plugin.blender.coloured_strip import TIE, place, task_for
from tinct.plugin.blender.colouring import ColouringRun, colour
from tinct.plugin.blender.strip_plate import StripPlate
from tinct.plugin.client import ClientError

TICK = 0.1
"""Seconds from one look at a run to the next."""
_runs: list[ColouringRun] = []


def cancel_all() -> None:
    """Stop every run that is under way."""
    for run in _runs:
        run.cancel()
    _runs.clear()


def chosen_strip(context: Any) -> Any:
    """The active strip if it can be coloured, else None."""
    editor = context.scene.sequence_editor
    strip = None if editor is None else getattr(editor, "active_strip", None)
    return strip if strip is not None and strip.type in ("MOVIE", "IMAGE") and TIE not in strip else None


class TINCT_OT_colour_strip(bpy.types.Operator):
    """Colours the active strip."""

    bl_idname = "tinct.colour_strip"
    bl_label = "Colour Strip"
    bl_description = "Colour the active strip and put the result on a strip above it. Esc cancels; what is done is kept"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012  (Blender reads it)

    _run: ColouringRun | None = None
    _plate: StripPlate | None = None
    _strip = ""
    _timer: Any = None

    @classmethod
    def poll(cls, context: Any) -> bool:
        return chosen_strip(context) is not None

    def execute(self, context: Any) -> set[str]:
        """Colour it, and return when that is done."""
        return self._begin(context, wait=True)

    def invoke(self, context: Any, event: Any) -> set[str]:
        """Colour it while Blender goes on."""
        return self._begin(context, wait=bpy.app.background)

    def modal(self, context: Any, event: Any) -> set[str]:
        run = self._run
        assert run is not None, "only called while a run is under way"
        if event.type == "ESC":
            run.cancel()
        if event.type != "TIMER" or not run.ended:
            self._show(context)
            return {"PASS_THROUGH"} if event.type != "ESC" else {"RUNNING_MODAL"}
        context.window_manager.event_timer_remove(self._timer)
        context.workspace.status_text_set(None)
        return self._finish(context)

    def _begin(self, context: Any, *, wait: bool) -> set[str]:
        strip = chosen_strip(context)
        try:
            self._plate, task = task_for(strip)
        except ValueError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        self._strip = strip.name
        self._run = ColouringRun(task)
        _runs.append(self._run)
        if wait:
            self._run.wait()
            return self._finish(context)
        self._timer = context.window_manager.event_timer_add(TICK, window=context.window)
        context.window_manager.modal_handler_add(self)
        return {"RUNNING_MODAL"}

    def _show(self, context: Any) -> None:
        progress = None if self._run is None else self._run.progress
        done = "starting" if progress is None else f"{progress.done} of {progress.total} frames"
        context.workspace.status_text_set(f"Tinct: {done}   Esc: cancel")

    def _finish(self, context: Any) -> set[str]:
        run, plate = self._run, self._plate
        assert run is not None and plate is not None, "only called after a run"  # noqa: PT018
        if run in _runs:
            _runs.remove(run)
        if run.cancelled:
            self.report({"WARNING"}, "Cancelled; the next run goes on from here")
            return {"CANCELLED"}
        if run.error is not None:
            self.report({"ERROR"}, str(run.error))
            return {"CANCELLED"}
        strip = context.scene.sequence_editor.sequences_all.get(self._strip)
        if strip is None:
            self.report({"WARNING"}, f"The strip {self._strip} is gone; the result lies in {run.task.result.folder}")
            return {"CANCELLED"}
        place(context.scene, strip, plate, run.task.result)
        for text in run.warnings:
            self.report({"WARNING"}, text)
        return {"FINISHED"}


class TINCT_OT_preview_frame(bpy.types.Operator):
    """Colours the current frame by itself."""

    bl_idname = "tinct.preview_frame"
    bl_label = "Preview This Frame"
    bl_description = 'Colour the current frame by itself, and open it as the image "Tinct preview"'

    @classmethod
    def poll(cls, context: Any) -> bool:
        return chosen_strip(context) is not None

    def execute(self, context: Any) -> set[str]:
        try:
            plate, task = task_for(chosen_strip(context))
            number = plate.number_at(context.scene.frame_current)
            if number is None:
                self.report({"ERROR"}, "The strip does not show anything at the current frame")
                return {"CANCELLED"}
            alone = task.result._replace(folder=f"{task.result.folder}-preview", first=number, last=number)
            colour(task._replace(result=alone))
        except (ClientError, ValueError, OSError) as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        image = bpy.data.images.get("Tinct preview")
        if image is None:
            image = bpy.data.images.load(alone.file(number))
            image.name = "Tinct preview"
        image.filepath = alone.file(number)
        image.reload()
        return {"FINISHED"}


class TINCT_OT_add_still(bpy.types.Operator):
    """Adds a still to the active strip."""

    bl_idname = "tinct.add_still"
    bl_label = "Add Still"
    bl_description = "Add a still that is in force from the start, or from the current frame on"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012

    filepath: bpy.props.StringProperty(subtype="FILE_PATH")  # type: ignore[valid-type]
    filter_image: bpy.props.BoolProperty(default=True, options={"HIDDEN"})  # type: ignore[valid-type]
    from_start: bpy.props.BoolProperty(name="From the start", default=True)  # type: ignore[valid-type]

    @classmethod
    def poll(cls, context: Any) -> bool:
        return chosen_strip(context) is not None

    def invoke(self, context: Any, event: Any) -> set[str]:
        """Ask for the file; a second still is in force from the current frame on unless the user says otherwise."""
        self.from_start = not chosen_strip(context).tinct.stills
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: Any) -> set[str]:
        strip = chosen_strip(context)
        try:
            number = task_for(strip)[0].number_at(context.scene.frame_current)
        except ValueError:
            number = None
        still = strip.tinct.stills.add()
        still.path, still.from_start = self.filepath, self.from_start or number is None
        still.frame = number or 0
        return {"FINISHED"}


class TINCT_OT_remove_still(bpy.types.Operator):
    """Takes a still out of the active strip."""

    bl_idname = "tinct.remove_still"
    bl_label = "Remove Still"
    bl_description = "Take the still out"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012

    index: bpy.props.IntProperty(min=0)  # type: ignore[valid-type]

    @classmethod
    def poll(cls, context: Any) -> bool:
        return chosen_strip(context) is not None

    def execute(self, context: Any) -> set[str]:
        stills = chosen_strip(context).tinct.stills
        if self.index >= len(stills):
            return {"CANCELLED"}
        stills.remove(self.index)
        return {"FINISHED"}


OPERATORS = (TINCT_OT_colour_strip, TINCT_OT_preview_frame, TINCT_OT_add_still, TINCT_OT_remove_still)
BUTTONS = {
    "addStill": TINCT_OT_add_still.bl_idname,
    "preview": TINCT_OT_preview_frame.bl_idname,
    "render": TINCT_OT_colour_strip.bl_idname,
}
"""Operators behind the parameters that are buttons."""
