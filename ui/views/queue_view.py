"""The render queue: a row for each shot and each job of a farm, and what was said of the chosen one."""

from __future__ import annotations

import os
from typing import Any, Callable, Union

from qtpy.QtCore import QAbstractListModel, QModelIndex, QRectF, QSize, Qt, QUrl
from qtpy.QtGui import QColor, QDesktopServices, QPainter, QPen
from qtpy.QtWidgets import (
    QHBoxLayout,
    QListView,
    QPlainTextEdit,
    QStyle,
    QStyledItemDelegate,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from tinct.runtime.project.queue_folder import DONE, FAILED, RUNNING
from tinct.ui.models.farm_folder import FarmJob
from tinct.ui.models.panel import Panel
from tinct.ui.models.queue_watch import Task
from tinct.ui.readout import left_text
from tinct.ui.views.farm_strip import FarmStrip
from tinct.ui.views.style import ACCENT, DIM, GROUND, PRESSED, RAISED, STATE_COLOURS, TEXT

TASK = Qt.ItemDataRole.UserRole
SIGNS = {
    "waiting": "○",
    "running": "▶",
    "paused": "‖",
    "done": "●",
    "failed": "✕",
    "cancelled": "–",
    "bundling": "▶",
    "bundled": "○",
    "sent": "▶",
    "stopped": "‖",
}
Row = Union[Task, FarmJob]
LEAST_ROWS, LOG_LINES = 3, 4


class _Tasks(QAbstractListModel):
    def __init__(self) -> None:
        super().__init__()
        self.tasks: list[Row] = []

    def rowCount(self, parent: Any = None) -> int:
        return len(self.tasks)

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        task = self.tasks[index.row()]
        if role == TASK:
            return task
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return f"{task.name}, {task.state}, {task.share:.0%}"
        if role == Qt.ItemDataRole.ToolTipRole:
            return "\n".join((task.output, *task.log))
        return None

    def follow(self, tasks: list[Row]) -> None:
        """Show these."""
        if [_key(one) for one in tasks] == [_key(one) for one in self.tasks]:
            self.tasks = tasks
            if tasks:
                self.dataChanged.emit(self.index(0), self.index(len(tasks) - 1))
            return
        self.beginResetModel()
        self.tasks = tasks
        self.endResetModel()


class _Delegate(QStyledItemDelegate):
    def sizeHint(self, option: Any, index: QModelIndex) -> QSize:
        return QSize(200, round(option.fontMetrics.height() * 2.2) + 14)

    def paint(self, painter: QPainter, option: Any, index: QModelIndex) -> None:
        task: Row = index.data(TASK)
        box, line = QRectF(option.rect).adjusted(0, 0, 0, -1), option.fontMetrics.height()
        painter.save()
        is_selected = bool(option.state & QStyle.StateFlag.State_Selected)
        painter.fillRect(box, QColor(PRESSED if is_selected else GROUND))
        if option.state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QPen(QColor(ACCENT), 1))
            painter.drawRect(box.adjusted(0.5, 0.5, -0.5, -0.5))
        inner = box.adjusted(9, 5, -9, -5)
        painter.setPen(QColor(TEXT))
        painter.drawText(QRectF(inner.left(), inner.top(), inner.width() * 0.6, line), 0, task.name)
        painter.setPen(QColor(STATE_COLOURS[task.state]))
        state = f"{SIGNS[task.state]} {task.state}"
        painter.drawText(
            QRectF(inner.left(), inner.top(), inner.width(), line), int(Qt.AlignmentFlag.AlignRight), state
        )
        painter.setPen(QColor(DIM))
        words = option.fontMetrics.elidedText(_words(task), Qt.TextElideMode.ElideRight, int(inner.width()))
        painter.drawText(QRectF(inner.left(), inner.top() + line, inner.width(), line), 0, words)
        bar = QRectF(inner.left(), inner.bottom() - 2, inner.width(), 3)
        painter.fillRect(bar, QColor(RAISED))
        bar.setWidth(bar.width() * task.share)
        painter.fillRect(bar, QColor(STATE_COLOURS[task.state]))
        painter.restore()


def _key(row: Row) -> str:
    return row.shot if isinstance(row, Task) else row.id


