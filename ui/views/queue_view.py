"""The render queue: a row for each shot, and what was said of the chosen one."""

from __future__ import annotations

import os
from typing import Any, Callable

from qtpy.QtCore import QAbstractListModel, QModelIndex, QRectF, QSize, Qt, QUrl
from qtpy.QtGui import QColor, QDesktopServices, QPainter, QPen
from qtpy.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from tinct.ui.models.panel import Panel
from tinct.ui.models.render_queue import DONE, FAILED, RUNNING, Task
from tinct.ui.readout import left_text
from tinct.ui.views.style import ACCENT, DIM, GROUND, PRESSED, RAISED, STATE_COLOURS, TEXT

TASK = Qt.ItemDataRole.UserRole
SIGNS = {"waiting": "○", "running": "▶", "paused": "‖", "done": "●", "failed": "✕", "cancelled": "–"}


class _Tasks(QAbstractListModel):
    def __init__(self) -> None:
        super().__init__()
        self.tasks: list[Task] = []

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

    def follow(self, tasks: list[Task]) -> None:
        """Show these."""
        if [one.shot for one in tasks] == [one.shot for one in self.tasks]:
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
        task: Task = index.data(TASK)
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


def _words(task: Task) -> str:
    if task.state in (FAILED, DONE) and task.log:
        return task.log[-1] if task.state == FAILED else task.log[0]
    if task.state == RUNNING and not task.total:
        return "starting"
    if task.total:
        return " · ".join(part for part in (f"{task.done} of {task.total}", left_text(task.seconds_left)) if part)
    return task.log[-1] if task.log else task.output


class QueueView(QWidget):
    """Tasks, buttons and the log. ``button`` makes a button of an action."""

    def __init__(self, panel: Panel, button: Callable[[str, str], QToolButton]) -> None:
        super().__init__()
        self._panel = panel
        self.list = QListView(accessibleName="Render queue")
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._tasks = _Tasks()
        self.list.setModel(self._tasks)
        self.list.setItemDelegate(_Delegate(self.list))
        self.log = QLabel(objectName="dim", wordWrap=True)
        self.log.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.result = QToolButton(text="Open result")
        self.result.clicked.connect(self._open)
        buttons = QHBoxLayout()
        for widget in (button("queue_shots", "Queue selected"), button("pause", "Pause"), button("cancel_render", "Cancel")):
            buttons.addWidget(widget)
        buttons.addStretch(1)
        below = QHBoxLayout()
        below.addWidget(self.result)
        below.addWidget(button("clear_finished", "Clear finished"))
        below.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.addLayout(buttons)
        layout.addWidget(self.list, 1)
        layout.addWidget(self.log)
        layout.addLayout(below)
        panel.queue.changed.connect(self._follow)
        self.list.selectionModel().currentChanged.connect(self._follow)
        self._follow()

    @property
    def chosen(self) -> Task | None:
        """The task that the log and the result are of."""
        index = self.list.currentIndex()
        tasks = self._tasks.tasks
        return tasks[index.row()] if index.isValid() and index.row() < len(tasks) else (tasks[-1] if tasks else None)

    def _follow(self, *facts: object) -> None:
        self._tasks.follow(self._panel.queue.tasks)
        task = self.chosen
        words = "Nothing is queued. Select shots and press Ctrl+R." if task is None else "\n".join(task.log)
        self.log.setText(words)
        self.log.setVisible(bool(words))
        self.result.setEnabled(task is not None and task.state == DONE)

    def _open(self) -> None:
        task = self.chosen
        if task is not None:
            place = task.output if os.path.isfile(task.output) else os.path.dirname(task.output)
            QDesktopServices.openUrl(QUrl.fromLocalFile(place))
