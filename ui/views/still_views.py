"""Stills: those in use in the shot, and those that the library offers for the frame."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any, Callable

from qtpy.QtCore import QAbstractListModel, QModelIndex, QRectF, QSize, Qt
from qtpy.QtGui import QColor, QPainter, QPen
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

from tinct.ui.models.library import Ranked
from tinct.ui.models.panel import Panel
from tinct.ui.models.stills import StillInUse
from tinct.ui.models.thumbnails import Wanted
from tinct.ui.views.images import Images, draw_fitted
from tinct.ui.views.style import ACCENT, DIM, GROUND, PRESSED, PROBLEM, RAISED, TEXT

ENTRY = Qt.ItemDataRole.UserRole
IMAGES = 200
"""Small pictures that are kept as Qt draws them: more than are seen at once."""


class _Entries(QAbstractListModel):
    """Entries for Qt; ``more`` asks for those that come after them, ``has_more`` says whether there are any."""

    def __init__(
        self,
        text: Callable[[Any], str],
        has_more: Callable[[], bool] = lambda: False,
        more: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__()
        self._text, self._has_more, self._more = text, has_more, more
        self.entries: Sequence[Any] = ()

    def rowCount(self, parent: Any = None) -> int:
        return len(self.entries)

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role == ENTRY:
            return self.entries[index.row()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            return self._text(self.entries[index.row()])
        return None

    def canFetchMore(self, parent: Any = None) -> bool:
        return self._has_more()

    def fetchMore(self, parent: Any = None) -> None:
        self._more()

    def follow(self, entries: Sequence[Any]) -> None:
        """Show these."""
        before = self.entries
        if entries is before:
            return
        if len(entries) == len(before):
            self.entries = entries
            if entries:
                self.dataChanged.emit(self.index(0), self.index(len(entries) - 1))
        elif before and entries[: len(before)] == before:
            self.beginInsertRows(QModelIndex(), len(before), len(entries) - 1)
            self.entries = entries
            self.endInsertRows()
        else:
            self.beginResetModel()
            self.entries = entries
            self.endResetModel()


class _UseDelegate(QStyledItemDelegate):
    """A still in use: picture, name, from where on, weight; what is wrong with it in words."""

    def __init__(self, panel: Panel, view: QListView) -> None:
        super().__init__(view)
        self._panel, self._images = panel, Images(IMAGES)

    def sizeHint(self, option: Any, index: QModelIndex) -> QSize:
        return QSize(200, round(option.fontMetrics.height() * 2.9) + 8)

    def paint(self, painter: QPainter, option: Any, index: QModelIndex) -> None:
        one: StillInUse = index.data(ENTRY)
        still = one.still
        box, metrics = QRectF(option.rect).adjusted(0, 0, 0, -1), option.fontMetrics
        is_chosen = one.place == self._panel.stills.index
        painter.save()
        painter.fillRect(box, QColor(PRESSED if is_chosen else GROUND))
        if option.state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QPen(QColor(ACCENT), 1))
            painter.drawRect(box.adjusted(0.5, 0.5, -0.5, -0.5))
        room = QRectF(box.left() + 6, box.top() + 5, (box.height() - 10) * 1.6, box.height() - 10)
        painter.fillRect(room, QColor(RAISED))
        wanted = Wanted(still.path, 160, crop=still.crop, turn=still.turn)
        picture = self._panel.thumbnails.get(wanted)
        if picture is not None:
            draw_fitted(painter, self._images.of(picture), room)
        problem = self._panel.stills.problem(still.path) or self._panel.thumbnails.problem(wanted)
        left, right, line = room.right() + 9, box.right() - 8, metrics.height()
        top = box.top() + (box.height() - 2 * line - 2) / 2
        width = int(right - left)
        painter.setPen(QColor(TEXT))
        name = metrics.elidedText(os.path.basename(still.path), Qt.TextElideMode.ElideMiddle, width)
        painter.drawText(QRectF(left, top, width, line), 0, name)
        painter.setPen(QColor(PROBLEM if problem else DIM))
        words = f"✕ {problem}" if problem else _words(one)
        painter.drawText(
            QRectF(left, top + line + 2, width, line), 0, metrics.elidedText(words, Qt.TextElideMode.ElideRight, width)
        )
        painter.restore()


class _OfferDelegate(QStyledItemDelegate):
    """A still of the library, its likeness below it in figures and as a bar."""

    def __init__(self, panel: Panel, view: QListView) -> None:
        super().__init__(view)
        self._panel, self._images = panel, Images(IMAGES)

    def sizeHint(self, option: Any, index: QModelIndex) -> QSize:
        line = option.fontMetrics.height()
        return QSize(round(line * 5.9), round(line * 5.1))

    def paint(self, painter: QPainter, option: Any, index: QModelIndex) -> None:
        one: Ranked = index.data(ENTRY)
        box, line = QRectF(option.rect).adjusted(3, 3, -3, -3), option.fontMetrics.height()
        painter.save()
        is_selected = bool(option.state & QStyle.StateFlag.State_Selected)
        painter.fillRect(box, QColor(PRESSED if is_selected else RAISED))
        room = QRectF(box.left() + 2, box.top() + 2, box.width() - 4, box.height() - line - 8)
        picture = self._panel.thumbnails.get(Wanted(one.path, 160))
        if picture is not None:
            draw_fitted(painter, self._images.of(picture), room)
        below = QRectF(box.left() + 5, room.bottom() + 2, box.width() - 10, line)
        painter.setPen(QColor(TEXT if is_selected else DIM))
        painter.drawText(
            below, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), f"{one.similarity:.2f}"
        )
        bar = QRectF(below.left() + line * 2.1, below.center().y() - 1, below.width() - line * 2.1, 3)
        painter.fillRect(bar, QColor(GROUND))
        bar.setWidth(bar.width() * min(max(one.similarity, 0.0), 1.0))
        painter.fillRect(bar, QColor(ACCENT if index.row() == 0 else DIM))
        if option.state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QPen(QColor(ACCENT), 1))
            painter.drawRect(box)
        painter.restore()


def _words(one: StillInUse) -> str:
    frames = f"{one.first}–{one.last}" if one.last >= one.first else "never: another takes its place"
    parts = [frames]
    if one.still.weight != 1:
        parts.append(f"weight {one.still.weight:g}")
    if one.still.crop is not None:
        parts.append("cropped")
    if one.still.turn:
        parts.append(f"turned {one.still.turn}°")
    return " · ".join(parts)


def _use_text(one: StillInUse) -> str:
    return f"{one.still.path}\nin force {_words(one)}"


def _offer_text(one: Ranked) -> str:
    return f"{one.path}\nlikeness {one.similarity:.3f}; double click or Return puts it in force"


class StillsView(QWidget):
    """The stills of the shot, and below them what the library offers. ``button`` makes a button of an action."""

    def __init__(self, panel: Panel, button: Callable[[str, str], QToolButton]) -> None:
        super().__init__()
        self._panel = panel
        self.in_use = QListView(accessibleName="Stills in use")
        self.in_use.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._used = _Entries(_use_text)
        self.in_use.setModel(self._used)
        self.in_use.setItemDelegate(_UseDelegate(panel, self.in_use))
        self.offered = QListView(accessibleName="Library")
        library = panel.library
        self._offers = _Entries(_offer_text, lambda: library.has_more, library.more)
        self.offered.setModel(self._offers)
        self.offered.setItemDelegate(_OfferDelegate(panel, self.offered))
        self.offered.setViewMode(QListView.ViewMode.IconMode)
        self.offered.setResizeMode(QListView.ResizeMode.Adjust)
        self.offered.setMovement(QListView.Movement.Static)
        self.offered.setUniformItemSizes(True)
        self.where = QLabel(objectName="dim")
        self._library_words = QLabel(objectName="dim", wordWrap=True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 8, 8, 4)
        layout.setSpacing(6)
        layout.addLayout(
            _row(
                QLabel("Stills", objectName="heading"),
                None,
                button("add_still", "Add"),
                button("remove_still", "Remove"),
            )
        )
        layout.addWidget(self.in_use, 2)
        layout.addLayout(
            _row(
                QLabel("Library", objectName="heading"),
                self.where,
                None,
                button("rank", "Rank"),
                button("open_library", "Folder"),
            )
        )
        layout.addWidget(self._library_words)
        layout.addWidget(self.offered, 3)
        self.in_use.clicked.connect(self._choose)
        self.in_use.selectionModel().currentChanged.connect(lambda index, before: self._choose(index))
        self.offered.activated.connect(self._use)
        panel.stills.changed.connect(self._follow_used)
        panel.viewer.moved.connect(self._follow_library)
        panel.library.changed.connect(self._follow_library)
        panel.thumbnails.came.connect(self.in_use.viewport().update)
        panel.thumbnails.came.connect(self.offered.viewport().update)
        self._follow_used()
        self._follow_library()

    def minimumSizeHint(self) -> QSize:
        return QSize(36 * self.fontMetrics().averageCharWidth() + 40, 200)

    def _choose(self, index: QModelIndex) -> None:
        if index.isValid():
            self._panel.stills.choose(index.data(ENTRY).place)

    def _use(self, index: QModelIndex) -> None:
        self._panel.use_stills([index.data(ENTRY).path])

    def _follow_used(self) -> None:
        self._used.follow(self._panel.stills.in_use())
        self.in_use.viewport().update()

    def _follow_library(self) -> None:
        library = self._panel.library
        offered, before = library.offered(), self._offers.entries
        if offered is not before:
            self._offers.follow(offered)
            if offered and before and offered[0] != before[0]:
                self.offered.scrollToTop()
        words = ""
        if library.share is not None:
            words = f"describing the pictures: {library.share:.0%}"
        elif not library.folder:
            words = (
                "Choose a folder of colour pictures (Ctrl+L): for each frame those that are most like it come first."
            )
        elif library.is_ranking:
            words = "ranking…"
        elif not library.is_ranked_for_frame and self._panel.viewer.variant is not None:
            words = "ranked for another frame; L ranks for this one"
        for label, text in ((self.where, os.path.basename(library.folder)), (self._library_words, words)):
            if label.text() != text:  # what is set is laid out anew, even if it is the same
                label.setText(text)
        self._library_words.setVisible(bool(words))


def _row(*widgets: QWidget | None) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(6)
    for widget in widgets:
        if widget is None:
            row.addStretch(1)
        else:
            row.addWidget(widget)
    return row
