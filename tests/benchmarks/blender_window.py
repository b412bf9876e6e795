"""Colours the demo's clip in Blender's own window and takes its picture, for docs/blender.md.

    tinct install blender --path FOLDER
    BLENDER_USER_SCRIPTS=FOLDER xvfb-run -s "-screen 0 1400x900x24" \
        blender --factory-startup --python tests/benchmarks/blender_window.py -- docs/pictures/blender.jpg

The operator runs as a button starts it: Blender goes on meanwhile, and a timer looks at the run.
"""

import os
import shutil
import sys

import addon_utils
import bpy

DEMO = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), "runtime", "demo")
PICTURE = os.path.abspath(sys.argv[sys.argv.index("--") + 1])
SHOTS = (0, 24, 48)
SHOWN = 34


def lay_out(window):
    """The sequencer with its preview over the whole window, and Tinct's tab in the side bar."""
    area = max(window.screen.areas, key=lambda one: one.width * one.height)
    area.type = "SEQUENCE_EDITOR"
    space = area.spaces.active
    space.view_type = "SEQUENCER_PREVIEW"
    space.show_region_ui = True
    space.timeline_overlay.show_strip_source = False
    # which tab is open cannot be set from Python, so Tinct's is left alone
    for panel in bpy.types.Panel.__subclasses__():
        here = (getattr(panel, "bl_space_type", ""), getattr(panel, "bl_region_type", "")) == ("SEQUENCE_EDITOR", "UI")
        if here and panel.bl_category != "Tinct":
            bpy.utils.unregister_class(panel)
    with bpy.context.temp_override(window=window, area=area):
        bpy.ops.screen.screen_full_area()
    return next(one for one in window.screen.areas if one.type == "SEQUENCE_EDITOR")


def begin():
    addon_utils.enable("tinct_colorize")
    scene = bpy.context.scene
    scene.render.resolution_x, scene.render.resolution_y, scene.render.fps = 640, 360, 24
    scene.view_settings.view_transform = "Standard"
    scene.frame_start, scene.frame_end = 1, 72
    strips = scene.sequence_editor_create().sequences
    film = shutil.copytree(DEMO, os.path.join(bpy.app.tempdir, "film"))
    strip = strips.new_movie("grey.mkv", os.path.join(film, "grey.mkv"), 1, 1)
    scene.sequence_editor.active_strip = strip
    strip.select = True
    strip.tinct.cacheFolder = bpy.app.tempdir
    for index, frame in enumerate(SHOTS):
        bpy.ops.tinct.add_still(filepath=os.path.join(film, f"still_{index + 1}.jpg"), from_start=frame == 0)
        strip.tinct.stills[-1].frame = frame
    window = bpy.context.window_manager.windows[0]
    area = lay_out(window)
    with bpy.context.temp_override(window=window, area=area):
        bpy.ops.tinct.colour_strip("INVOKE_DEFAULT")
    bpy.app.timers.register(look, first_interval=1.0)


def look():
    strips = bpy.context.scene.sequence_editor.sequences
    if len(strips) < 2:
        return 1.0
    bpy.context.scene.frame_set(SHOWN)
    bpy.context.scene.sequence_editor.active_strip = strips["grey.mkv"]
    window = bpy.context.window_manager.windows[0]
    area = next(one for one in window.screen.areas if one.type == "SEQUENCE_EDITOR")
    for region in area.regions:
        with bpy.context.temp_override(window=window, area=area, region=region):
            if region.type == "PREVIEW":
                bpy.ops.sequencer.view_all_preview()
            elif region.type == "WINDOW":
                bpy.ops.sequencer.view_all()
    bpy.app.timers.register(take, first_interval=3.0)
    return None


def take():
    window = bpy.context.window_manager.windows[0]
    drawn = os.path.join(bpy.app.tempdir, "window.png")
    with bpy.context.temp_override(window=window):
        bpy.ops.screen.screenshot(filepath=drawn)
    bpy.context.scene.render.image_settings.file_format = "JPEG"
    bpy.data.images.load(drawn).save_render(PICTURE)
    bpy.ops.wm.quit_blender()


bpy.context.preferences.view.show_splash = False
bpy.app.timers.register(begin, first_interval=2.0)
