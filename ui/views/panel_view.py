"""The whole panel as one widget, alone in a window or docked in a host."""

from __future__ import annotations

import os
from functools import partial

from qtpy.QtCore import QSize, Qt, QTimer
from qtpy.QtGui import QColor, QKeySequence
from qtpy.QtWidgets import (
    QAction,
    QApplication,
    QColorDialog,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QSplitter,
    QTabWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from tinct.ui.action_table import ACTIONS, Action
from tinct.ui.models.panel import Panel
from tinct.ui.models.stills import PICTURES
from tinct.ui.views.parameter_view import ParameterView
from tinct.ui.views.queue_view import QueueView
from tinct.ui.views.shot_list_view import ShotListView
from tinct.ui.views.soon import Soon
from tinct.ui.views.still_views import StillsView
from tinct.ui.views.style import SHEET, palette
from tinct.ui.views.viewer_view import ViewerView

LOOK_EVERY = 1000
"""Milliseconds from one look at files to the next."""
TIMELINES = {
    f"{name}, {media}s first (*{ending})": (media, ending)
    for name, ending in (("OpenTimelineIO", ".otio"), ("EDL", ".edl"))
    for media in ("plate", "result")
}
"""Kinds of timelines as the dialog has them."""
LEAST_TEXT, MOST_TEXT = 6, 28
"""Points."""


class PanelView(QWidget):
    """Shows ``panel``. ``actions``: all of `ACTIONS` by name, for a menu."""

    def __init__(self, panel: Panel, parent: QWidget | None = None) -> None:
        super().__init__(parent, objectName="panel")
        self.panel = panel
        self.setPalette(palette())
        self.setStyleSheet(SHEET)
        self.actions_by_name = {action.name: self._made(action) for action in ACTIONS}
        self.shots = ShotListView(panel)
        self.viewer = ViewerView(panel, self.button)
        self.stills = StillsView(panel, self.button)
        self.parameters = ParameterView(panel)
        self.queue = QueueView(panel, self.button)
        self._attach()
        self._lay_out()
        self._timer = QTimer(self)
        self._timer.timeout.connect(panel.look_at_files)
        self._timer.timeout.connect(panel.next_shot.look)
        self._timer.start(LOOK_EVERY)
        panel.messages.changed.connect(self._say)
        panel.opening.connect(self._show_opening)
        follow = Soon(self._follow, self)
        for signal in (
            panel.document.changed,
            panel.viewer.changed,
            panel.corrections.changed,
            panel.queue.changed,
            panel.playback.changed,
        ):
            signal.connect(follow)
        panel.document.changed.connect(self._follow_history)
        self._say()
        self._follow_history()
        self._follow()

    def sizeHint(self) -> QSize:
        return QSize(1440, 900)

    def button(self, name: str, text: str) -> QToolButton:
        """A button of the action of that name."""
        action = self.actions_by_name[name]
        button = QToolButton()
        button.setDefaultAction(action)
        button.setText(text)
        button.setAccessibleName(action.text())
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        style = Qt.ToolButtonStyle.ToolButtonTextOnly if text else Qt.ToolButtonStyle.ToolButtonIconOnly
        button.setToolButtonStyle(style)
        action.changed.connect(lambda: button.setText(text) if button.text() != text else None)
        return button

    # Actions that ask first

    def open_project(self) -> None:
        """Choose a project."""
        path = QFileDialog.getOpenFileName(self, "Open project", "", "Tinct projects (*.tinct)")[0]
        if path:
            self.panel.open(path)

    def add_clip(self) -> None:
        """Choose clips."""
        for path in QFileDialog.getOpenFileNames(self, "Add clip")[0]:
            self.panel.add_clip(path)

    def save(self) -> None:
        """Save, and ask where the first time."""
        if self.panel.document.path is None:
            self.save_as()
        else:
            self.panel.file.save()

    def save_as(self) -> None:
        """Choose where to save."""
        start = self.panel.document.path or f"{self.panel.document.project.name}.tinct"
        path = QFileDialog.getSaveFileName(self, "Save project", start, "Tinct projects (*.tinct)")[0]
        if path:
            self.panel.file.save(path)

    def queue_shots(self) -> None:
        """Queue the selected shots, and ask first where to save a project that was never saved."""
        if not self.panel.queue.has_place:
            self.save_as()
        self.panel.queue.add(self.panel.shots.selected)

    def farm_bundle(self) -> None:
        """Bundle the selected shots for a farm, and ask first where to save a project that was never saved."""
        if not self.panel.queue.has_place:
            self.save_as()
        self.tabs.setCurrentWidget(self.queue)
        self.panel.farm.bundle(self.panel.shots.selected)

    def relink(self) -> None:
        """Choose the folder in which what is missing lies now."""
        path = self.panel.document.path
        folder = QFileDialog.getExistingDirectory(self, "Where the media are", os.path.dirname(path or ""))
        if folder:
            self.panel.media.relink(folder)

    def export_timeline(self) -> None:
        """Choose a place and a kind of timeline."""
        start = os.path.splitext(self.panel.document.path or self.panel.document.project.name)[0] + ".otio"
        path, kind = QFileDialog.getSaveFileName(self, "Export timeline", start, ";;".join(TIMELINES))
        if path:
            media, ending = TIMELINES.get(kind, ("plate", ".otio"))
            self.panel.media.export(path if os.path.splitext(path)[1] else path + ending, media)

    def choose_output(self) -> None:
        """Choose where results go."""
        folder = QFileDialog.getExistingDirectory(self, "Output folder", self.panel.document.project.output.folder)
        if folder:
            self.panel.set_output(folder)

    def close_panel(self) -> None:
        """Close the window."""
        self.window().close()

    def add_still(self) -> None:
        """Choose pictures that are in force from the shot's start."""
        self.panel.stills.add(self._ask_pictures())

    def add_still_here(self) -> None:
        """Choose pictures that are in force from this frame on."""
        self.panel.stills.add(self._ask_pictures(), self.panel.viewer.frame)

    def open_library(self) -> None:
        """Choose a folder of pictures."""
        folder = QFileDialog.getExistingDirectory(self, "Library of stills", self.panel.library.folder)
        if folder:
            self.panel.library.use(folder)

    def choose_colour(self) -> None:
        """Choose the colour of hints."""
        colour = QColorDialog.getColor(QColor.fromRgbF(*self.panel.corrections.colour), self, "Colour of hints")
        if colour.isValid():
            self.panel.corrections.set_colour((colour.redF(), colour.greenF(), colour.blueF()))

    def give_frame(self) -> None:
        """Choose where the frame goes."""
        start = self.panel.painting.suggested_path()
        path = QFileDialog.getSaveFileName(self, "Paint this frame elsewhere", start, "PNG (*.png)")[0]
        if path:
            self.panel.painting.give(path)

    def paste(self) -> None:
        """Files or a picture from the clipboard as stills."""
        data = QApplication.clipboard().mimeData()
        if data.hasUrls():
            self.panel.take_files([url.toLocalFile() for url in data.urls() if url.isLocalFile()])
        elif data.hasImage():
            path = self.panel.place_for_pasted()
            if path and QApplication.clipboard().image().save(path):
                self.panel.take_files([path])

    def find_shot(self) -> None:
        """Type what to find."""
        self.shots.search.setFocus()
        self.shots.search.selectAll()

    def larger_text(self, by: int = 1) -> None:
        """Text by a point larger, and all that is measured by it."""
        font = self.font()
        font.setPointSize(min(max(font.pointSize() + by, LEAST_TEXT), MOST_TEXT))
        self.setFont(font)
        for widget in self.findChildren(QWidget):
            widget.setFont(font)
            widget.updateGeometry()

    def smaller_text(self) -> None:
        """Text by a point smaller."""
        self.larger_text(-1)

    def _ask_pictures(self) -> list[str]:
        kinds = " ".join(f"*{ending}" for ending in PICTURES)
        return list(QFileDialog.getOpenFileNames(self, "Add stills", "", f"Pictures ({kinds})")[0])

    # How it is put together

    def _made(self, action: Action) -> QAction:
        made = QAction(action.label, self)
        made.setShortcuts([QKeySequence(key) for key in action.keys])
        made.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        made.setCheckable(action.chosen is not None)
        keys = " or ".join(action.keys)
        made.setToolTip(action.label.rstrip("…") + (f"  ({keys})" if keys else ""))
        if action.run is None:
            method = getattr(self, action.name)
            made.triggered.connect(lambda *checked: method())
        else:
            made.triggered.connect(partial(self._run, action))
        return made

    def _run(self, action: Action, *checked: bool) -> None:
        assert action.run is not None
        action.run(self.panel)
        self._follow()

    def _attach(self) -> None:
        """Shortcuts act where they are told to."""
        places: dict[str, list[QWidget]] = {
            "panel": [self],
            "viewer": [self.viewer.canvas, self.viewer.timeline],
            "stills": [self.stills.in_use],
        }
        for action in ACTIONS:
            for widget in places[action.where]:
                widget.addAction(self.actions_by_name[action.name])

    def _lay_out(self) -> None:
        self.tabs = QTabWidget()
        self.tabs.addTab(self.parameters, "Properties")
        self.tabs.addTab(self.queue, "Queue")
        right = QSplitter(Qt.Orientation.Vertical)
        right.addWidget(self.stills)
        right.addWidget(self.tabs)
        right.setSizes([500, 360])
        across = QSplitter(Qt.Orientation.Horizontal)
        for widget, stretch in ((self.shots, 0), (self.viewer, 1), (right, 0)):
            across.addWidget(widget)
            across.setStretchFactor(across.count() - 1, stretch)
            across.setCollapsible(across.count() - 1, False)
        across.setSizes([270, 830, 340])
        for splitter in (right, across):
            splitter.setHandleWidth(3)
        self.message = QLabel(wordWrap=True)
        self.message.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.opening = QProgressBar(maximum=1000, textVisible=False)
        self.opening.setFixedWidth(160)
        self.opening.setFixedHeight(6)
        self.opening.hide()
        below = QHBoxLayout()
        below.setContentsMargins(10, 3, 10, 4)
        below.addWidget(self.message, 1)
        below.addWidget(self.opening)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(across, 1)
        layout.addLayout(below)

    def _say(self) -> None:
        latest = self.panel.messages.latest
        text = "" if latest is None else latest.text + (f"  (×{latest.times})" if latest.times > 1 else "")
        is_problem = latest is not None and latest.level == "problem"
        self.message.setObjectName("problem" if is_problem else "dim")
        self.message.style().polish(self.message)
        self.message.setText(("✕ " if is_problem else "") + text)

    def _show_opening(self, share: float | None) -> None:
        self.opening.setVisible(share is not None)
        if share is not None:
            self.opening.setValue(round(1000 * share))

    def _follow_history(self, *facts: object) -> None:
        """At once: an edit may be undone by the key that comes right after it."""
        document = self.panel.document
        for name, label, verb in (("undo", document.undo_label, "Undo"), ("redo", document.redo_label, "Redo")):
            self.actions_by_name[name].setText(f"{verb} {label}".strip())
            self.actions_by_name[name].setEnabled(bool(label))

    def _follow(self) -> None:
        document = self.panel.document
        for action in ACTIONS:
            if action.chosen is not None:
                self.actions_by_name[action.name].setChecked(action.chosen(self.panel))
        busy = sum(task.state in ("waiting", "running", "paused") for task in self.panel.queue.tasks)
        text = f"Queue ({busy})" if busy else "Queue"
        if self.tabs.tabText(1) != text:  # what is set is laid out anew, even if it is the same
            self.tabs.setTabText(1, text)
        self.actions_by_name["swap_stills"].setEnabled(self.panel.viewer.has_other_stills)
        title = os.path.basename(document.path) if document.path else document.project.name
        self.setWindowTitle(f"{'• ' if document.is_modified else ''}{title} – Tinct")
