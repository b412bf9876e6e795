"""The properties of the selected shots, made from the list of parameters."""

from __future__ import annotations

from typing import Any

from qtpy.QtCore import Qt
from qtpy.QtWidgets import (
    QDoubleSpinBox,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QScrollArea,
    QSlider,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from tinct.plugin.params import PARAMETERS, Parameter
from tinct.ui.models.panel import Panel
from tinct.ui.models.parameters import EDITABLE, Value
from tinct.ui.views.quiet import quiet

SLIDER_STEPS = 400


class NumberField(QWidget):
    """A number; with a slider where it is a fraction."""

    def __init__(self, parameter: Parameter, panel: Panel) -> None:
        super().__init__()
        self._panel, self._parameter = panel, parameter
        is_whole = parameter.kind == "Integer"
        self.box = QSpinBox() if is_whole else QDoubleSpinBox()
        low, high = parameter.minimum or 0, parameter.maximum or 0
        self.box.setRange(int(low) if is_whole else low, int(high) if is_whole else high)
        self.box.setKeyboardTracking(False)
        self.box.setAccessibleName(parameter.label)
        if parameter.name == "workingSize":
            self.box.setSpecialValueText("the model's")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        self.slider: QSlider | None = None
        if not is_whole:
            self.box.setSingleStep(0.05)
            self.slider = QSlider(Qt.Orientation.Horizontal)
            self.slider.setRange(0, SLIDER_STEPS)
            self.slider.setAccessibleName(parameter.label)
            self.slider.valueChanged.connect(lambda step: self._set(round(low + (high - low) * step / SLIDER_STEPS, 2)))
            self.slider.sliderReleased.connect(panel.document.settle)
            layout.addWidget(self.slider, 1)
        layout.addWidget(self.box, 0 if self.slider else 1)
        self.box.valueChanged.connect(self._set)

    def show_value(self, value: Any) -> None:
        """Show it without setting it."""
        with quiet(self.box):
            self.box.setValue(value)
        if self.slider is not None:
            low, high = self._parameter.minimum or 0, self._parameter.maximum or 1
            with quiet(self.slider):
                self.slider.setValue(round((value - low) / (high - low) * SLIDER_STEPS))

    def _set(self, value: float) -> None:
        self._panel.parameters.set(self._parameter.name, value)


class TextField(QWidget):
    """A text; with a button that looks for a file where it names one."""

    def __init__(self, parameter: Parameter, panel: Panel) -> None:
        super().__init__()
        self._panel, self._parameter = panel, parameter
        self.line = QLineEdit()
        self.line.setAccessibleName(parameter.label)
        self.line.setPlaceholderText({"mask": "none", "ocio": "$OCIO"}.get(parameter.name, "by its tags"))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.line, 1)
        if parameter.name in ("mask", "ocio"):
            choose = QToolButton(text="…")
            choose.setAccessibleName(f"Choose {parameter.label}")
            choose.clicked.connect(self._choose)
            layout.addWidget(choose)
        self.line.editingFinished.connect(self._set)

    def show_value(self, value: Any) -> None:
        """Show it without setting it."""
        if self.line.text() != value and not (self.line.hasFocus() and self.line.isModified()):
            self.line.setText(value)

    def _set(self) -> None:
        if self.line.isModified():
            self.line.setModified(False)
            self._panel.parameters.set(self._parameter.name, self.line.text())

    def _choose(self) -> None:
        path = QFileDialog.getOpenFileName(self, self._parameter.label)[0]
        if path:
            self._panel.parameters.set(self._parameter.name, path)


class ParameterView(QScrollArea):
    """A row for each parameter: name, field, and a sign where the shot has its own value, which takes it back."""

    def __init__(self, panel: Panel) -> None:
        super().__init__()
        self._panel = panel
        self.setWidgetResizable(True)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        inner = QWidget()
        outer = QVBoxLayout(inner)
        outer.setContentsMargins(8, 8, 8, 8)
        self._words = QLabel(objectName="dim", wordWrap=True)
        outer.addWidget(self._words)
        grid = QGridLayout()
        grid.setVerticalSpacing(5)
        grid.setColumnStretch(1, 1)
        outer.addLayout(grid)
        outer.addStretch(1)
        self.fields: dict[str, NumberField | TextField] = {}
        self._own: dict[str, QToolButton] = {}
        groups = {one.name: one.label for one in PARAMETERS if one.kind == "Group"}
        group, row = None, 0
        for parameter in EDITABLE:
            if parameter.parent != group:
                group = parameter.parent
                heading = QLabel(groups.get(group or "", ""), objectName="heading")
                heading.setContentsMargins(0, 6 if row else 0, 0, 0)
                grid.addWidget(heading, row, 0, 1, 3)
                row += 1
            self._add(grid, row, parameter)
            row += 1
        self.setWidget(inner)
        panel.parameters.changed.connect(self._follow)
        self._follow()

    def _add(self, grid: QGridLayout, row: int, parameter: Parameter) -> None:
        kind = NumberField if parameter.kind in ("Double", "Integer") else TextField
        field = self.fields[parameter.name] = kind(parameter, self._panel)
        name = QLabel(parameter.label)
        name.setToolTip(parameter.hint)
        field.setToolTip(parameter.hint)
        own = self._own[parameter.name] = QToolButton(text="↺", objectName="small")
        own.setAccessibleName(f"Reset {parameter.label}")
        own.setToolTip("This shot has a value of its own: click to take the project's again")
        own.clicked.connect(lambda *ignored, name=parameter.name: self._panel.parameters.reset(name))
        policy = own.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        own.setSizePolicy(policy)
        grid.addWidget(name, row, 0)
        grid.addWidget(field, row, 1)
        grid.addWidget(own, row, 2)

    def _follow(self) -> None:
        count = len(self._panel.shots.selected)
        self._words.setText(f"of {count} selected shots" if count > 1 else "")
        self._words.setVisible(count > 1)
        self.setEnabled(count > 0)
        values: list[Value] = self._panel.parameters.values()
        for one in values:
            self.fields[one.parameter.name].show_value(one.value)
            self._own[one.parameter.name].setVisible(one.is_own)
