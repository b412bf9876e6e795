"""How other threads have calls made by Qt's."""

from __future__ import annotations

from typing import Callable

from qtpy.QtCore import QObject, Qt, Signal


class UiThread(QObject):
    """Lives in the UI thread; `post` may be called from any."""

    _posted = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._posted.connect(self._make, Qt.ConnectionType.QueuedConnection)

    def post(self, call: Callable[[], None]) -> None:
        """Have ``call`` made soon, in order."""
        try:
            self._posted.emit(call)
        except RuntimeError:  # the window is gone, and so is whoever waited
            return

    def _make(self, call: Callable[[], None]) -> None:
        call()
