"""Runs in Blender: takes steps in the sequencer of a scene, and writes down what came of them.

    blender -b [SCENE.blend] --python sequencer.py -- SCRIPT.json RESULT.json

The script has ``steps``, each a list of a name and its arguments.
"""

import json
import sys

import addon_utils
import bpy

ADDON = "tinct_colorize"


class Sequencer:
    def __init__(self):
        self.said = []

    @property
    def scene(self):
        return bpy.context.scene

    @property
    def strips(self):
        editor = self.scene.sequence_editor or self.scene.sequence_editor_create()
        return editor.strips if hasattr(editor, "strips") else editor.sequences

    @property
    def active(self):
        return self.scene.sequence_editor.active_strip

    def addon(self):
        self.say(addon_utils.enable(ADDON) is not None)

    def addon_off(self):
        addon_utils.disable(ADDON)
        self.say(
            [len(bpy.app.handlers.render_pre), hasattr(bpy.types, "TINCT_PT_strip"), hasattr(self.active, "tinct")]
        )

    def settle(self, width, height, last):
        """What comes out of a render is what stands in the files."""
        render = self.scene.render
        render.resolution_x, render.resolution_y, render.resolution_percentage = width, height, 100
        render.image_settings.file_format, render.image_settings.color_mode = "PNG", "RGB"
        render.dither_intensity = 0
        self.scene.view_settings.view_transform = "Standard"
        self.scene.frame_start, self.scene.frame_end = 1, last

    def pictures(self, name, files, start):
        strip = self.strips.new_image(name, files[0], 1, start)
        for file in files[1:]:
            strip.elements.append(file.rpartition("/")[2])
        self.scene.sequence_editor.active_strip = strip

    def movie(self, name, file, start):
        self.scene.sequence_editor.active_strip = self.strips.new_movie(name, file, 1, start)

    def choose(self, name):
        self.scene.sequence_editor.active_strip = self.strips[name]

    def trim(self, left, right):
        self.active.frame_offset_start, self.active.frame_offset_end = left, right

    def set(self, name, value):
        setattr(self.active.tinct, name, value)

    def still(self, path, frame=None):
        bpy.ops.tinct.add_still(filepath=path, from_start=frame is None)
        if frame is not None:
            self.active.tinct.stills[-1].frame = frame

    def remove_still(self, index):
        bpy.ops.tinct.remove_still(index=index)

    def go_to(self, frame):
        self.scene.frame_set(frame)

    def operator(self, name):
        try:
            self.say([sorted(getattr(bpy.ops.tinct, name)()), ""])
        except RuntimeError as error:  # an operator that reports an error
            self.say([[], str(error)])

    def preview(self):
        self.operator("preview_frame")
        image = bpy.data.images.get("Tinct preview")
        self.say(None if image is None else bpy.path.abspath(image.filepath))

    def render(self, folder, first=None, last=None):
        self.scene.render.filepath = folder + "/"
        if first is not None:
            self.scene.frame_start, self.scene.frame_end = first, last
        bpy.ops.render.render(animation=True)

    def save(self, path):
        bpy.ops.wm.save_as_mainfile(filepath=path)

    def look(self):
        self.say([self.facts(strip) for strip in self.strips])

    def facts(self, strip):
        return {
            "name": strip.name,
            "type": strip.type,
            "channel": strip.channel,
            "start": strip.frame_final_start,
            "end": strip.frame_final_end,
            "directory": getattr(strip, "directory", ""),
            "files": [element.filename for element in strip.elements] if strip.type == "IMAGE" else [],
        }

    def stills(self):
        self.say([[still.path, still.from_start, still.frame] for still in self.active.tinct.stills])

    def properties(self):
        self.say({prop.identifier: prop.name for prop in self.active.tinct.bl_rna.properties})

    def say(self, what):
        self.said.append(what)


def main():
    script, result = sys.argv[sys.argv.index("--") + 1 :]
    with open(script, encoding="utf-8") as stream:
        steps = json.load(stream)["steps"]
    sequencer = Sequencer()
    for name, *arguments in steps:
        getattr(sequencer, name)(*arguments)
    with open(result, "w", encoding="utf-8") as stream:
        json.dump(sequencer.said, stream)


main()
