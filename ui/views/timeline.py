"""The shot's frames from left to right: how sure each is, the stills in force, hints, suggestions, and the frame."""

from __future__ import annotations

import os

from qtpy.QtCore import QPointF, QRectF, QSize, Qt
from qtpy.QtGui import QColor, QPainter, QPen, QPolygonF
from qtpy.QtWidgets import QSizePolicy, QToolTip, QWidget

from tinct.runtime.confidence_curve import THRESHOLD
from tinct.ui.models.panel import Panel
from tinct.ui.models.stills import StillInUse
from tinct.ui.placement import Ruler
from tinct.ui.views.style import ACCENT, DIM, FAINT, GROUND, LINE, PANEL, PRESSED, RAISED, TEXT, confidence_colour

SIDE = 12
GRIP = 6


class Timeline(QWidget):
    """Click or drag: go to a frame. A still's left edge can be dragged to the frame from which it is in force."""

    def __init__(self, panel: Panel) -> None:
        super().__init__()
        self._panel = panel
        self._drag: int | None = None
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Timeline")
        viewer = panel.viewer
        for signal in (
            viewer.moved,
            viewer.changed,
            panel.stills.changed,
            panel.confidence.changed,
            panel.playback.changed,
            panel.shots.chosen,
        ):
            signal.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(400, round(self._line * 6.1))

    @property
    def _line(self) -> int:
        return self.fontMetrics().height() + 4

    @property
    def ruler(self) -> Ruler:
        """Frames on the screen."""
        first, last = self._panel.viewer.range
        return Ruler(first, last, SIDE, max(1, self.width() - 2 * SIDE))

    def _rows(self) -> tuple[QRectF, QRectF, QRectF]:
        """Of the numbers, the curve and the stills."""
        line = self._line
        width = self.width()
        curve = QRectF(0, line, width, line * 2.5)
        return QRectF(0, 0, width, line), curve, QRectF(0, curve.bottom() + 4, width, line * 2.2)

    def paintEvent(self, event: object) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(GROUND))
        if self._panel.shots.current is not None:
            numbers, curve, stills = self._rows()
            self._draw_loop(painter, numbers)
            self._draw_numbers(painter, numbers)
            self._draw_curve(painter, curve)
            self._draw_suggestions(painter, curve)
            self._draw_stills(painter, stills)
            self._draw_hints(painter, curve)
            self._draw_playhead(painter, numbers, stills)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(ACCENT), 1))
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        painter.end()

    def _draw_numbers(self, painter: QPainter, row: QRectF) -> None:
        ruler, metrics = self.ruler, painter.fontMetrics()
        widest = metrics.horizontalAdvance(str(ruler.last)) + 24
        for frame in ruler.ticks(widest):
            x = ruler.middle(frame)
            painter.setPen(QColor(FAINT))
            painter.drawLine(QPointF(x, row.bottom() - 3), QPointF(x, row.bottom()))
            painter.setPen(QColor(DIM))
            text = str(frame)
            painter.drawText(QPointF(x - metrics.horizontalAdvance(text) / 2, row.top() + metrics.ascent() + 1), text)

    def _draw_loop(self, painter: QPainter, row: QRectF) -> None:
        """The part of the shot that is played, where it is not all of it: between brackets."""
        if not self._panel.playback.is_part:
            return
        ruler, (first, last) = self.ruler, self._panel.playback.loop
        left, right = ruler.x(first), ruler.x(last + 1)
        painter.fillRect(QRectF(left, row.top(), right - left, row.height()), QColor(RAISED))
        painter.setPen(QPen(QColor(TEXT), 1))
        for x, inward in ((left, 4), (right, -4)):
            shape = [(x + inward, row.top() + 1), (x, row.top() + 1), (x, row.bottom()), (x + inward, row.bottom())]
            painter.drawPolyline(QPolygonF([QPointF(*point) for point in shape]))

    def _draw_curve(self, painter: QPainter, row: QRectF) -> None:
        painter.fillRect(row, QColor(PANEL))
        variant = self._panel.viewer.variant
        threshold = row.bottom() - THRESHOLD * row.height()
        if variant is None:
            return
        ruler = self.ruler
        curve = self._panel.confidence.curve(variant)
        width = max(1.0, ruler.step - (1 if ruler.step > 4 else 0))
        for frame, sure in curve.items():
            if ruler.first <= frame <= ruler.last:
                height = max(2.0, sure * row.height())
                colour = QColor(*confidence_colour(sure))
                top = QRectF(ruler.x(frame), row.bottom() - height, width, 2)
                painter.fillRect(top, colour)
                colour.setAlpha(46)
                painter.fillRect(QRectF(top.left(), top.bottom(), width, height - 2), colour)
        painter.setPen(QPen(QColor(DIM), 1, Qt.PenStyle.DotLine))
        painter.drawLine(QPointF(ruler.left, threshold), QPointF(ruler.left + ruler.length, threshold))
        if not curve:
            painter.setPen(QColor(FAINT))
            painter.drawText(
                row, int(Qt.AlignmentFlag.AlignCenter), "confidence appears as frames are seen or rendered"
            )

    def _draw_suggestions(self, painter: QPainter, row: QRectF) -> None:
        variant = self._panel.viewer.variant
        if variant is None:
            return
        ruler = self.ruler
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for one in self._panel.confidence.suggestions(variant):
            x = ruler.middle(one.frame)
            painter.setPen(QPen(QColor(TEXT), 1.5))
            painter.drawLine(QPointF(ruler.x(one.first), row.top() + 3), QPointF(ruler.x(one.last + 1), row.top() + 3))
            painter.setBrush(QColor(GROUND))
            painter.drawEllipse(QPointF(x, row.top() + 9), 6, 6)
            painter.drawLine(QPointF(x - 3, row.top() + 9), QPointF(x + 3, row.top() + 9))
            painter.drawLine(QPointF(x, row.top() + 6), QPointF(x, row.top() + 12))

    def _draw_hints(self, painter: QPainter, row: QRectF) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ruler = self.ruler
        for one in self._panel.corrections.hints():
            if ruler.first <= one.hint.frame <= ruler.last:
                x, y = ruler.middle(one.hint.frame), row.bottom() + 1
                last = ruler.middle(min(one.end if one.end is not None else max(one.track), ruler.last))
                painter.setPen(QPen(QColor.fromRgbF(*one.hint.colour), 2))
                painter.drawLine(QPointF(x, y), QPointF(last, y))
                if one.end is not None:  # a bar across: lost here
                    painter.drawLine(QPointF(last, y - 4), QPointF(last, y + 4))
                painter.setPen(QPen(QColor("#000000"), 1))
                painter.setBrush(QColor.fromRgbF(*one.hint.colour))
                shape = [QPointF(x, y - 5), QPointF(x + 5, y), QPointF(x, y + 5), QPointF(x - 5, y)]
                painter.drawPolygon(QPolygonF(shape))

    def boxes(self) -> list[tuple[StillInUse, QRectF]]:
        """Stills as boxes; those in force together share the height."""
        _, _, row = self._rows()
        ruler = self.ruler
        used = self._panel.stills.in_use()
        boxes = []
        for one in used:
            together = [other for other in used if other.first == one.first]
            height = row.height() / len(together)
            top = row.top() + together.index(one) * height
            left, right = ruler.x(one.first), ruler.x(max(one.last, one.first) + 1)
            boxes.append((one, QRectF(left, top, max(right - left - 1, 3), height - 1)))
        return boxes

    def _draw_stills(self, painter: QPainter, row: QRectF) -> None:
        metrics = painter.fontMetrics()
        for one, box in self.boxes():
            is_chosen = one.place == self._panel.stills.index
            problem = self._panel.stills.problem(one.still.path)
            painter.setPen(QPen(QColor(ACCENT if is_chosen else LINE), 1))
            painter.setBrush(QColor(PRESSED if is_chosen else RAISED))
            painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), 2, 2)
            painter.setPen(QColor(TEXT if is_chosen else DIM))
            text = ("✕ " if problem else "") + os.path.basename(one.still.path)
            inner = box.adjusted(8, 0, -4, 0)
            words = metrics.elidedText(text, Qt.TextElideMode.ElideRight, int(inner.width()))
            painter.drawText(inner, int(Qt.AlignmentFlag.AlignVCenter), words)
        if not self.boxes():
            painter.setPen(QColor(FAINT))
            painter.drawText(row, int(Qt.AlignmentFlag.AlignCenter), "no still yet: drop a picture, or press A")

    def _draw_playhead(self, painter: QPainter, numbers: QRectF, stills: QRectF) -> None:
        ruler, frame = self.ruler, self._panel.viewer.frame
        x = ruler.middle(frame)
        painter.setPen(QPen(QColor(ACCENT), 1))
        painter.drawLine(QPointF(x, numbers.bottom()), QPointF(x, stills.bottom()))
        metrics = painter.fontMetrics()
        text = str(frame)
        width = metrics.horizontalAdvance(text) + 10
        left = min(max(x - width / 2, 0), self.width() - width)
        box = QRectF(left, numbers.top() + 1, width, numbers.height() - 2)
        painter.setBrush(QColor(ACCENT))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.drawRoundedRect(box, 2, 2)
        painter.setPen(QColor("#16120c"))
        painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), text)

    def mousePressEvent(self, event) -> None:  # type: ignore[no-untyped-def]
        x, y = event.position().x(), event.position().y()
        self._drag = None
        for one, box in self.boxes():
            if box.adjusted(-GRIP, 0, 0, 0).contains(QPointF(x, y)):
                self._panel.stills.choose(one.place)
                if abs(x - box.left()) <= GRIP and one.first > self.ruler.first:
                    self._drag = one.place
                    return
        self._panel.viewer.go_to(self.ruler.frame(x))

    def mouseMoveEvent(self, event) -> None:  # type: ignore[no-untyped-def]
        x, y = event.position().x(), event.position().y()
        if self._drag is not None:
            self._panel.stills.move(self._drag, self.ruler.frame(x))
        elif event.buttons() & Qt.MouseButton.LeftButton:
            self._panel.viewer.go_to(self.ruler.frame(x))
        else:
            first = self.ruler.first
            near = any(abs(x - box.left()) <= GRIP and box.top() <= y <= box.bottom() and one.first > first
                       for one, box in self.boxes())  # fmt: skip
            self.setCursor(Qt.CursorShape.SizeHorCursor if near else Qt.CursorShape.ArrowCursor)
            QToolTip.showText(event.globalPos() if hasattr(event, "globalPos") else event.globalPosition().toPoint(),
                              self._words(x, y), self)  # fmt: skip

    def mouseReleaseEvent(self, event: object) -> None:
        if self._drag is not None:
            self._panel.document.settle()
        self._drag = None

    def _words(self, x: float, y: float) -> str:
        for one, box in self.boxes():
            if box.contains(QPointF(x, y)):
                problem = self._panel.stills.problem(one.still.path)
                return problem or f"{one.still.path}\nin force {one.first}–{one.last}, weight {one.still.weight:g}"
        variant, frame = self._panel.viewer.variant, self.ruler.frame(x)
        if variant is None:
            return ""
        for hint in self._panel.confidence.suggestions(variant):
            if hint.first <= frame <= hint.last:
                return f"A still of frame {hint.frame} would help {hint.first}–{hint.last}: confidence {hint.mean:.2f}"
        sure = self._panel.confidence.curve(variant).get(frame)
        return f"frame {frame}" + ("" if sure is None else f", confidence {sure:.2f}")
