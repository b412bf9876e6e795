"""How other threads have calls made by Qt's."""

from __future__ import annotations

import time
from collections import deque
from typing import Callable

from qtpy.QtCore import QObject, Qt, QTimer, Signal

TURN_S = 0.008
"""How long calls are made for in a row: what comes from keys and mouse, and painting, wait no longer than that."""


class UiThread(QObject):
    """Lives in the UI thread; `post` may be called from any."""

    _posted = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._calls: deque[Callable[[], None]] = deque()
        self._next = QTimer(self)
        self._next.setSingleShot(True)
        self._next.timeout.connect(self._make)
        self._posted.connect(self._make, Qt.ConnectionType.QueuedConnection)

    def post(self, call: Callable[[], None]) -> None:
        """Have ``call`` made soon, in order."""
        self._calls.append(call)
        try:
            self._posted.emit()
        except RuntimeError:  # the window is gone, and so is whoever waited
            return

    def _make(self) -> None:
        """Make calls for a turn; the rest after what else waits for the thread."""
        if self._next.isActive():
            return
        end = time.monotonic() + TURN_S
        while self._calls:
            self._calls.popleft()()
            if self._calls and time.monotonic() >= end:
                self._next.start(0)
                return
