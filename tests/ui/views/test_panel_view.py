"""The widgets, offscreen: what they show and what keys and clicks do."""

import time
from collections.abc import Callable, Iterator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

pytest.importorskip("PySide6.QtWidgets", reason="Qt is not here", exc_type=ImportError)
from qtpy.QtCore import QPoint, Qt, QTimer
from qtpy.QtTest import QTest
from qtpy.QtWidgets import (
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLineEdit,
    QListView,
    QSlider,
    QTabBar,
    QToolButton,
    QWidget,
)

from tinct.plugin.client import Client
from tinct.runtime.project import Project
from tinct.ui.action_table import ACTIONS, shortcut_table
from tinct.ui.models.connection import Connections
from tinct.ui.views.ui_thread import UiThread
from tinct.ui.views.window import PanelWindow, make_window

FIRST = 1001
DOCS = Path(__file__).parents[3] / "docs" / "panel.md"


@pytest.fixture
def window(qtbot, clients: Callable[[], Client], project: Project) -> Iterator[PanelWindow]:
    QApplication.instance().setStyle("Fusion")
    window = make_window(Connections(clients))
    qtbot.addWidget(window)
    window.resize(1200, 760)
    window.show()
    window.view.panel.file.new(project)
    qtbot.waitUntil(lambda: window.view.panel.viewer.is_current, timeout=20_000)
    window.ask_to_save = lambda: "discard"
    yield window
    window.close()


