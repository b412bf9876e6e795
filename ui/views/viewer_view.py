"""The viewer: ways of looking above, the picture, what is under the pointer, and the timeline with its buttons."""

from __future__ import annotations

from typing import Callable

from qtpy.QtCore import QSize, Qt
from qtpy.QtGui import QColor, QPixmap
from qtpy.QtWidgets import QComboBox, QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from tinct.ui.models.frames import PixelFacts
from tinct.ui.models.panel import Panel
from tinct.ui.models.thumbnails import Wanted
from tinct.ui.models.viewer import AGAINST, COMPARISONS, MODES, screen_colour
from tinct.ui.readout import pixel_text
from tinct.ui.views.canvas import Canvas
from tinct.ui.views.quiet import quiet
from tinct.ui.views.soon import Soon
from tinct.ui.views.timeline import Timeline
from tinct.ui.views.transport import Transport
from tinct.ui.views.words import Words

Button = Callable[[str, str], QToolButton]


class ViewerView(QWidget):
    """``button`` makes a button of an action."""

    def __init__(self, panel: Panel, button: Button) -> None:
        super().__init__()
        self._panel = panel
        self.canvas = Canvas(panel)
        self.timeline = Timeline(panel)
        self.readout, self.state = Words(), Words(Qt.AlignmentFlag.AlignRight)
        self.swatch = button("choose_colour", "")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 8, 4, 8)
        layout.setSpacing(6)
        layout.addLayout(self._ways(button))
        layout.addWidget(self.canvas, 1)
        below = _line(self.readout, self.state)
        below.setStretch(0, 3)
        below.setStretch(1, 2)
        layout.addLayout(below)
        layout.addWidget(self.timeline)
        self.transport = Transport(panel, button)
        layout.addWidget(self.transport)
        self._colour: object = None
        follow, follow_still = Soon(self._follow, self), Soon(self._follow_still, self)
        panel.viewer.changed.connect(follow)
        panel.viewer.moved.connect(follow)
        panel.viewer.pixel.connect(self._show_pixel)
        panel.corrections.changed.connect(self._follow_colour)
        panel.stills.changed.connect(follow_still)
        panel.corrections.changed.connect(follow_still)
        panel.thumbnails.came.connect(follow_still)
        self._follow()
        self._follow_colour()

    def _ways(self, button: Button) -> QHBoxLayout:
        self.against = QComboBox()
        self.against.addItems(list(AGAINST))
        self.against.setAccessibleName("Compare with")
        self.against.setToolTip("What the result is compared with")
        self.against.currentTextChanged.connect(
            lambda text: self._panel.viewer.compare(self._panel.viewer.comparison, text)
        )
        looks = [button(f"look_{mode}", mode.capitalize()) for mode in MODES]
        compares = [button(f"compare_{one.replace(' ', '_')}", one.capitalize()) for one in COMPARISONS if one != "off"]
        tools = [button("tool_pick", "Pick"), button("tool_hint", "Hint"), self.swatch]
        return _line(*looks, None, *compares, self.against, None, *tools, gap=3)

    def _follow(self) -> None:
        viewer = self._panel.viewer
        with quiet(self.against):
            self.against.setCurrentText(viewer.against)
        self.against.setEnabled(viewer.comparison != "off")
        self._follow_state()

    def _follow_state(self) -> None:
        viewer = self._panel.viewer
        seen = viewer.seen
        parts = []
        if viewer.is_current and seen is not None:
            parts.append("the plate: no still is in force" if seen.confidence is None else "as a pass gives it")
            if seen.confidence is not None:
                parts.append(f"confidence {seen.confidence:.2f}")
        elif viewer.mark in ("preview", "rendering"):
            parts.append(viewer.mark)
        if seen is not None:
            parts.append(f"{seen.plate.width} × {seen.plate.height}")
            scale = self.canvas.placement().scale
            parts.append(f"{scale:.0%}" if viewer.zoom else f"fit {scale:.0%}")
        self.state.setText("   ".join(parts))

    def _show_pixel(self, told: PixelFacts) -> None:
        seen = self._panel.viewer.seen
        if seen is not None:
            self.readout.setText(pixel_text(told.x, told.y, told.facts, seen.plate.bit_depth, seen.plate.is_float))

    def _follow_colour(self) -> None:
        if self._panel.corrections.colour == self._colour:
            return
        self._colour = self._panel.corrections.colour
        pixmap = QPixmap(28, 14)
        pixmap.fill(QColor(screen_colour(self._panel.corrections.colour)))
        self.swatch.setIcon(pixmap)
        self.swatch.setIconSize(QSize(28, 14))

    def _follow_still(self) -> None:
        still = self._panel.stills.chosen
        if still is None:
            wanted = None
        elif self._panel.corrections.tool == "crop":  # all of it, to choose a part of
            wanted = Wanted(still.path, self._panel.frames.size)
        else:
            wanted = Wanted(still.path, self._panel.frames.size, crop=still.crop, turn=still.turn)
        picture = None if wanted is None else self._panel.thumbnails.get(wanted)
        if picture is not self._panel.viewer.still:
            self._panel.viewer.show_still(picture)


def _line(*widgets: QWidget | None, gap: int = 6) -> QHBoxLayout:
    line = QHBoxLayout()
    line.setSpacing(gap)
    for widget in widgets:
        if widget is None:
            line.addStretch(1)
        else:
            line.addWidget(widget)
    return line
