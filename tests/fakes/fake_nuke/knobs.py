"""Knobs as Nuke has them: typed values, flags, their text in a script, and that only the main thread may touch them."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from fake_nuke.nodes import Node

INVISIBLE = 0x400
STARTLINE = 0x1000
TABBEGINGROUP = 1
TABENDGROUP = -1

changed: list[Callable[[Any, Any], None]] = []
"""Who is told of a knob's new value, with its old one: the list of undo steps."""


def main_thread_only() -> None:
    """Refuse other threads: Nuke crashes or hangs there, at some time."""
    if threading.current_thread() is not threading.main_thread():
        raise RuntimeError("nuke was used from a thread that is not the main one")


class Knob:
    """A knob without a value."""

    SCRIPT_TYPE: ClassVar[int] = 0

    def __init__(self, name: str, label: str | None = None) -> None:
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
            raise ValueError(f"{name!r} is no name of a knob")
        self._name = name
        self._label = label
        self._tooltip = ""
        self._flags = STARTLINE
        self._value: Any = None
        self._expression: str | None = None
        self._node: Node | None = None
        self.user = False

    def Class(self) -> str:
        return type(self).__name__

    def name(self) -> str:
        return self._name

    def label(self) -> str:
        return self._label or ""

    def node(self) -> Node:
        if self._node is None:
            raise ValueError("this knob is in no node")
        return self._node

    def tooltip(self) -> str:
        return self._tooltip

    def setTooltip(self, tooltip: str) -> None:
        self._tooltip = tooltip

    def setFlag(self, flag: int) -> None:
        self._flags |= flag

    def clearFlag(self, flag: int) -> None:
        self._flags &= ~flag

    def getFlag(self, flag: int) -> bool:
        return bool(self._flags & flag)

    def visible(self) -> bool:
        return not self.getFlag(INVISIBLE)

    def value(self) -> Any:
        main_thread_only()
        return self._value

    def getValue(self) -> Any:
        return self.value()

    def setValue(self, value: Any) -> bool:
        main_thread_only()
        new = self.checked(value)
        old = self._value, self._expression
        self._value, self._expression = new, None
        for tell in changed:
            tell(self, old)
        return True

    def put_back(self, old: tuple[Any, str | None]) -> tuple[Any, str | None]:
        """Undo a change; not of Nuke."""
        now = self._value, self._expression
        self._value, self._expression = old
        return now

    def checked(self, value: Any) -> Any:
        """The value as this kind holds it; not of Nuke."""
        raise TypeError(f"{self.Class()} {self._name} takes no value")

    def toScript(self) -> str:
        return "" if self._value is None else str(self._value)

    def fromScript(self, script: str) -> None:
        self.setValue(script)


class Tab_Knob(Knob):
    SCRIPT_TYPE = 20

    def __init__(self, name: str, label: str | None = None, group: int = 0) -> None:
        super().__init__(name, label)
        self.group = group


class Text_Knob(Knob):
    SCRIPT_TYPE = 26

    def __init__(self, name: str, label: str | None = None, value: str = "") -> None:
        super().__init__(name, label)
        self._value = value

    def checked(self, value: Any) -> str:
        return _text(self, value)


class String_Knob(Knob):
    SCRIPT_TYPE = 1

    def __init__(self, name: str, label: str | None = None, value: str = "") -> None:
        super().__init__(name, label)
        self._value = value

    def checked(self, value: Any) -> str:
        return _text(self, value)


class EvalString_Knob(String_Knob):
    """Text in whose brackets is TCL."""

    def evaluate(self) -> str | None:
        text = str(self.value())
        if re.search(r"(?<!\\)[\[\]]", text):
            raise RuntimeError(f"{self._name}: TCL in {text!r}, which this fake does not run")
        return text or None


class File_Knob(EvalString_Knob):
    """A file's name; evaluated it is that of the current frame, unless its ``%04d`` is asked to stay."""

    SCRIPT_TYPE = 2

    def evaluate(self) -> str | None:
        text = super().evaluate()
        return re.sub(r"%0?\d*d", lambda found: found[0] % self.node().application.frame, text) if text else None

    def getEvaluatedValue(self) -> str | None:
        return super().evaluate()


class Script_Knob(String_Knob):
    def command(self) -> str:
        return str(self.value())


class PyScript_Knob(Script_Knob):
    SCRIPT_TYPE = 22