def press(widget: QWidget, key: Qt.Key, keys: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    widget.setFocus()
    QTest.keyClick(widget, key, keys)


def test_every_action_has_a_shortcut_or_a_place_in_the_menu(window: PanelWindow) -> None:
    shown = {action.text() for menu in window.menuBar().actions() for action in menu.menu().actions()}
    for action in ACTIONS:
        assert action.keys or window.view.actions_by_name[action.name].text() in shown, action.name


def test_no_shortcut_means_two_things_in_one_place() -> None:
    known: dict[tuple[str, str], str] = {}
    for action in ACTIONS:
        for key in action.keys:
            for where in {action.where, "panel"}:
                assert known.get((where, key), action.name) == action.name, (key, known[where, key], action.name)
            known[action.where, key] = action.name


def test_the_table_of_shortcuts_in_the_docs_is_that_of_the_actions() -> None:
    assert shortcut_table() in DOCS.read_text(encoding="utf-8")


def test_a_person_at_the_keyboard_gets_round(window: PanelWindow, qtbot) -> None:
    canvas, panel = window.view.viewer.canvas, window.view.panel
    press(canvas, Qt.Key.Key_Right)
    assert panel.viewer.frame == FIRST + 1
    press(canvas, Qt.Key.Key_End)
    assert panel.viewer.frame == FIRST + 6
    press(canvas, Qt.Key.Key_2)
    assert panel.viewer.mode == "plate"
    press(canvas, Qt.Key.Key_Tab)
    assert panel.viewer.mode == "result"
    press(canvas, Qt.Key.Key_PageDown)
    assert panel.shots.current.name == "harbour"
    press(canvas, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    assert window.view.shots.search.hasFocus()
    QTest.keyClicks(window.view.shots.search, "stre")
    assert [row.name for row in panel.shots.rows()] == ["street"]
    qtbot.waitUntil(lambda: panel.viewer.is_current, timeout=20_000)


def test_typing_in_a_field_sets_nothing_else_off(window: PanelWindow) -> None:
    line = window.view.parameters.fields["model"].line
    line.setFocus()
    line.clear()
    QTest.keyClicks(line, "fakewsd")
    assert window.view.panel.viewer.comparison == "off"
    assert line.text() == "fakewsd"


def test_chroma_is_dragged_and_undone_in_one_step(window: PanelWindow, qtbot) -> None:
    panel = window.view.panel
    slider = window.view.parameters.fields["chroma"].slider
    for step in (110, 150, 200):
        slider.setValue(step)
    assert panel.shots.current.parameters == {"chroma": 2.0}
    press(window.view.viewer.canvas, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert panel.shots.current.parameters == {}
    assert window.view.parameters.fields["chroma"].box.value() == 1.0
    qtbot.waitUntil(lambda: panel.viewer.is_current, timeout=20_000)


def test_a_still_s_start_is_dragged_on_the_timeline(window: PanelWindow, stills: list[str], qtbot) -> None:
    panel, timeline = window.view.panel, window.view.viewer.timeline
    panel.stills.add([stills[1]], FIRST + 2)
    qtbot.waitUntil(lambda: panel.viewer.is_current, timeout=20_000)
    box = timeline.boxes()[1][1]
    start = QPoint(round(box.left()) + 2, round(box.center().y()))
    end = QPoint(round(timeline.ruler.middle(FIRST + 4)), start.y())
    QTest.mousePress(timeline, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, start)
    QTest.mouseMove(timeline, QPoint((start.x() + end.x()) // 2, start.y()))
    QTest.mouseMove(timeline, end)
    QTest.mouseRelease(timeline, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, end)
    assert panel.shots.current.stills[1].frame == FIRST + 4
    panel.document.undo()
    assert panel.shots.current.stills[1].frame == FIRST + 2
    qtbot.waitUntil(lambda: panel.viewer.is_current, timeout=20_000)


def test_the_wheel_zooms_at_the_pointer_and_f_fits(window: PanelWindow) -> None:
    canvas, viewer = window.view.viewer.canvas, window.view.panel.viewer
    before = canvas.placement()
    at = before.to_screen(30, 20)
    viewer.set_zoom(
        before.scale * 2,
        before._replace(left=before.left - 8, top=before.top - 8).zoomed_at(
            at[0] - 8, at[1] - 8, before.scale * 2, (canvas.rooms()[0].width(), canvas.rooms()[0].height())
        ),
    )
    x, y = canvas.placement().to_plate(*at)
    assert (round(x, 3), round(y, 3)) == (30, 20)
    press(canvas, Qt.Key.Key_F)
    assert canvas.placement() == before


def test_a_part_of_a_still_is_dragged_out_and_turned(window: PanelWindow, qtbot) -> None:
    canvas, panel = window.view.viewer.canvas, window.view.panel
    press(canvas, Qt.Key.Key_T)
    qtbot.waitUntil(lambda: panel.viewer.still is not None, timeout=20_000)
    placed = canvas.placement()
    start, end = (QPoint(*map(round, placed.to_screen(*at))) for at in ((24, 16), (72, 48)))
    QTest.mousePress(canvas, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, start)
    QTest.mouseMove(canvas, end)
    QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, end)
    assert panel.shots.current.stills[0].crop == pytest.approx((0.25, 0.25, 0.75, 0.75), abs=0.02)
    press(canvas, Qt.Key.Key_Escape)
    press(canvas, Qt.Key.Key_R)
    assert panel.shots.current.stills[0].turn == 90
    press(canvas, Qt.Key.Key_1)
    qtbot.waitUntil(lambda: panel.viewer.is_current, timeout=20_000)
    assert not panel.viewer.mark


def test_playing_goes_on_by_itself(window: PanelWindow, qtbot) -> None:
    panel = window.view.panel
    press(window.view.viewer.canvas, Qt.Key.Key_Space)
    assert panel.playback.is_playing
    qtbot.waitUntil(lambda: panel.viewer.frame >= FIRST + 3, timeout=20_000)
    press(window.view.viewer.canvas, Qt.Key.Key_Space)
    assert not panel.playback.is_playing
    qtbot.waitUntil(lambda: panel.viewer.is_current, timeout=20_000)


def test_a_part_of_the_shot_is_played_over_and_over(window: PanelWindow, qtbot) -> None:
    panel, canvas = window.view.panel, window.view.viewer.canvas
    transport = window.view.viewer.transport
    assert transport.speed.text() == "24 fps"
    press(canvas, Qt.Key.Key_Right)
    press(canvas, Qt.Key.Key_I)
    press(canvas, Qt.Key.Key_Right)
    press(canvas, Qt.Key.Key_O)
    assert panel.playback.loop == (FIRST + 1, FIRST + 2)
    qtbot.waitUntil(lambda: "loop 1002–1003" in transport.span.text(), timeout=20_000)
    press(canvas, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: "playing at" in transport.speed.text(), timeout=20_000)
    assert FIRST + 1 <= panel.viewer.frame <= FIRST + 2
    press(canvas, Qt.Key.Key_Space)
    press(canvas, Qt.Key.Key_X, Qt.KeyboardModifier.AltModifier)
    assert not panel.playback.is_part
    qtbot.waitUntil(lambda: panel.viewer.is_current and transport.speed.text() == "24 fps", timeout=20_000)


def test_words_that_change_with_every_frame_lay_nothing_out_anew(window: PanelWindow, qtbot) -> None:
    laid_out = []
    stills = window.view.stills
    hint = type(stills).minimumSizeHint
    qtbot.wait(100)  # what the window was opened with
    stills.minimumSizeHint = lambda: (laid_out.append(1), hint(stills))[1]
    for frame in (FIRST + 1, FIRST + 2, FIRST + 3):
        window.view.panel.viewer.go_to(frame)
        qtbot.waitUntil(lambda: window.view.panel.viewer.is_current, timeout=20_000)
        qtbot.wait(20)
    assert not laid_out


def test_small_pictures_are_made_of_what_is_seen_alone(window: PanelWindow, qtbot, tmp_path: Path) -> None:
    pytest.importorskip("faiss")
    spec = spec_from_file_location("tinct_large_library", Path(__file__).parents[1] / "large_library.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    panel, offered = window.view.panel, window.view.stills.offered
    seen = set()
    get = panel.thumbnails.get
    panel.thumbnails.get = lambda wanted: (seen.add(wanted.path), get(wanted))[1]
    panel.library.use(str(module.make_large_library(tmp_path / "large", 1000, "fake", (96, 64))))
    qtbot.waitUntil(lambda: offered.model().rowCount() == 60, timeout=20_000)
    qtbot.wait(50)
    at_first = {path for path in seen if "still_" in path}
    assert 0 < len(at_first) < 60
    for _ in range(3):
        before = offered.model().rowCount()
        offered.verticalScrollBar().setValue(offered.verticalScrollBar().maximum())
        qtbot.waitUntil(lambda before=before: offered.model().rowCount() > before, timeout=20_000)
    assert offered.model().rowCount() == 960
    qtbot.wait(50)
    assert len(seen) < 300


def test_results_that_pile_up_leave_time_for_keys_and_mouse(qtbot) -> None:
    thread, fired, made = UiThread(), [], []
    timer = QTimer()
    timer.timeout.connect(lambda: fired.append(len(made)))
    timer.start(1)

    def call() -> None:
        time.sleep(0.004)
        made.append(1)

    for _ in range(40):
        thread.post(call)
    qtbot.waitUntil(lambda: len(made) == 40, timeout=20_000)
    between = [count for count in fired if 0 < count < 40]
    assert len(between) >= 5
    steps = [later - earlier for earlier, later in zip([0, *between], between, strict=False)]
    assert max(steps) <= 4


def test_text_grows_with_all_that_holds_it(window: PanelWindow) -> None:
    view = window.view
    before = view.viewer.timeline.sizeHint().height()
    for _ in range(4):
        press(view.viewer.canvas, Qt.Key.Key_Equal, Qt.KeyboardModifier.ControlModifier)
    assert view.viewer.timeline.sizeHint().height() > before
    assert view.shots.list.font().pointSize() == view.font().pointSize()


def test_a_project_that_was_never_saved_is_not_lost_by_closing(window: PanelWindow, tmp_path: Path) -> None:
    window.ask_to_save = lambda: "stay"
    window.close()
    assert window.isVisible()
    path = tmp_path / "film.tinct"
    window.view.save_as = lambda: window.view.panel.file.save(str(path))
    window.ask_to_save = lambda: "save"
    window.close()
    assert not window.isVisible()
    assert path.is_file()


def test_what_went_wrong_is_told_where_one_looks(window: PanelWindow, tmp_path: Path) -> None:
    panel = window.view.panel
    for _ in range(3):
        panel.stills.add([str(tmp_path / "notes.txt")])
    assert "notes.txt is no picture" in window.view.message.text()
    assert QApplication.activeModalWidget() is None


def test_every_part_has_a_name_for_those_who_do_not_see_it(window: PanelWindow) -> None:
    parts = (QAbstractSpinBox, QComboBox, QLineEdit, QListView, QSlider, QToolButton)
    owners = (QAbstractSpinBox, QComboBox, QLineEdit, QTabBar)  # what lies in these, or opens from them, is Qt's own
    for kind in parts:
        for widget in window.view.findChildren(kind):
            if not isinstance(widget.parent(), owners) and widget.window() is window:
                assert widget.accessibleName() or getattr(widget, "text", str)(), kind
