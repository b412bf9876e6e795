"""What a request says, read key by key with its type checked."""

import math
import os
from collections.abc import Mapping
from typing import Any

from tinct.runtime.errors import UsageError


class Fields:
    """The header of a request, or an object in it."""

    def __init__(self, document: object, what: str = "the request") -> None:
        """Take a parsed JSON ``document``, called ``what`` in errors.

        Raises:
            UsageError: it is no object.
        """
        if not isinstance(document, Mapping):
            raise UsageError(f"{what} must be an object")
        self._document: Mapping[str, Any] = document
        self._what = what

    def keys(self) -> set[str]:
        """All that is said."""
        return set(self._document)

    def has(self, key: str) -> bool:
        """Whether ``key`` is there and not null."""
        return self._document.get(key) is not None

    def text(self, key: str) -> str:
        """A text without NUL."""
        value = self._document.get(key)
        if not isinstance(value, str) or "\0" in value:
            raise self._error(key, "a text", value)
        return value

    def whole(self, key: str, *, least: int = -(2**53), most: int = 2**53) -> int:
        """A whole number from ``least`` to ``most``."""
        value = self._document.get(key)
        if type(value) is not int or not least <= value <= most:
            raise self._error(key, "a whole number" if most == 2**53 else f"from {least} to {most}", value)
        return value

    def number(self, key: str, default: float) -> float:
        """A finite number."""
        value = self._document.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise self._error(key, "a number", value)
        return float(value)

    def flag(self, key: str, default: bool) -> bool:
        """True or false."""
        value = self._document.get(key, default)
        if type(value) is not bool:
            raise self._error(key, "true or false", value)
        return value

    def numbers(self, key: str, count: int) -> tuple[float, ...]:
        """``count`` finite numbers."""
        values = self.listed(key)
        if len(values) != count:
            raise self._error(key, f"{count} numbers", values)
        return tuple(Fields({key: value}, self._what).number(key, 0.0) for value in values)

    def inner(self, key: str) -> "Fields":
        """An object."""
        return Fields(self._document.get(key), f"{key!r} of {self._what}")

    def listed(self, key: str) -> list[Any]:
        """A list."""
        value = self._document.get(key)
        if not isinstance(value, list):
            raise self._error(key, "a list", value)
        return value

    def _error(self, key: str, wanted: str, value: object) -> UsageError:
        return UsageError(f"{key!r} of {self._what} is {str(value)[:80]!r} and must be {wanted}")


def whole_path(fields: Fields, key: str) -> str:
    """A path that means the same in the worker's folder as in the client's.

    Raises:
        UsageError: it does not, or is none.
    """
    path = fields.text(key)
    if not os.path.isabs(path):
        raise UsageError(f"the path {path[:200]!r} is not absolute; the worker does not share the client's folder")
    return path
