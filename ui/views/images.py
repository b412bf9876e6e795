"""Pictures as Qt draws them."""

from __future__ import annotations

from collections import OrderedDict
from functools import lru_cache

from qtpy.QtCore import QPointF, QRectF, Qt
from qtpy.QtGui import QColor, QIcon, QImage, QPainter, QPixmap, QPolygonF

from tinct.ui.picture import Picture
from tinct.ui.views.style import FAINT, TEXT, confidence_colour


def to_image(picture: Picture) -> QImage:
    """A copy of ``picture``; one of a single channel in the colours of a confidence."""
    form = QImage.Format.Format_RGB888 if picture.channels == 3 else QImage.Format.Format_Indexed8
    image = QImage(picture.data, picture.width, picture.height, picture.width * picture.channels, form)
    if picture.channels == 1:
        image.setColorTable(_confidence_table())
    return image.convertToFormat(QImage.Format.Format_RGB32)


class Images:
    """Pictures as Qt draws them, of those that were drawn last: they are drawn again whenever one of them comes."""

    def __init__(self, most: int) -> None:
        """Keep so many at most."""
        self._most = most
        self._made: OrderedDict[int, tuple[Picture, QImage]] = OrderedDict()

    def of(self, picture: Picture) -> QImage:
        """`to_image` of ``picture``."""
        known = self._made.get(id(picture))
        if known is None or known[0] is not picture:
            known = self._made[id(picture)] = (picture, to_image(picture))
            if len(self._made) > self._most:
                self._made.popitem(last=False)
        self._made.move_to_end(id(picture))
        return known[1]


@lru_cache(maxsize=1)
def _confidence_table() -> list[int]:
    return [QColor(*confidence_colour(level / 255)).rgb() for level in range(256)]


_SHAPES = {
    "play": (((3, 2), (13, 8), (3, 14)),),
    "pause": (((3, 2), (6.5, 2), (6.5, 14), (3, 14)), ((9.5, 2), (13, 2), (13, 14), (9.5, 14))),
    "next": (((3, 3), (9, 8), (3, 13)), ((10, 3), (12, 3), (12, 13), (10, 13))),
    "previous": (((13, 3), (7, 8), (13, 13)), ((4, 3), (6, 3), (6, 13), (4, 13))),
    "last": (((2, 3), (7, 8), (2, 13)), ((7, 3), (12, 8), (7, 13)), ((12, 3), (14, 3), (14, 13), (12, 13))),
    "first": (((14, 3), (9, 8), (14, 13)), ((9, 3), (4, 8), (9, 13)), ((2, 3), (4, 3), (4, 13), (2, 13))),
}


def icon(name: str) -> QIcon:
    """One of the signs on the transport's buttons."""
    drawn = QIcon()
    for mode, colour in ((QIcon.Mode.Normal, TEXT), (QIcon.Mode.Disabled, FAINT)):
        pixmap = QPixmap(32, 32)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.scale(2, 2)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colour))
        for shape in _SHAPES[name]:
            painter.drawPolygon(QPolygonF([QPointF(*point) for point in shape]))
        painter.end()
        drawn.addPixmap(pixmap, mode)
    return drawn


def draw_fitted(painter: QPainter, image: QImage, room: QRectF) -> QRectF:
    """Draw ``image`` as large as there is room, in the middle; where it lies."""
    scale = min(room.width() / image.width(), room.height() / image.height())
    width, height = image.width() * scale, image.height() * scale
    place = QRectF(room.center().x() - width / 2, room.center().y() - height / 2, width, height)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    painter.drawImage(place, image)
    return place
