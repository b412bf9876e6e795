"""The panel as a widget of a host's pane."""

from __future__ import annotations

from qtpy.QtWidgets import QMenuBar

from tinct.ui.models.connection import Connections
from tinct.ui.models.panel import Panel
from tinct.ui.views.menus import fill_menus
from tinct.ui.views.panel_view import PanelView
from tinct.ui.views.ui_thread import UiThread


class DockedPanel(PanelView):
    """Has its menus in itself, and ends its work when the host closes it."""

    def __init__(self, panel: Panel) -> None:
        super().__init__(panel)
        bar = QMenuBar(self)
        bar.setNativeMenuBar(False)
        fill_menus(bar, self)
        self.layout().setMenuBar(bar)

    def closeEvent(self, event) -> None:  # type: ignore[no-untyped-def]
        """Renders go on; unsaved changes of a project that has a file stay beside that and come back."""
        self.panel.close()
        event.accept()


def make_docked(connections: Connections | None = None) -> DockedPanel:
    """A panel with an empty project; the host's QApplication must be there. ``connections`` as `Panel`."""
    thread = UiThread()
    view = DockedPanel(Panel(thread.post, connections))
    thread.setParent(view)
    view.panel.offer_recovery()
    return view
