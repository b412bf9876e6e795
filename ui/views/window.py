"""The panel in a window of its own."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from qtpy.QtCore import QObject
from qtpy.QtWidgets import QApplication, QMainWindow, QMessageBox

from tinct.runtime.project import Project
from tinct.ui.models.connection import Connections
from tinct.ui.models.panel import Panel
from tinct.ui.views.menus import fill_menus
from tinct.ui.views.panel_view import PanelView
from tinct.ui.views.style import palette
from tinct.ui.views.ui_thread import UiThread


class PanelWindow(QMainWindow):
    """A window with a menu of all actions."""

    def __init__(self, panel: Panel) -> None:
        super().__init__()
        self.setPalette(palette())
        self.view = PanelView(panel)
        self.setCentralWidget(self.view)
        self.setStyleSheet(self.view.styleSheet())
        fill_menus(self.menuBar(), self.view)
        self.view.windowTitleChanged.connect(self.setWindowTitle)
        self.setWindowTitle(self.view.windowTitle())
        self.view.viewer.canvas.setFocus()

    def ask_to_save(self) -> str:
        """What becomes of a project that was never saved: ``save``, ``discard`` or ``stay``."""
        buttons = QMessageBox.StandardButton
        answers = {buttons.Save: "save", buttons.Discard: "discard"}
        name = self.view.panel.document.project.name
        asked = QMessageBox.question(
            self,
            "Close",
            f"The project {name} was not saved yet. Save it?",
            buttons.Save | buttons.Discard | buttons.Cancel,
            buttons.Save,
        )
        return answers.get(asked, "stay")

    def closeEvent(self, event) -> None:  # type: ignore[no-untyped-def]
        """Unsaved changes of a project that has a file stay beside that and come back; renders go on."""
        document = self.view.panel.document
        if document.path is None and document.project.shots and document.is_modified:
            answer = self.ask_to_save()
            if answer == "save":
                self.view.save_as()
            if answer == "stay" or (answer == "save" and document.path is None):
                event.ignore()
                return
            if answer == "discard":
                self.view.panel.file.discard()
        self.view.panel.close()
        event.accept()


def make_window(
    connections: Connections | None = None, detector: str | None = None, parent: QObject | None = None
) -> PanelWindow:
    """A window with an empty project; a QApplication must be there. The rest as `Panel`."""
    thread = UiThread(parent)
    window = PanelWindow(Panel(thread.post, connections, detector=detector))
    thread.setParent(window)
    return window


def run(opened: Sequence[str | Project]) -> int:
    """Show the panel with projects, by path or as they are, and clips, until it is closed; the exit code."""
    application = QApplication.instance() or QApplication(sys.argv[:1])
    application.setApplicationName("Tinct")
    application.setStyle("Fusion")
    window = make_window()
    for one in opened:
        if isinstance(one, Project):
            window.view.panel.file.new(one)
        else:
            window.view.panel.open(one)
    if not opened:
        window.view.panel.offer_recovery()
    window.resize(window.view.sizeHint())
    window.show()
    return int(application.exec_())
