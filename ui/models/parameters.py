"""The effect's parameters as the project has them and as the current shot differs: what the properties show."""

from __future__ import annotations

import dataclasses
from typing import Any, NamedTuple

from tinct.plugin.params import PARAMETERS, Parameter, ParameterError, defaults, validated
from tinct.runtime.project import Project, ProjectShot
from tinct.runtime.project.settings import SETTINGS
from tinct.ui.models.document import Document
from tinct.ui.models.messages import Messages
from tinct.ui.models.shot_list import ShotList
from tinct.ui.signal import Signal

ABOUT = "properties"
EDITABLE: tuple[Parameter, ...] = tuple(one for one in PARAMETERS if one.name in SETTINGS or one.name == "mask")
"""Parameters that are set here; stills and hints have places of their own."""


class Value(NamedTuple):
    """A parameter, what counts for the current shot, and whether that is the shot's own."""

    parameter: Parameter
    value: Any
    is_own: bool


class Parameters:
    """``changed``: other values, or another shot's."""

    def __init__(self, document: Document, shots: ShotList, messages: Messages):
        """Of the current shot of ``shots``; changes are those of all selected ones."""
        self.changed = Signal()
        self._document, self._shots, self._messages = document, shots, messages
        shots.chosen.connect(self.changed.emit)
        document.changed.connect(lambda before, after: self.changed.emit())

    def values(self) -> list[Value]:
        """All that can be set, in the order of the list of parameters."""
        shot, project = self._shots.current, self._document.project
        return [self._value(parameter, project, shot) for parameter in EDITABLE]

    def set(self, name: str, value: Any) -> bool:
        """Give a parameter a value in the selected shots; whether it takes it."""
        try:
            checked = validated({name: value})[name]
        except ParameterError as error:
            self._messages.problem(str(error), ABOUT)
            self.changed.emit()
            return False
        self._messages.settle(ABOUT)
        label = _label(name)
        ids = self._shots.selected
        if name == "mask":
            mask = checked or None
            self._document.edit_shots(label, ids, lambda one: dataclasses.replace(one, mask=mask), ("set", name, ids))
            return True
        shared = {**defaults(), **self._document.project.parameters}

        def change(shot: ProjectShot) -> ProjectShot:
            own = {key: kept for key, kept in shot.parameters.items() if key != name}
            if checked != shared[name]:
                own[name] = checked
            return dataclasses.replace(shot, parameters=own)

        self._document.edit_shots(label, ids, change, ("set", name, ids))
        return True

    def set_for_all(self, name: str) -> None:
        """The current shot's value is the project's, and no shot has its own."""
        shot = self._shots.current
        if shot is None or name not in SETTINGS:
            return
        project = self._document.project
        value = {**defaults(), **project.parameters_of(shot)}[name]
        shots = tuple(_without(one, name) for one in project.shots)
        parameters = {**project.parameters, name: value}
        self._document.edit(
            f"{_label(name)} for all shots", dataclasses.replace(project, shots=shots, parameters=parameters)
        )

    def reset(self, name: str) -> None:
        """The selected shots have the project's value again."""
        if name == "mask":
            self.set(name, "")
        else:
            self._document.edit_shots(f"Reset {_label(name)}", self._shots.selected, lambda one: _without(one, name))

    def _value(self, parameter: Parameter, project: Project, shot: ProjectShot | None) -> Value:
        if parameter.name == "mask":
            mask = "" if shot is None or shot.mask is None else shot.mask
            return Value(parameter, mask, bool(mask))
        own = {} if shot is None else shot.parameters
        known = {**defaults(), **project.parameters, **own}
        return Value(parameter, known[parameter.name], parameter.name in own)


def _without(shot: ProjectShot, name: str) -> ProjectShot:
    if name not in shot.parameters:
        return shot
    return dataclasses.replace(shot, parameters={key: one for key, one in shot.parameters.items() if key != name})


def _label(name: str) -> str:
    return next(one.label for one in EDITABLE if one.name == name)
