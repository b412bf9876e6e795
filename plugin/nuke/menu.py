"""Tinct's menu in interactive sessions."""

from __future__ import annotations

import nuke

CREATE = "from tinct.plugin.nuke import node; node.create()"


def build() -> None:
    """Add the node to the Nodes menu, where Tab finds it by its name."""
    nuke.menu("Nodes").addMenu("Tinct").addCommand("Tinct", CREATE)
