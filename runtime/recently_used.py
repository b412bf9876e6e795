"""Things that were made and may be wanted again, within a bound of memory."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, Protocol, TypeVar


class Sized(Protocol):
    """What knows how many bytes it holds, as an array does."""

    @property
    def nbytes(self) -> int: ...


K = TypeVar("K", bound=Hashable)
V = TypeVar("V", bound=Sized)


class RecentlyUsed(Generic[K, V]):
    """Values by key; when they hold more than ``limit`` bytes the least recently used go, but never the last one."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.nbytes = 0
        self._values: OrderedDict[K, V] = OrderedDict()

    def __len__(self) -> int:
        return len(self._values)

    def get(self, key: K, make: Callable[[], V]) -> tuple[V, list[tuple[K, V]]]:
        """The value of ``key``, made if it is not held, and what had to go."""
        value = self._values.get(key)
        if value is None:
            value = self._values[key] = make()
            self.nbytes += value.nbytes
        self._values.move_to_end(key)
        gone = []
        while self.nbytes > self.limit and len(self._values) > 1:
            gone.append(self._values.popitem(last=False))
            self.nbytes -= gone[-1][1].nbytes
        return value, gone
