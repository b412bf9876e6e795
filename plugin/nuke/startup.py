"""Tinct's part of every session's start."""

from __future__ import annotations

import nuke

from tinct.plugin.nuke import callbacks


def begin() -> None:
    """Register the callbacks; ``init.py`` calls this, and keeps what fails to itself."""
    nuke.addBeforeRender(callbacks.before_render, nodeClass="Write")
    nuke.addKnobChanged(callbacks.knob_changed, nodeClass="Group")
    nuke.addOnScriptClose(callbacks.script_closed)
