"""Windows for scripts, as UIManager and UIDispatcher have them: what is in a window, and a person who clicks in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

FIELDS: dict[str, set[str]] = {
    "VGroup": set(),
    "HGroup": set(),
    "Label": {"ID", "Text"},
    "LineEdit": {"ID", "Text", "ToolTip"},
    "TextEdit": {"ID", "PlainText", "ToolTip"},
    "SpinBox": {"ID", "Value", "Minimum", "Maximum", "ToolTip"},
    "DoubleSpinBox": {"ID", "Value", "Minimum", "Maximum", "SingleStep", "Decimals", "ToolTip"},
    "CheckBox": {"ID", "Text", "Checked", "ToolTip"},
    "ComboBox": {"ID", "ToolTip"},
    "Button": {"ID", "Text"},
}
"""Attributes of each kind of element."""


class Element:
    """A label, a field, a button, or a group of them."""

    def __init__(self, kind: str, facts: dict[str, Any], inside: list[Element]) -> None:
        assert set(facts) <= FIELDS[kind], f"{kind} has no {set(facts) - FIELDS[kind]}"
        self.kind, self.inside = kind, inside
        self.facts = facts
        self.choices: list[str] = []
        self.CurrentIndex = -1
        for name, value in facts.items():
            setattr(self, name, value)

    @property
    def CurrentText(self) -> str:
        assert self.kind == "ComboBox"
        return self.choices[self.CurrentIndex]

    def AddItem(self, text: str) -> None:
        assert self.kind == "ComboBox"
        self.choices.append(text)

    def named(self) -> dict[str, Element]:
        found = {self.facts["ID"]: self} if "ID" in self.facts else {}
        for one in self.inside:
            found.update(one.named())
        return found


class UIManager:
    """Makes elements."""

    def __getattr__(self, kind: str) -> Callable[..., Element]:
        if kind not in FIELDS:
            raise AttributeError(kind)

        def make(*given: Any) -> Element:
            facts = next((one for one in given if isinstance(one, dict)), {})
            inside = next((one for one in given if isinstance(one, list)), [])
            return Element(kind, facts, inside)

        return make


class Handlers:
    """What a window does at a click or when it is closed."""

    Clicked: Callable[[Any], None] | None = None
    Close: Callable[[Any], None] | None = None


class Window:
    """A window."""

    def __init__(self, facts: dict[str, Any], inside: list[Element]) -> None:
        self.facts = facts
        self.items = {name: item for one in inside for name, item in one.named().items()}
        self.On = {name: Handlers() for name in (*self.items, facts["ID"])}
        self.shown = False

    def GetItems(self) -> dict[str, Element]:
        return self.items

    def Show(self) -> None:
        self.shown = True

    def Hide(self) -> None:
        self.shown = False


class Person:
    """``bmd`` of a script, and the person before the screen: ``acts`` on each window, which must end its loop."""

    def __init__(self, acts: Callable[[Window], None]) -> None:
        self.acts = acts
        self.windows: list[Window] = []
        self.ended = False

    def UIDispatcher(self, manager: UIManager) -> Person:
        return self

    def AddWindow(self, facts: dict[str, Any], inside: list[Element]) -> Window:
        self.windows.append(Window(facts, inside))
        return self.windows[-1]

    def RunLoop(self) -> None:
        assert self.windows[-1].shown
        self.acts(self.windows[-1])
        assert self.ended, "the window is still open"

    def ExitLoop(self) -> None:
        self.ended = True


def click(window: Window, name: str) -> None:
    """Click the button ``name``."""
    handler = window.On[name].Clicked
    assert handler is not None
    handler({"who": name})
