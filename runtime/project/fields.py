"""Fields of a JSON document, read with their places, so that a message can say which one is wrong."""

from __future__ import annotations

import math
from typing import Any, Callable, TypeVar

from tinct.runtime.errors import ProjectError

Made = TypeVar("Made")
MOST = 1 << 53
"""Whole numbers beyond this are no frames; JSON readers elsewhere round them."""


class Entry:
    """An object of the document, and its ``place`` in it, empty for the document itself."""

    def __init__(self, value: Any, place: str = "") -> None:
        """For ``value``.

        Raises:
            ProjectError: it is no object.
        """
        if not isinstance(value, dict):
            raise ProjectError(f"{place or 'the file'} holds {_short(value)} and must hold an object, in braces")
        self._value, self._place = value, place
        self._asked: set[str] = set()

    def rest(self) -> dict[str, Any]:
        """The fields that were not asked for."""
        return {name: value for name, value in self._value.items() if name not in self._asked}

    def at(self, name: str) -> str:
        """Place of the field ``name``."""
        return f"{self._place}.{name}" if self._place else name

    def has(self, name: str) -> bool:
        """Whether the field ``name`` is there and holds something."""
        self._asked.add(name)
        return self._value.get(name) is not None

    def text(self, name: str, default: str | None = None) -> str:
        """A text; ``default`` where it is missing.

        Raises:
            ProjectError: it is none, or is missing and has no default.
        """
        value = self._given(name, default)
        if not isinstance(value, str):
            raise self.wrong(name, "a text")
        return value

    def text_or_none(self, name: str) -> str | None:
        """A text, or None where it is missing or null."""
        return self.text(name) if self.has(name) else None

    def whole(self, name: str, default: int | None = None) -> int:
        """A whole number.

        Raises:
            ProjectError: it is none.
        """
        value = self._given(name, default)
        if type(value) is not int or abs(value) > MOST:
            raise self.wrong(name, "a whole number")
        return value

    def number(self, name: str, default: float | None = None) -> float:
        """A number.

        Raises:
            ProjectError: it is none.
        """
        return number_of(self._given(name, default), self.at(name))

    def object(self, name: str) -> dict[str, Any]:
        """An object, empty where it is missing.

        Raises:
            ProjectError: it is none.
        """
        value = self._value.get(name, {})
        self._asked.add(name)
        if not isinstance(value, dict):
            raise self.wrong(name, "an object, in braces")
        return value

    def numbers(self, name: str, count: int) -> tuple[float, ...]:
        """A list of ``count`` numbers.

        Raises:
            ProjectError: it is none.
        """
        value = self._given(name, None)
        if not isinstance(value, list) or len(value) != count:
            raise self.wrong(name, f"a list of {count} numbers")
        return tuple(number_of(one, f"{self.at(name)}[{index}]") for index, one in enumerate(value))

    def listed(self, name: str) -> list[tuple[str, Any]]:
        """Place and value of each entry of a list, empty where that is missing.

        Raises:
            ProjectError: it is no list.
        """
        value = self._value.get(name, [])
        self._asked.add(name)
        if not isinstance(value, list):
            raise self.wrong(name, "a list, in brackets")
        return [(f"{self.at(name)}[{index}]", one) for index, one in enumerate(value)]

    def made(self, make: Callable[[], Made]) -> Made:
        """What ``make`` gives; its error is told with this object's place."""
        try:
            return make()
        except ProjectError as error:
            raise ProjectError(f"{self._place}.{error}" if self._place else str(error)) from None

    def wrong(self, name: str, must: str) -> ProjectError:
        """The error that the field ``name`` is not what it must be."""
        if self._value.get(name) is None:
            return ProjectError(f"{self.at(name)} is missing and must be {must}")
        return ProjectError(f"{self.at(name)} is {_short(self._value[name])} and must be {must}")

    def _given(self, name: str, default: Any) -> Any:
        self._asked.add(name)
        value = self._value.get(name)
        return default if value is None else value


def number_of(value: Any, place: str) -> float:
    """``value`` as a number.

    Raises:
        ProjectError: it is none, or not finite.
    """
    if type(value) not in (int, float) or abs(value) > MOST or not math.isfinite(value):
        what = "is missing" if value is None else f"is {_short(value)}"
        raise ProjectError(f"{place} {what} and must be a number")
    return float(value)


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
