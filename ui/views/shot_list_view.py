"""The shots, one under the other, with a filter above."""

from __future__ import annotations

from typing import Any

from qtpy.QtCore import QAbstractListModel, QItemSelectionModel, QModelIndex, QRectF, QSize, Qt
from qtpy.QtGui import QColor, QPainter, QPen
from qtpy.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QVBoxLayout,
    QWidget,
)

from tinct.ui.models.panel import Panel
from tinct.ui.models.shot_list import MARKS, STATES, ShotRow
from tinct.ui.models.thumbnails import Wanted
from tinct.ui.views.images import Images, draw_fitted
from tinct.ui.views.style import ACCENT, DIM, FAINT, GROUND, PRESSED, RAISED, STATE_COLOURS, TEXT, confidence_colour

ROW = Qt.ItemDataRole.UserRole


class _Rows(QAbstractListModel):
    """The shown rows of the model, for Qt."""

    def __init__(self, panel: Panel) -> None:
        super().__init__()
        self._panel = panel
        self.rows: list[ShotRow] = []
        self.places: dict[str, int] = {}
        """Row by the shot's id."""

    def rowCount(self, parent: Any = None) -> int:
        return len(self.rows)

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row = self.rows[index.row()]
        if role == ROW:
            return row
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            sure = "" if row.confidence is None else f", confidence {row.confidence:.2f}"
            return f"{row.name}, frames {row.range}, {row.state}{sure}"
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"{row.name}\n{row.source}  {row.range}\n{row.stills} stills, {row.state}\n{row.note}".strip()
        return None

    def follow(self) -> None:
        """Take the model's rows over."""
        rows = self._panel.shots.rows()
        if [row.id for row in rows] == [row.id for row in self.rows]:
            changed = [number for number, (one, other) in enumerate(zip(rows, self.rows)) if one != other]
            self.rows = rows
            for number in changed:
                self.dataChanged.emit(self.index(number), self.index(number))
            return
        self.beginResetModel()
        self.rows = rows
        self.places = {row.id: place for place, row in enumerate(rows)}
        self.endResetModel()


