"""A line of words that changes with every frame."""

from __future__ import annotations

from qtpy.QtCore import QSize, Qt
from qtpy.QtGui import QColor, QPainter
from qtpy.QtWidgets import QSizePolicy, QWidget

from tinct.ui.views.style import DIM


class Words(QWidget):
    """Takes the room that there is and cuts off what has none. What it says moves nothing: a QLabel has the whole panel
    laid out anew whenever its text changes, which takes longer than drawing the frame."""

    def __init__(self, alignment: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignLeft) -> None:
        super().__init__()
        self._text, self._alignment = "", alignment
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(10 * self.fontMetrics().averageCharWidth(), self.fontMetrics().height() + 2)

    def text(self) -> str:
        """What it says."""
        return self._text

    def setText(self, text: str) -> None:
        """Say something else."""
        if text != self._text:
            self._text = text
            self.setAccessibleName(text)
            self.update()

    def paintEvent(self, event: object) -> None:
        painter = QPainter(self)
        painter.setPen(QColor(DIM))
        shown = painter.fontMetrics().elidedText(self._text, Qt.TextElideMode.ElideRight, self.width())
        painter.drawText(self.rect(), int(self._alignment | Qt.AlignmentFlag.AlignVCenter), shown)
        painter.end()
