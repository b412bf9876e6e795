"""The queue's tab, offscreen: shots and jobs of farms, and what keys and buttons do with them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("PySide6.QtWidgets", reason="Qt is not here", exc_type=ImportError)
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication

from tinct.plugin.client import Client
from tinct.runtime.project import Project, save_project
from tinct.runtime.project.queue_folder import DONE, RUNNING, QueueFolder
from tinct.ui.models.connection import Connections
from tinct.ui.models.farm_folder import BUNDLED, FarmFolder
from tinct.ui.views.window import PanelWindow, make_window

CTRL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def window(qtbot, tmp_path: Path) -> Iterator[PanelWindow]:
    """A window whose worker is not there; no process is begun unless something waits."""
    QApplication.instance().setStyle("Fusion")
    window = make_window(Connections(lambda: Client(folder=str(tmp_path / "none"), start=False)))
    qtbot.addWidget(window)
    window.resize(1200, 760)
    window.show()
    window.ask_to_save = lambda: "discard"
    yield window
    window.close()


def test_a_job_of_a_farm_is_a_row_with_what_can_be_done_with_it(
    window: PanelWindow, qtbot, project: Project, tmp_path: Path
) -> None:
    path = tmp_path / "film.tinct"
    save_project(project, path)
    folder = FarmFolder(str(path))
    folder.note(folder.add(project, ("a",)), state=BUNDLED, log=["4 tasks"])
    queue = QueueFolder(path)
    queue.hold(True)
    order = queue.add(project, ["a"])
    queue.tell(order, "a", RUNNING)
    queue.tell(order, "a", DONE, text=["7 frames in 1.0 s", "a warning"], done=7, total=7)
    view = window.view
    view.panel.open(str(path))
    view.tabs.setCurrentWidget(view.queue)
    rows = view.queue.list.model()
    qtbot.waitUntil(lambda: rows.rowCount() == 2, timeout=20_000)
    assert [rows.data(rows.index(place)) for place in range(2)] == ["street, done, 100%", "farm: street, bundled, 0%"]
    assert not view.queue.farm.isVisible()
    view.queue.list.setCurrentIndex(rows.index(0))
    assert view.queue.log.toPlainText() == "7 frames in 1.0 s\na warning"
    assert view.queue.result.isEnabled()
    view.queue.list.setCurrentIndex(rows.index(1))
    assert view.queue.farm.isVisible()
    assert view.queue.log.toPlainText() == "4 tasks"
    view.queue.farm.engine.setCurrentText("opencue")
    view.queue.farm.options.setText("show=film")
    assert (view.panel.farm.engine, view.panel.farm.options) == ("opencue", "show=film")
    view.actions_by_name["clear_finished"].trigger()
    qtbot.waitUntil(lambda: rows.rowCount() == 1, timeout=20_000)
    assert view.panel.farm.chosen is not None
    assert view.queue.chosen == view.panel.farm.chosen


@pytest.mark.parametrize(("key", "what"), [(Qt.Key.Key_R, "queue"), (Qt.Key.Key_B, "farm")])
def test_a_project_that_was_never_saved_is_saved_before_it_is_queued(
    window: PanelWindow, project: Project, key: Qt.Key, what: str
) -> None:
    asked: list[str] = []
    window.view.save_as = lambda: asked.append(what)
    window.view.panel.file.new(project)
    window.view.viewer.canvas.setFocus()
    QTest.keyClick(window.view.viewer.canvas, key, CTRL)
    assert asked == [what]
    assert "Save the project first" in window.view.message.text()
    assert not window.view.panel.queue.tasks
