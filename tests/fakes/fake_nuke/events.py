"""The main thread's queue, progress bars and steps of undo."""

from __future__ import annotations

import queue
import threading
import time
import traceback
from collections.abc import Callable
from typing import Any, ClassVar

from fake_nuke import knobs
from fake_nuke.knobs import Knob, main_thread_only


class MainThread:
    """Calls that other threads left for the main one, which has them when it handles its events."""

    def __init__(self) -> None:
        self._calls: queue.Queue[Callable[[], None]] = queue.Queue()

    @property
    def waiting(self) -> bool:
        """Whether calls are left; not of Nuke."""
        return not self._calls.empty()

    def post(self, call: Callable[..., Any], args: Any = (), kwargs: dict[str, Any] | None = None) -> None:
        """nuke.executeInMainThread."""
        given = args if isinstance(args, tuple) else (args,)
        self._calls.put(lambda: call(*given, **(kwargs or {})))

    def ask(self, call: Callable[..., Any], args: Any = (), kwargs: dict[str, Any] | None = None) -> Any:
        """nuke.executeInMainThreadWithResult: what the call raises is printed, and the result is None."""
        if threading.current_thread() is threading.main_thread():
            raise AssertionError("executeInMainThreadWithResult in the main thread hangs Nuke")
        done = threading.Event()
        result: list[Any] = [None]

        def run() -> None:
            try:
                result[0] = call(*(args if isinstance(args, tuple) else (args,)), **(kwargs or {}))
            except Exception:
                traceback.print_exc()
            done.set()

        self._calls.put(run)
        done.wait()
        return result[0]

    def run_until(self, wanted: Callable[[], bool], timeout: float = 30.0) -> None:
        """Handle events as a session does that nobody touches."""
        deadline = time.monotonic() + timeout
        while not wanted():
            assert time.monotonic() < deadline, "it did not happen in time"
            try:
                self._calls.get(timeout=0.02)()
            except queue.Empty:
                continue


class ProgressTask:
    """A progress bar: there as long as the object is; any thread may have one."""

    open: ClassVar[list[str]] = []
    seen: ClassVar[list[tuple[int, str]]] = []
    cancel_at: ClassVar[Callable[[str], bool] | None] = None
    """Presses Cancel once a message is one for which it is true."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._progress = 0
        self._cancelled: bool = False
        self.open.append(title)

    def setProgress(self, percent: int) -> None:
        if type(percent) is not int or not 0 <= percent <= 100:
            raise TypeError(f"setProgress takes whole numbers from 0 to 100, not {percent!r}")
        self._progress = percent

    def setMessage(self, text: str) -> None:
        self.seen.append((self._progress, text))
        press = type(self).cancel_at
        if press is not None and press(text):
            self._cancelled = True

    def isCancelled(self) -> bool:
        return self._cancelled

    def __del__(self) -> None:
        if self._title in self.open:
            self.open.remove(self._title)


class Steps:
    """Steps of undo: blocks with a name, and single changes outside them."""

    def __init__(self) -> None:
        self.done: list[tuple[str, list[Callable[[], object]]]] = []
        self._open: list[str] = []
        self._disabled = 0
        knobs.changed.append(self._knob)

    def close(self) -> None:
        knobs.changed.remove(self._knob)

    def note(self, inverse: Callable[[], object], name: str) -> None:
        """A change that ``inverse`` takes back."""
        if self._disabled:
            return
        if not self._open:
            self.done.append((name, [inverse]))
        else:
            self.done[-1][1].append(inverse)

    def begin(self, name: str) -> None:
        if not self._open and not self._disabled:
            self.done.append((name, []))
        self._open.append(name)

    def end(self) -> None:
        self._open.pop()
        if not self._open and self.done and not self.done[-1][1]:
            self.done.pop()

    def disable(self) -> None:
        self._disabled += 1

    def enable(self) -> None:
        self._disabled -= 1

    def undo(self) -> None:
        """Take the last step back."""
        main_thread_only()
        _, inverses = self.done.pop()
        self.disable()
        for inverse in reversed(inverses):
            inverse()
        self.enable()

    def _knob(self, knob: Knob, old: tuple[Any, str | None]) -> None:
        if knob._node is not None:
            self.note(lambda: knob.put_back(old), f"change {knob.name()}")


class Menu:
    """A menu: commands by the way to them."""

    def __init__(self, name: str) -> None:
        self._name = name
        self.entries: dict[str, Menu | str | Callable[[], object]] = {}

    def name(self) -> str:
        return self._name

    def addMenu(self, name: str) -> Menu:
        entry = self.entries.setdefault(name, Menu(name))
        assert isinstance(entry, Menu)
        return entry

    def addCommand(self, name: str, command: str | Callable[[], object] = "") -> None:
        self.entries[name] = command

    def find(self, name: str) -> str | Callable[[], object] | None:
        """What Tab finds by a command's name; not of Nuke."""
        for entry_name, entry in self.entries.items():
            if isinstance(entry, Menu):
                found = entry.find(name)
                if found is not None:
                    return found
            elif entry_name == name:
                return entry
        return None
