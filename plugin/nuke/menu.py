"""Tinct's menu in interactive sessions."""

from __future__ import annotations

import nuke

from tinct.plugin.nuke import callbacks, node, panel


def build() -> None:
    """Add the node to the Nodes menu, where Tab finds it by its name, and the panel to those of panes.

    Raises:
        RuntimeError: ``init.py`` could not register the callbacks, and renders would not see to results.
    """
    if not callbacks.registered:
        raise RuntimeError("its callbacks are not registered, as the terminal says")
    nuke.menu("Nodes").addMenu("Tinct").addCommand("Tinct", node.create)
    panel.register()
