"""The row of buttons below the timeline: frame, playing, marks, and how fast it plays."""

from __future__ import annotations

from typing import Callable

from qtpy.QtCore import QSize, Qt, QTimer
from qtpy.QtWidgets import QHBoxLayout, QSpinBox, QToolButton, QWidget

from tinct.ui.models.panel import Panel
from tinct.ui.views.images import icon
from tinct.ui.views.quiet import quiet
from tinct.ui.views.soon import Soon
from tinct.ui.views.words import Words

LOOKS = 4
"""How often in a frame's time it is looked whether the next one is due."""


class Transport(QWidget):
    """``button`` makes a button of an action."""

    def __init__(self, panel: Panel, button: Callable[[str, str], QToolButton]) -> None:
        super().__init__()
        self._panel = panel
        self.number = QSpinBox(accessibleName="Frame")
        self.number.setKeyboardTracking(False)
        self.number.setMinimumWidth(7 * self.fontMetrics().horizontalAdvance("0") + 12)
        self.number.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.number.valueChanged.connect(panel.viewer.go_to)
        self.span, self.speed = Words(), Words(Qt.AlignmentFlag.AlignRight)
        self._signs = {True: icon("pause"), False: icon("play")}
        self._is_playing: bool | None = None
        self.play = button("play", "")
        self.play.setIconSize(QSize(14, 14))
        self._lay_out(button)
        self._clock = QTimer(self)
        self._clock.setTimerType(Qt.TimerType.PreciseTimer)
        self._clock.timeout.connect(panel.playback.tick)
        follow = Soon(self._follow, self)
        for signal in (panel.viewer.changed, panel.viewer.moved, panel.playback.changed):
            signal.connect(follow)
        self._follow()

    def _lay_out(self, button: Callable[[str, str], QToolButton]) -> None:
        signs = ("first_frame", "first"), ("previous_frame", "previous"), ("next_frame", "next"), ("last_frame", "last")
        first, previous, following, last = (_sign(button(name, ""), sign) for name, sign in signs)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(3)
        before, after = button("previous_mark", "◂ mark"), button("next_mark", "mark ▸")
        row.addWidget(self.span, 1)
        for widget in (before, first, previous, self.play, self.number, following, last, after):
            row.addWidget(widget)
        row.addWidget(self.speed, 1)

    def _follow(self) -> None:
        viewer, playback = self._panel.viewer, self._panel.playback
        first, last = viewer.range
        with quiet(self.number):
            if (self.number.minimum(), self.number.maximum()) != (first, last):
                self.number.setRange(first, last)
            self.number.setValue(viewer.frame)
        shot = self._panel.shots.current
        loop = "   loop {}–{}".format(*playback.loop) if playback.is_part else ""
        self.span.setText("" if shot is None else f"{shot.name}   {shot.first}–{shot.last}{loop}")
        self.speed.setText(playback.words or f"{float(self._panel.rate):.5g} fps")
        if playback.is_playing != self._is_playing:
            self._is_playing = playback.is_playing
            self.play.setIcon(self._signs[playback.is_playing])
            if playback.is_playing:
                self._clock.start(max(1, int(1000 / LOOKS / self._panel.rate)))
            else:
                self._clock.stop()


def _sign(button: QToolButton, name: str) -> QToolButton:
    button.setIcon(icon(name))
    button.setIconSize(QSize(14, 14))
    return button
