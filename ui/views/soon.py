"""Calls that are made once, however often they are asked for."""

from __future__ import annotations

from typing import Callable

from qtpy.QtCore import QObject, QTimer


class Soon:
    """Makes a call when the events that wait have been dealt with: a frame that comes changes many things at once, and
    what follows them all is drawn up once."""

    def __init__(self, call: Callable[[], None], parent: QObject) -> None:
        """Make ``call`` for as long as ``parent`` lives."""
        self._timer = QTimer(parent)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(call)

    def __call__(self, *facts: object) -> None:
        """Ask for it."""
        if not self._timer.isActive():
            self._timer.start(0)