class Array_Knob(Knob):
    """A number, which an expression may give."""

    def setRange(self, low: float, high: float) -> None:
        self.range = (low, high)

    def setExpression(self, expression: str) -> bool:
        main_thread_only()
        old = self._value, self._expression
        self._expression = expression
        for tell in changed:
            tell(self, old)
        return True

    def hasExpression(self) -> bool:
        return self._expression is not None

    def value(self) -> Any:
        main_thread_only()
        if self._expression is not None:
            from fake_nuke.expression import evaluate

            return self.checked(evaluate(self._expression, self.node()))
        return self._value

    def toScript(self) -> str:
        if self._expression is not None:
            return '{"' + self._expression + '"}'
        return super().toScript()

    def fromScript(self, script: str) -> None:
        found = re.fullmatch(r'\{"?(.*?)"?\}', script, re.DOTALL)
        if found:
            self.setExpression(found[1])
        else:
            self.setValue(self.parsed(script))

    def parsed(self, script: str) -> Any:
        return float(script)


class Double_Knob(Array_Knob):
    SCRIPT_TYPE = 7

    def __init__(self, name: str, label: str | None = None) -> None:
        super().__init__(name, label)
        self._value = 0.0

    def checked(self, value: Any) -> float:
        return _number(self, value)


class Int_Knob(Array_Knob):
    SCRIPT_TYPE = 3

    def __init__(self, name: str, label: str | None = None, value: int = 0) -> None:
        super().__init__(name, label)
        self._value = value

    def checked(self, value: Any) -> int:
        return int(_number(self, value))

    def parsed(self, script: str) -> int:
        return int(script)


class BBox_Knob(Array_Knob):
    """Left, bottom, right and top."""

    def __init__(self, name: str, label: str | None = None) -> None:
        super().__init__(name, label)
        self._value = (0.0, 0.0, 0.0, 0.0)

    def checked(self, value: Any) -> tuple[float, ...]:
        if len(value) != 4:
            raise TypeError(f"{self._name} takes four numbers, not {value!r}")
        return tuple(_number(self, one) for one in value)


class Boolean_Knob(Array_Knob):
    SCRIPT_TYPE = 6

    def __init__(self, name: str, label: str | None = None, value: bool = False) -> None:
        super().__init__(name, label)
        self._value = bool(value)

    def checked(self, value: Any) -> bool:
        return bool(_number(self, value))

    def toScript(self) -> str:
        return super().toScript().lower()

    def parsed(self, script: str) -> bool:
        return script == "true"


class Enumeration_Knob(Array_Knob):
    SCRIPT_TYPE = 4

    def __init__(self, name: str, label: str | None, values: Sequence[str]) -> None:
        super().__init__(name, label)
        self._values = list(values)
        self._value = self._values[0]

    def values(self) -> list[str]:
        return list(self._values)

    def setValues(self, values: Sequence[str]) -> None:
        main_thread_only()
        self._values = list(values)
        if self._value not in self._values:
            self._value = self._values[0]

    def numValues(self) -> int:
        return len(self._values)

    def getValue(self) -> float:
        return float(self._values.index(self.value()))

    def checked(self, value: Any) -> str:
        if isinstance(value, int) and not isinstance(value, bool):
            return self._values[value]
        if value not in self._values:
            raise TypeError(f"{self._name} has no {value!r}; it has {self._values}")
        return str(value)

    def parsed(self, script: str) -> str:
        return script


class ColorSpace_Knob(Enumeration_Knob):
    """A Read's colour space: of its default it says which one that is."""

    def __init__(self, name: str, label: str | None, values: Sequence[str], default: str) -> None:
        super().__init__(name, label, [f"default ({default})", *values])

    def checked(self, value: Any) -> str:
        if str(value).startswith("default ("):
            return self._values[0]
        return super().checked(value)


class Channel_Knob(Knob):
    """A layer or a channel that the script knows."""

    SCRIPT_TYPE = 41
    layers: ClassVar[set[str]] = {"none", "rgb", "rgba", "alpha", "all"}

    def __init__(self, name: str, label: str | None = None, value: str = "rgba") -> None:
        super().__init__(name, label)
        self._value = value

    def checked(self, value: Any) -> str:
        if value not in self.layers:
            raise TypeError(f"{self._name}: the script knows no layer {value!r}")
        return str(value)


def _text(knob: Knob, value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{knob.Class()} {knob.name()} takes text, not {value!r}")
    return value


def _number(knob: Knob, value: Any) -> float:
    if not isinstance(value, (int, float)):
        raise TypeError(f"{knob.Class()} {knob.name()} takes numbers, not {value!r}")
    return value
