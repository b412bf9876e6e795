"""What can be done with a job of a farm: run it here, show what would be sent, send it."""

from __future__ import annotations

from typing import Callable

from qtpy.QtWidgets import QComboBox, QHBoxLayout, QLineEdit, QToolButton, QVBoxLayout, QWidget

from tinct.ui.models.farm_jobs import ENGINES
from tinct.ui.models.panel import Panel


class FarmStrip(QWidget):
    """The engine, its options, and buttons. ``button`` makes a button of an action."""

    def __init__(self, panel: Panel, button: Callable[[str, str], QToolButton]) -> None:
        super().__init__()
        self._panel = panel
        self.engine = QComboBox(accessibleName="Engine")
        self.engine.addItems(ENGINES)
        self.options = QLineEdit(accessibleName="Options", placeholderText="priority=50 queue=…")
        buttons = QHBoxLayout()
        for name, text in (("run", "Run here"), ("stop", "Stop"), ("show", "Dry run"), ("submit", "Submit")):
            buttons.addWidget(button(f"farm_{name}", text))
        buttons.addStretch(1)
        there = QHBoxLayout()
        there.addWidget(self.engine)
        there.addWidget(self.options, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(there)
        layout.addLayout(buttons)
        self.engine.currentTextChanged.connect(self._set)
        self.options.textChanged.connect(self._set)

    def _set(self, *facts: object) -> None:
        self._panel.farm.set_engine(self.engine.currentText(), self.options.text())