class _Delegate(QStyledItemDelegate):
    """A row: picture, name, frames, state in words and with a sign, confidence as a bar."""

    def __init__(self, panel: Panel, view: QListView) -> None:
        super().__init__(view)
        self._panel, self._images = panel, Images(100)

    def sizeHint(self, option: Any, index: QModelIndex) -> QSize:
        return QSize(200, round(option.fontMetrics.height() * 3.5) + 8)

    def paint(self, painter: QPainter, option: Any, index: QModelIndex) -> None:
        row: ShotRow = index.data(ROW)
        box, metrics = QRectF(option.rect).adjusted(0, 0, 0, -1), option.fontMetrics
        is_selected = bool(option.state & QStyle.StateFlag.State_Selected)
        current = self._panel.shots.current
        is_current = current is not None and current.id == row.id
        painter.save()
        painter.fillRect(box, QColor(PRESSED if is_selected else GROUND))
        if is_current:
            painter.fillRect(QRectF(box.left(), box.top(), 3, box.height()), QColor(ACCENT))
        if option.state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QPen(QColor(ACCENT), 1))
            painter.drawRect(box.adjusted(0.5, 0.5, -0.5, -0.5))
        picture = QRectF(box.left() + 9, box.top() + 6, (box.height() - 12) * 1.6, box.height() - 12)
        self._draw_picture(painter, row, picture)
        left, right = picture.right() + 9, box.right() - 8
        line = metrics.height()
        top = box.top() + (box.height() - 3 * line - 6) / 2
        painter.setPen(QColor(TEXT))
        name = metrics.elidedText(row.name, Qt.TextElideMode.ElideMiddle, int(right - left))
        painter.drawText(QRectF(left, top, right - left, line), 0, name)
        painter.setPen(QColor(DIM))
        painter.drawText(QRectF(left, top + line, right - left, line), 0, row.range)
        painter.setPen(QColor(STATE_COLOURS[row.state]))
        painter.drawText(QRectF(left, top + 2 * line, right - left, line), 0, f"{MARKS[row.state]} {row.state}")
        self._draw_confidence(painter, row, QRectF(left, top + 3 * line + 3, right - left, 3))
        painter.restore()

    def _draw_picture(self, painter: QPainter, row: ShotRow, room: QRectF) -> None:
        painter.fillRect(room, QColor(RAISED))
        wanted = Wanted(row.source, 160, frame=(row.first + row.last) // 2)
        picture = self._panel.thumbnails.get(wanted)
        if picture is not None:
            draw_fitted(painter, self._images.of(picture), room)
        elif self._panel.thumbnails.problem(wanted):
            painter.setPen(QColor(STATE_COLOURS["failed"]))
            painter.drawText(room, int(Qt.AlignmentFlag.AlignCenter), "✕")

    def _draw_confidence(self, painter: QPainter, row: ShotRow, room: QRectF) -> None:
        painter.fillRect(room, QColor(FAINT if row.confidence is None else RAISED).darker(160))
        if row.confidence is not None:
            part = QRectF(room.left(), room.top(), room.width() * row.confidence, room.height())
            painter.fillRect(part, QColor(*confidence_colour(row.confidence)))


class ShotListView(QWidget):
    """Filter and list."""

    def __init__(self, panel: Panel) -> None:
        super().__init__()
        self._panel = panel
        self._follows = False
        self.search = QLineEdit(placeholderText="Find shot")
        self.search.setClearButtonEnabled(True)
        self.search.setAccessibleName("Find shot")
        self.states = QComboBox()
        self.states.addItems(["all", *STATES])
        self.states.setAccessibleName("State of shots to show")
        self.count = QLabel(objectName="dim")
        self.list = QListView()
        self.list.setAccessibleName("Shots")
        self.list.setSelectionMode(QListView.SelectionMode.ExtendedSelection)
        self.list.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.list.setUniformItemSizes(True)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._rows = _Rows(panel)
        self.list.setModel(self._rows)
        self.list.setItemDelegate(_Delegate(panel, self.list))
        heading = QHBoxLayout()
        heading.addWidget(QLabel("Shots", objectName="heading"))
        heading.addStretch(1)
        heading.addWidget(self.count)
        filters = QHBoxLayout()
        filters.addWidget(self.search, 1)
        filters.addWidget(self.states)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 4, 8)
        layout.setSpacing(6)
        layout.addLayout(heading)
        layout.addLayout(filters)
        layout.addWidget(self.list, 1)
        self.search.textChanged.connect(lambda text: panel.shots.filter(text=text))
        self.states.currentTextChanged.connect(lambda text: panel.shots.filter(state="" if text == "all" else text))
        self.list.selectionModel().selectionChanged.connect(self._choose)
        self.list.selectionModel().currentChanged.connect(self._choose)
        panel.shots.changed.connect(self._follow)
        panel.shots.chosen.connect(self._show_selection)
        panel.thumbnails.came.connect(self.list.viewport().update)
        self._follow()

    def minimumSizeHint(self) -> QSize:
        return QSize(24 * self.fontMetrics().averageCharWidth() + 60, 200)

    def _follow(self) -> None:
        self._follows = True
        self._rows.follow()
        self._follows = False
        count, all_count = len(self._rows.rows), len(self._panel.document.project.shots)
        self.count.setText(str(all_count) if count == all_count else f"{count} of {all_count}")
        self._show_selection()

    def _show_selection(self) -> None:
        places = self._rows.places
        wanted = {places[id] for id in self._panel.shots.selected if id in places}
        model = self.list.selectionModel()
        chosen = {index.row() for index in model.selectedIndexes()}
        flag = QItemSelectionModel.SelectionFlag
        self._follows = True
        for row in wanted ^ chosen:
            model.select(self._rows.index(row), flag.Select if row in wanted else flag.Deselect)
        current = self._panel.shots.current
        at = places.get(current.id) if current is not None else None
        if at is not None and self.list.currentIndex().row() != at:
            model.setCurrentIndex(self._rows.index(at), flag.NoUpdate)
            self.list.scrollTo(self._rows.index(at))
        self._follows = False
        self.list.viewport().update()

    def _choose(self, *facts: object) -> None:
        if self._follows:
            return
        ids = [self._rows.rows[index.row()].id for index in self.list.selectionModel().selectedIndexes()]
        at = self.list.currentIndex()
        current = self._rows.rows[at.row()].id if at.isValid() else None
        if ids:
            self._panel.shots.choose(ids, current if current in ids else None)