def _words(task: Row) -> str:
    if isinstance(task, FarmJob):
        words = f"{task.done} of {task.total} frames" if task.total else " ".join(task.log[-1:])
        return " · ".join(part for part in (task.engine, words) if part)
    if task.state in (FAILED, DONE) and task.log:
        return task.log[-1] if task.state == FAILED else task.log[0]
    if task.state == RUNNING and not task.total:
        return "starting"
    if task.total:
        return " · ".join(part for part in (f"{task.done} of {task.total}", left_text(task.seconds_left)) if part)
    return task.log[-1] if task.log else task.output


class QueueView(QWidget):
    """Tasks and jobs, buttons and the log. ``button`` makes a button of an action."""

    def __init__(self, panel: Panel, button: Callable[[str, str], QToolButton]) -> None:
        super().__init__()
        self._panel = panel
        self.list = QListView(accessibleName="Render queue")
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._tasks = _Tasks()
        self._chosen = ""
        self.list.setModel(self._tasks)
        self.list.setItemDelegate(_Delegate(self.list))
        self.log = QPlainTextEdit(accessibleName="Log", readOnly=True, tabChangesFocus=True)
        self.log.setMaximumHeight(self.log.fontMetrics().height() * LOG_LINES + 12)
        self.farm = FarmStrip(panel, button)
        self.result = QToolButton(text="Open result")
        self.result.clicked.connect(self._open)
        self.list.setMinimumHeight(LEAST_ROWS * (round(self.list.fontMetrics().height() * 2.2) + 14))
        self._lay_out(button)
        panel.queue.changed.connect(self._follow)
        panel.farm.changed.connect(self._follow)
        self.list.selectionModel().currentChanged.connect(self._choose)
        self._follow()

    @property
    def chosen(self) -> Row | None:
        """The task or job that the log and the result are of."""
        index = self.list.currentIndex()
        tasks = self._tasks.tasks
        return tasks[index.row()] if index.isValid() and index.row() < len(tasks) else (tasks[-1] if tasks else None)

    def _lay_out(self, button: Callable[[str, str], QToolButton]) -> None:
        buttons = QHBoxLayout()
        for name, text in (("queue_shots", "Queue selected"), ("pause", "Pause"), ("cancel_render", "Cancel")):
            buttons.addWidget(button(name, text))
        buttons.addStretch(1)
        buttons.addWidget(button("farm_bundle", "To a farm"))
        below = QHBoxLayout()
        below.addWidget(self.result)
        below.addWidget(button("clear_finished", "Clear finished"))
        below.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.addLayout(buttons)
        layout.addWidget(self.list, 1)
        layout.addWidget(self.farm)
        layout.addWidget(self.log)
        layout.addLayout(below)

    def _choose(self, *facts: object) -> None:
        row = self.chosen
        if row is not None and self.list.currentIndex().isValid():
            self._chosen = _key(row)
            self._panel.farm.choose(row.id if isinstance(row, FarmJob) else "")
        self._follow()

    def _follow(self, *facts: object) -> None:
        rows: list[Row] = [*self._panel.queue.tasks, *self._panel.farm.jobs]
        self._tasks.follow(rows)
        job = self._panel.farm.chosen
        wanted = self._chosen if job is None else job.id
        place = next((place for place, row in enumerate(rows) if _key(row) == wanted), None)
        if place is not None and self.list.currentIndex().row() != place:
            self.list.setCurrentIndex(self._tasks.index(place))
        row = self.chosen
        words = "Nothing is queued. Select shots and press Ctrl+R." if row is None else "\n".join(row.log)
        if words != self.log.toPlainText():
            self.log.setPlainText(words)
        self.log.setVisible(bool(words))
        if self.farm.isHidden() != (job is None):
            self.farm.setVisible(job is not None)
            self.list.scrollTo(self.list.currentIndex())
        self.result.setEnabled(row is not None and row.state == DONE)

    def _open(self) -> None:
        row = self.chosen
        if row is not None:
            is_file_or_job = isinstance(row, FarmJob) or os.path.isfile(row.output)
            place = row.output if is_file_or_job else os.path.dirname(row.output)
            QDesktopServices.openUrl(QUrl.fromLocalFile(place))
