"""What went wrong and what to do: kept in a list, shown where the user looks, never as a dialog."""

from __future__ import annotations

from typing import NamedTuple

from tinct.ui.signal import Signal

MOST = 200


class Message(NamedTuple):
    """``level``: ``note`` or ``problem``; ``about``: what it concerns, a path or the name of a part; ``times``: how
    often it was said in a row."""

    level: str
    text: str
    about: str = ""
    times: int = 1


class Messages:
    """The messages, newest last; one that repeats the last is counted, not added."""

    def __init__(self) -> None:
        self.changed = Signal()
        self._said: list[Message] = []

    @property
    def all(self) -> list[Message]:
        """Every message that is kept."""
        return list(self._said)

    @property
    def latest(self) -> Message | None:
        """The one to show."""
        return self._said[-1] if self._said else None

    def note(self, text: str, about: str = "") -> None:
        """Something worth knowing."""
        self._say(Message("note", text, about))

    def problem(self, text: str, about: str = "") -> None:
        """Something that the user must see."""
        self._say(Message("problem", text, about))

    def settle(self, about: str) -> None:
        """What was said about that is over."""
        kept = [one for one in self._said if one.about != about]
        if len(kept) != len(self._said):
            self._said = kept
            self.changed.emit()

    def _say(self, message: Message) -> None:
        last = self.latest
        if last is not None and last[:3] == message[:3]:
            self._said[-1] = last._replace(times=last.times + 1)
        else:
            self._said = [*self._said[-MOST + 1 :], message]
        self.changed.emit()
