"""The menus of the panel."""

from __future__ import annotations

from qtpy.QtWidgets import QMenu, QMenuBar

from tinct.ui.action_table import ACTIONS
from tinct.ui.views.panel_view import PanelView


def fill_menus(bar: QMenuBar, view: PanelView) -> None:
    """Add a menu for each group of actions, but no keys of the viewer that are only good as keys."""
    menus: dict[str, QMenu] = {}
    for action in ACTIONS:
        if action.group not in menus:
            menus[action.group] = bar.addMenu(action.group)
        if action.where == "panel" or action.group != "Play":
            menus[action.group].addAction(view.actions_by_name[action.name])
