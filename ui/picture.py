"""Pictures as they come from the worker, and a store of them with a bound."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import Any, Callable, NamedTuple


class Picture(NamedTuple):
    """An 8-bit picture: ``channels`` 3 (sRGB-encoded RGB) or 1, rows from the top, without padding."""

    width: int
    height: int
    channels: int
    data: bytes

    @classmethod
    def of(cls, array: Any) -> Picture:
        """From a memoryview (h, w, 3) or (h, w) of uint8."""
        view = memoryview(array)
        assert view.shape is not None
        channels = view.shape[2] if view.ndim == 3 else 1
        return cls(view.shape[1], view.shape[0], channels, view.tobytes())

    def pixel(self, x: int, y: int) -> tuple[int, ...]:
        """Its values at a column and a row, 0..255."""
        start = (y * self.width + x) * self.channels
        return tuple(self.data[start : start + self.channels])


class Kept:
    """What was used last, up to so many bytes. From any thread."""

    def __init__(self, most_bytes: int) -> None:
        self._most, self._bytes = most_bytes, 0
        self._entries: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def held_bytes(self) -> int:
        """Bytes of all that is kept."""
        return self._bytes

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, key: Hashable) -> bool:
        return key in self._entries

    def peek(self, key: Hashable) -> Any:
        """What is kept under ``key``, or None; that is no use of it."""
        with self._lock:
            return self._entries.get(key, (None, 0))[0]

    def get(self, key: Hashable) -> Any:
        """What is kept under ``key``, or None."""
        with self._lock:
            entry = self._entries.get(key)
            if entry is None:
                return None
            self._entries.move_to_end(key)
            return entry[0]

    def put(self, key: Hashable, value: Any, size: int) -> None:
        """Keep ``value`` of ``size`` bytes; the least recently used give way. The newest stays whatever its size."""
        with self._lock:
            self._bytes += size - self._entries.pop(key, (None, 0))[1]
            self._entries[key] = (value, size)
            while self._bytes > self._most and len(self._entries) > 1:
                self._bytes -= self._entries.popitem(last=False)[1][1]

    def drop(self, unwanted: Callable[[Any], bool]) -> None:
        """Let go of what is kept under keys that are ``unwanted``."""
        with self._lock:
            for key in [key for key in self._entries if unwanted(key)]:
                self._bytes -= self._entries.pop(key)[1]

    def clear(self) -> None:
        """Let everything go."""
        with self._lock:
            self._entries.clear()
            self._bytes = 0
