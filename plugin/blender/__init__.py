"""The add-on for Blender's video sequencer: runs in Blender's own Python, with the standard library alone."""
