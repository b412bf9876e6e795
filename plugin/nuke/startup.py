"""Tinct's part of every session's start."""

from __future__ import annotations

from tinct.plugin.nuke import callbacks


def begin() -> None:
    """Register the callbacks; ``init.py`` calls this, and keeps what fails to itself."""
    callbacks.register()
