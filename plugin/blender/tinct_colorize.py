"""Tinct's add-on: `tinct install blender` puts a copy of this file into its folder as ``__init__.py``."""

import os
import sys

bl_info = {
    "name": "Tinct",
    "author": "The Tinct developers",
    "version": (0, 1, 0),
    "blender": (2, 93, 0),
    "location": "Video Sequencer > Side bar > Tinct",
    "description": "Colours black-and-white strips from colour stills",
    "category": "Sequencer",
}

_FOLDER = os.path.dirname(os.path.abspath(__file__))


def register() -> None:
    """Switch the add-on on; what it needs lies beside this file."""
    if _FOLDER not in sys.path:
        sys.path.append(_FOLDER)
    from tinct.plugin.blender import addon

    addon.register()


def unregister() -> None:
    """Switch it off."""
    from tinct.plugin.blender import addon

    addon.unregister()
