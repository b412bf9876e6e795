"""The panel docked in Nuke, under Nuke's own Qt."""

from __future__ import annotations

import importlib.util
import os
import sys
from typing import Any

import nuke
import nukescripts

IDENTIFIER = "org.tinct.Panel"
QTPY = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "qtpy_of_tinct")
"""Where ``tinct install nuke`` puts qtpy, for hosts that have none."""


def register() -> bool:
    """Offer the panel among Nuke's panes; False where ``tinct install`` found no qtpy to bring along.

    Nothing of Qt is loaded before somebody opens it.
    """
    if importlib.util.find_spec("qtpy") is None:
        if not os.path.isdir(QTPY):
            return False
        sys.path.append(os.path.abspath(QTPY))
    made = f"__import__({__name__!r}, fromlist=['docked']).docked"  # Nuke evaluates it in a module of its own
    nukescripts.panels.registerWidgetAsPanel(made, "Tinct", IDENTIFIER)
    return True


def docked() -> Any:
    """A panel for a pane, with an empty project; closing the pane leaves unsaved changes beside the project's file.

    Raises:
        ImportError: Nuke's Qt cannot be used.
    """
    try:
        from tinct.ui.views.docked import make_docked
    except ImportError as error:
        nuke.message(f"Tinct's panel cannot be shown: {error}")
        raise
    return make_docked()
