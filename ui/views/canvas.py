"""The picture in the viewer: drawn, compared, zoomed, and clicked on."""

from __future__ import annotations

import os

from qtpy.QtCore import QPointF, QRectF, QSize, Qt
from qtpy.QtGui import QColor, QFont, QPainter, QPainterPath, QPen, QPolygonF
from qtpy.QtWidgets import QSizePolicy, QWidget

from tinct.ui.models.corrections import HintShown
from tinct.ui.models.panel import Panel
from tinct.ui.models.viewer import screen_colour
from tinct.ui.picture import Picture
from tinct.ui.placement import Placement
from tinct.ui.views.images import Images
from tinct.ui.views.style import ACCENT, DIM, LINE, PROBLEM, SURROUND, TEXT

WIPE_REACH = 8


class Canvas(QWidget):
    """Shows what the viewer's model says. Wheel: zoom; middle button, or left with no tool: pan, and read a pixel."""

    def __init__(self, panel: Panel) -> None:
        super().__init__()
        self._panel, self._viewer = panel, panel.viewer
        self._images = Images(4)
        self._grip: tuple[str, float, float] | None = None
        self._hint: int | None = None
        self._crop: tuple[float, float, float, float] | None = None
        self.setMouseTracking(True)
        self.setAcceptDrops(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Viewer")
        panel.viewer.changed.connect(self.update)
        panel.viewer.moved.connect(self.update)
        panel.corrections.changed.connect(self._corrections_changed)

    def sizeHint(self) -> QSize:
        return QSize(640, 400)

    def rooms(self) -> list[QRectF]:
        """Where pictures go: one room, or two side by side."""
        whole = QRectF(self.rect()).adjusted(8, 8, -8, -8)
        if self._viewer.comparison != "side by side":
            return [whole]
        half = (whole.width() - 6) / 2
        return [
            QRectF(whole.left(), whole.top(), half, whole.height()),
            QRectF(whole.right() - half, whole.top(), half, whole.height()),
        ]

    def placement(self, room: QRectF | None = None) -> Placement:
        """Of the picture in the first room."""
        room = self.rooms()[0] if room is None else room
        shown = self._viewer.shown()
        placed = Placement.of(
            (room.width(), room.height()), (shown.width, shown.height), self._viewer.zoom, self._viewer.centre
        )
        return placed._replace(left=placed.left + room.left(), top=placed.top + room.top())

    # Drawing

    def paintEvent(self, event: object) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(SURROUND))
        shown = self._viewer.shown()
        if self._panel.shots.current is None:
            self._say(painter, "Drop a clip here, or open one with Ctrl+I", DIM)
        elif shown.picture is None:
            self._say(painter, self._viewer.mark or "no picture", DIM)
        else:
            self._draw(painter, shown.picture, shown.against)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(ACCENT), 1))
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        painter.end()

    def _draw(self, painter: QPainter, picture: Picture, against: Picture | None) -> None:
        rooms = self.rooms()
        placed = self.placement(rooms[0])
        self._viewer.drawn_scale = placed.scale
        painter.save()
        painter.setClipRect(rooms[0])
        self._put(painter, picture, placed)
        comparison = self._viewer.comparison if against is not None else "off"
        if comparison == "difference":
            painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Difference)
            self._put(painter, against, placed)
        elif comparison == "wipe":
            self._wipe(painter, against, placed)
        painter.restore()
        if comparison == "side by side":
            painter.save()
            painter.setClipRect(rooms[1])
            self._put(painter, against, self.placement(rooms[1]))
            painter.restore()
            for room, name in zip(rooms, (self._viewer.mode, self._viewer.against)):
                inner = self.placement(room)
                bottom = min(inner.top + inner.height * inner.scale, room.bottom() - painter.fontMetrics().height() - 4)
                self._name(painter, QRectF(room.left(), bottom + 4, room.width(), painter.fontMetrics().height()), name)
        if self._crops:
            self._draw_crop(painter, _room_of(picture, placed))
        elif self._viewer.mode != "still":
            self._draw_hints(painter, placed)
        mark = self._viewer.mark
        if mark:
            self._badge(painter, mark)

    def _put(self, painter: QPainter, picture: Picture | None, placed: Placement) -> None:
        if picture is None:
            return
        image = self._images.of(picture)
        place = _room_of(picture, placed)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, place.width() < 4 * picture.width)
        painter.drawImage(place, image)

    def _wipe(self, painter: QPainter, against: Picture | None, placed: Placement) -> None:
        edge = placed.left + self._viewer.wipe * placed.width * placed.scale
        painter.setClipRect(QRectF(edge, 0, self.width(), self.height()), Qt.ClipOperation.IntersectClip)
        self._put(painter, against, placed)
        painter.setClipping(False)
        painter.setPen(QPen(QColor(ACCENT), 1))
        bottom = placed.top + placed.height * placed.scale
        painter.drawLine(QPointF(edge, placed.top), QPointF(edge, bottom))
        painter.setBrush(QColor(ACCENT))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.drawEllipse(QPointF(edge, (placed.top + bottom) / 2), 4, 4)

    def _draw_hints(self, painter: QPainter, placed: Placement) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        chosen = self._panel.corrections.chosen
        for one in self._panel.corrections.hints():
            if one.at is None:
                continue
            self._draw_track(painter, placed, one)
            x, y = placed.to_screen(*one.at)
            painter.setPen(QPen(QColor("#000000"), 3))
            painter.setBrush(QColor(screen_colour(one.hint.colour)) if one.is_here else Qt.BrushStyle.NoBrush)
            painter.drawEllipse(QPointF(x, y), 7, 7)
            if not one.is_here:
                painter.setPen(QPen(QColor(screen_colour(one.hint.colour)), 3))
                painter.drawEllipse(QPointF(x, y), 5, 5)
            painter.setPen(QPen(QColor(ACCENT if one.place == chosen else "#ffffff"), 1.6))
            painter.drawEllipse(QPointF(x, y), 7, 7)
            if one.place == chosen:
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawEllipse(QPointF(x, y), 11, 11)

    def _draw_track(self, painter: QPainter, placed: Placement, one: HintShown) -> None:
        """The way that the hint was followed, as far as it was seen."""
        points = [QPointF(*placed.to_screen(*place)) for place in one.track.values()]
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for colour, width in (("#000000", 3), (screen_colour(one.hint.colour), 1.2)):
            painter.setPen(QPen(QColor(colour), width))
            painter.drawPolyline(QPolygonF(points))

    @property
    def _crops(self) -> bool:
        return self._panel.corrections.tool == "crop" and self._viewer.mode == "still"

    def _draw_crop(self, painter: QPainter, room: QRectF) -> None:
        """What is not used of the still lies in shade."""
        still = self._panel.stills.chosen
        part = self._crop if self._crop is not None else still.crop if still is not None else None
        if part is None:
            return
        left, top, right, bottom = part
        inner = QRectF(
            room.left() + left * room.width(),
            room.top() + top * room.height(),
            (right - left) * room.width(),
            (bottom - top) * room.height(),
        )
        shade = QPainterPath()
        shade.addRect(room)
        shade.addRect(inner)
        painter.fillPath(shade, QColor(0, 0, 0, 150))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(ACCENT), 1))
        painter.drawRect(inner)

    def _drag_crop(self, x: float, y: float) -> None:
        """A rectangle from where the button was pressed to here, in shares of the still."""
        picture = self._viewer.still
        assert self._grip is not None
        if picture is None:
            return
        room = _room_of(picture, self.placement())
        across = sorted((one - room.left()) / room.width() for one in (self._grip[1], x))
        down = sorted((one - room.top()) / room.height() for one in (self._grip[2], y))
        left, right, top, bottom = (min(max(one, 0.0), 1.0) for one in (*across, *down))
        self._crop = (left, top, right, bottom)
        self.update()

    def _badge(self, painter: QPainter, text: str) -> None:
        """In the corner: what must be known of this picture."""
        is_problem = text not in ("preview", "rendering")
        words = {"preview": "◇ preview – the right frame follows", "rendering": "… rendering"}.get(text, "✕ " + text)
        metrics = painter.fontMetrics()
        room = QRectF(self.rect()).adjusted(16, 14, -16, -14)
        size = metrics.boundingRect(room.toRect(), int(Qt.TextFlag.TextWordWrap), words)
        box = QRectF(room.left(), room.top(), size.width() + 16, size.height() + 8)
        painter.setPen(QPen(QColor(PROBLEM if is_problem else LINE), 1))
        painter.setBrush(QColor(20, 20, 20, 225))
        painter.drawRoundedRect(box, 3, 3)
        painter.setPen(QColor(PROBLEM if is_problem else TEXT))
        painter.drawText(box.adjusted(8, 4, -8, -4), int(Qt.TextFlag.TextWordWrap), words)

    def _name(self, painter: QPainter, room: QRectF, text: str) -> None:
        painter.setPen(QColor(DIM))
        painter.drawText(room, int(Qt.AlignmentFlag.AlignHCenter), text)

    def _say(self, painter: QPainter, text: str, colour: str) -> None:
        font = QFont(self.font())
        painter.setFont(font)
        painter.setPen(QColor(colour))
        painter.drawText(self.rect(), int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap), text)

    def _corrections_changed(self) -> None:
        looks = self._panel.corrections.tool == "look"
        self.setCursor(Qt.CursorShape.ArrowCursor if looks else Qt.CursorShape.CrossCursor)
        self.update()

    # Mouse

    def mousePressEvent(self, event) -> None:  # type: ignore[no-untyped-def]
        x, y = event.position().x(), event.position().y()
        placed, corrections = self.placement(), self._panel.corrections
        self.setFocus()
        left = event.button() == Qt.MouseButton.LeftButton
        edge = placed.left + self._viewer.wipe * placed.width * placed.scale
        px, py = placed.to_plate(x, y)
        if left and self._crops:
            self._grip = ("crop", x, y)
        elif left and self._viewer.comparison == "wipe" and abs(x - edge) <= WIPE_REACH and corrections.tool == "look":
            self._grip = ("wipe", x, y)
        elif left and (corrections.tool != "look" or corrections.near(px, py, placed.scale) is not None):
            if placed.holds(px, py):
                corrections.click(px, py, placed.scale)
                self._hint = corrections.chosen
                self._grip = ("hint", x, y)
        else:
            self._grip = ("pan", x, y)

    def mouseMoveEvent(self, event) -> None:  # type: ignore[no-untyped-def]
        x, y = event.position().x(), event.position().y()
        placed = self.placement()
        if self._grip is None:
            px, py = placed.to_plate(x, y)
            if placed.holds(px, py):
                self._viewer.read_pixel(int(px + 0.5), int(py + 0.5))
            return
        kind, x0, y0 = self._grip
        if kind == "crop":
            self._drag_crop(x, y)
        elif kind == "wipe":
            self._viewer.set_wipe(placed.share(x, y)[0])
        elif kind == "hint" and self._hint is not None and abs(x - x0) + abs(y - y0) > 3:
            self._panel.corrections.move(self._hint, *placed.to_plate(x, y))
        elif kind == "pan":
            across, down = self._viewer.centre
            wide, high = placed.width * placed.scale, placed.height * placed.scale
            if abs(x - x0) + abs(y - y0) > 1:
                self._viewer.set_zoom(placed.scale, (across - (x - x0) / wide, down - (y - y0) / high))
                self._grip = (kind, x, y)

    def mouseReleaseEvent(self, event: object) -> None:
        if self._grip is not None and self._grip[0] == "hint":
            self._panel.document.settle()
        if self._crop is not None:
            self._panel.stills.crop(self._panel.stills.index, self._crop)
        self._grip = self._hint = self._crop = None

    def mouseDoubleClickEvent(self, event: object) -> None:
        if self._crops:
            self._panel.stills.crop(self._panel.stills.index, None)

    def wheelEvent(self, event) -> None:  # type: ignore[no-untyped-def]
        placed, room = self.placement(), self.rooms()[0]
        turns = event.angleDelta().y() / 120
        if not turns:
            return
        zoom = min(max(placed.scale * 1.25**turns, 0.02), 64.0)
        at = event.position()
        inner = placed._replace(left=placed.left - room.left(), top=placed.top - room.top())
        centre = inner.zoomed_at(at.x() - room.left(), at.y() - room.top(), zoom, (room.width(), room.height()))
        self._viewer.set_zoom(zoom, centre)

    # Files that are dropped

    def dragEnterEvent(self, event) -> None:  # type: ignore[no-untyped-def]
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event) -> None:  # type: ignore[no-untyped-def]
        paths = [url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()]
        self._panel.take_files([path for path in paths if os.path.exists(path)])
        event.acceptProposedAction()


def _room_of(picture: Picture, placed: Placement) -> QRectF:
    """Where a picture is drawn: over the plate, or as large as fits there where its shape is another, as a still's."""
    place = QRectF(placed.left, placed.top, placed.width * placed.scale, placed.height * placed.scale)
    if abs(picture.width / picture.height - placed.width / placed.height) < 0.01:
        return place
    scale = min(place.width() / picture.width, place.height() / picture.height)
    inner = QRectF(0, 0, picture.width * scale, picture.height * scale)
    inner.moveCenter(place.center())
    return inner
