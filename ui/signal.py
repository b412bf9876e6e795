"""How models tell whoever looks at them that something has changed."""

from __future__ import annotations

from typing import Any, Callable


class Signal:
    """Observers of one kind of event; they are called in the order in which they were connected, in the thread that
    emits. One that connects or leaves meanwhile counts from the next event on."""

    def __init__(self) -> None:
        self._observers: list[Callable[..., Any]] = []

    def connect(self, observer: Callable[..., Any]) -> None:
        """Call ``observer`` with what is emitted from now on."""
        self._observers.append(observer)

    def disconnect(self, observer: Callable[..., Any]) -> None:
        """Call it no more; harmless where it was not connected."""
        self._observers = [one for one in self._observers if one != observer]

    def emit(self, *facts: Any) -> None:
        """Tell all observers."""
        for observer in tuple(self._observers):
            observer(*facts)
