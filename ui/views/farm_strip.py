"""What can be done with a job of a farm: run it here, show what would be sent, send it."""

from __future__ import annotations

from typing import Callable

from qtpy.QtWidgets import QComboBox, QGridLayout, QHBoxLayout, QLineEdit, QToolButton, QWidget

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
        here = QHBoxLayout()
        here.addWidget(button("farm_run", "Run here"))
        here.addWidget(button("farm_stop", "Stop"))
        here.addStretch(1)
        there = QHBoxLayout()
        there.addWidget(button("farm_show", "What would be sent"))
        there.addWidget(button("farm_submit", "Submit"))
        there.addStretch(1)
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(here, 0, 0, 1, 2)
        layout.addWidget(self.engine, 1, 0)
        layout.addWidget(self.options, 1, 1)
        layout.addLayout(there, 2, 0, 1, 2)
        layout.setColumnStretch(1, 1)
        self.engine.currentTextChanged.connect(self._set)
        self.options.textChanged.connect(self._set)

    def _set(self, *facts: object) -> None:
        self._panel.farm.set_engine(self.engine.currentText(), self.options.text())
