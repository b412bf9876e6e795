"""*Settings*: a dialog made from the parameters where Resolve has one to offer (UIManager: Studio, and the free version
before 19.1); elsewhere the settings' file is named, which is the same in other clothes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Callable

from tinct.plugin.params import (
    PARAMETERS,
    Parameter,
    ParameterError,
    StillInForce,
    format_stills,
    parse_stills,
    validated,
)
from tinct.plugin.resolve.api import Application
from tinct.plugin.resolve.connect import open_project
from tinct.plugin.resolve.errors import SettingsError
from tinct.plugin.resolve.project_folder import folder_of
from tinct.plugin.resolve.settings import CHOICES, NOT_HERE, RESULTS, Settings, checked, read_settings, write_settings

WINDOW = "TinctSettings"
SAVE, CANCEL, MESSAGE = "Save", "Cancel", "Message"
SHOWN = ("Double", "Integer", "Boolean", "Choice", "String")
PLACES: tuple[Parameter, ...] = (
    Parameter("clips", "Choice", "Clips", "Which clips are coloured.", choices=CHOICES),
    Parameter("clip_colour", "String", "Clip colour", "The colour that chooses clips."),
    Parameter("result", "Choice", "Result", "Where the result goes.", choices=RESULTS),
    Parameter("track_name", "String", "Track", "Name of the track for results."),
    Parameter("handles", "Integer", "Handles", "Frames coloured before and after each clip.", 0, 0, 1000),
    Parameter("codec", "String", "Codec", "Of movies; empty is ProRes 422 HQ."),
    Parameter("results_folder", "String", "Results", "Folder of the results; empty is the project's own."),
    Parameter("wait", "Double", "Wait", "Seconds that the script follows the work.", 0.0, 0.0, 86400.0),
    Parameter("mark_progress", "Boolean", "Markers", "A marker on each clip that is being coloured."),
)
"""What is Resolve's own, in the manner of parameters."""
MAY_BE_NONE = ("codec", "results_folder")


def edit_settings(application: Application, tell: Callable[[str], None], given: Mapping[str, Any]) -> bool:
    """Let a person edit the open project's settings; whether they were changed.

    ``given``: globals of the menu's script, where ``bmd`` makes windows.

    Raises:
        NothingToDo: no project is open.
        SettingsError: the settings' file cannot be read.
    """
    path = folder_of(open_project(application)).settings
    settings = read_settings(path)
    fusion = getattr(application, "Fusion", None)
    manager = getattr(fusion(), "UIManager", None) if callable(fusion) else None
    maker = given.get("bmd")
    if manager is None or maker is None:
        tell(f"this version has no dialogs for scripts; edit {path} in a text editor")
        return False
    changed = _SettingsDialog(manager, maker.UIDispatcher(manager), settings, path).run()
    if changed is None:
        return False
    write_settings(path, changed)
    tell(f"settings are saved in {path}")
    return True


class _SettingsDialog:
    """One window: a row for each setting and parameter, what is wrong with them, and two buttons."""

    def __init__(self, manager: Any, dispatcher: Any, settings: Settings, path: str) -> None:
        self._dispatcher, self._settings, self._path = dispatcher, settings, path
        self._result: Settings | None = None
        rows = [self._row(manager, one, getattr(settings, one.name)) for one in PLACES]
        rows += [self._row(manager, one, settings.parameters[one.name]) for one in _parameters()]
        stills = manager.TextEdit({"ID": "stills", "PlainText": _as_lines(settings.parameters["stills"])})
        rows.append(manager.HGroup([manager.Label({"Text": "Stills, a file a line, @ and a frame"}), stills]))
        rows.append(manager.Label({"ID": MESSAGE, "Text": ""}))
        buttons = [manager.Button({"ID": name, "Text": name}) for name in (SAVE, CANCEL)]
        facts = {"ID": WINDOW, "WindowTitle": "Tinct", "Geometry": [200, 100, 560, 860]}
        self._window = dispatcher.AddWindow(facts, [manager.VGroup([*rows, manager.HGroup(buttons)])])
        self._items = self._window.GetItems()
        for one in (*PLACES, *_parameters()):
            if one.kind == "Choice":
                value = getattr(settings, one.name) if one in PLACES else settings.parameters[one.name]
                for choice in one.choices:
                    self._items[one.name].AddItem(choice)
                self._items[one.name].CurrentIndex = one.choices.index(value)
        self._window.On[SAVE].Clicked = self._save
        self._window.On[CANCEL].Clicked = self._close
        self._window.On[WINDOW].Close = self._close

    def run(self) -> Settings | None:
        """Show the window until it is closed; the settings, or None where they stay as they were."""
        self._window.Show()
        self._dispatcher.RunLoop()
        self._window.Hide()
        return self._result

    def _row(self, manager: Any, one: Parameter, value: Any) -> Any:
        facts = {"ID": one.name, "ToolTip": one.hint}
        if one.kind == "Choice":
            field = manager.ComboBox(facts)
        elif one.kind == "Boolean":
            field = manager.CheckBox({**facts, "Text": one.hint, "Checked": bool(value)})
        elif one.kind == "Integer":
            field = manager.SpinBox({**facts, "Minimum": one.minimum, "Maximum": one.maximum, "Value": value})
        elif one.kind == "Double":
            ends = {"Minimum": one.minimum, "Maximum": one.maximum, "SingleStep": 0.1, "Decimals": 2}
            field = manager.DoubleSpinBox({**facts, **ends, "Value": value})
        else:
            field = manager.LineEdit({**facts, "Text": "" if value is None else str(value)})
        return manager.HGroup([manager.Label({"Text": one.label}), field])

    def _value(self, one: Parameter) -> Any:
        item = self._items[one.name]
        if one.kind == "Choice":
            return item.CurrentText
        if one.kind == "Boolean":
            return bool(item.Checked)
        if one.kind in ("Integer", "Double"):
            return int(item.Value) if one.kind == "Integer" else float(item.Value)
        text = str(item.Text).strip()
        return None if one.name in MAY_BE_NONE and not text else text

    def _save(self, event: Any) -> None:
        """Close with what the fields say, or say what is wrong with it."""
        try:
            parameters = dict(self._settings.parameters)
            parameters.update({one.name: self._value(one) for one in _parameters()})
            parameters["stills"] = format_stills(_from_lines(str(self._items["stills"].PlainText)))
            places = {one.name: self._value(one) for one in PLACES}
            self._result = checked({**places, "parameters": validated(parameters)}, self._path)
        except (ParameterError, SettingsError) as error:
            self._items[MESSAGE].Text = str(error)
            return
        self._dispatcher.ExitLoop()

    def _close(self, event: Any) -> None:
        self._dispatcher.ExitLoop()


def _parameters() -> list[Parameter]:
    return [one for one in PARAMETERS if one.kind in SHOWN and one.name not in NOT_HERE]


def _as_lines(text: str) -> str:
    return "\n".join(
        still.path if still.frame is None else f"{still.path} @{still.frame}" for still in parse_stills(text)
    )


def _from_lines(text: str) -> list[StillInForce]:
    """A still a line: its file, and where it does not hold from the start, a blank, ``@`` and the frame."""
    stills = []
    for line in filter(None, (line.strip() for line in text.splitlines())):
        path, sign, frame = line.rpartition(" @")
        if sign and frame.lstrip("-").isdigit():
            stills.append(StillInForce(path.strip(), int(frame)))
        else:
            stills.append(StillInForce(line))
    return stills
