"""Work off the UI thread: one thread for each kind of it, what was asked for last done first."""

from __future__ import annotations

import queue
import threading
import time
from collections import OrderedDict
from collections.abc import Hashable, Iterator, Sequence
from typing import Any, Callable, NamedTuple

PATIENCE_S = 1.0
"""How long work waits for lanes that go before it."""

Post = Callable[[Callable[[], None]], None]
"""Has a call made by the UI thread, soon, in order."""
Stale = Callable[[], bool]
Work = Callable[[Stale], Iterator[Any]]
"""Gives results one after the other; may ask ``stale`` in between and stop."""


class StaleError(Exception):
    """Work stops: nobody waits for it any more."""


class _Asked(NamedTuple):
    key: Hashable
    work: Work
    done: Callable[[Any], None]
    failed: Callable[[Exception], None]


class Lane:
    """A thread that does what it is asked to, the newest first. At most ``waiting`` requests wait; of more the oldest
    are let go of, and their ``dropped`` is told. Work is begun while none of the lanes that it ``yields_to`` is busy,
    or after `PATIENCE_S`."""

    def __init__(
        self,
        name: str,
        post: Post,
        waiting: int = 1,
        dropped: Callable[[Hashable], None] | None = None,
        yields_to: Sequence[Lane] = (),
    ):
        """See the class; ``post`` hands results to the UI thread."""
        self._post, self._waiting, self._dropped, self._yields_to = post, waiting, dropped, tuple(yields_to)
        self._asked: OrderedDict[Hashable, _Asked] = OrderedDict()
        self._wake = threading.Condition()
        self._newest = 0
        self._closed = False
        self._now: Hashable = None
        self._thread = threading.Thread(target=self._run, name=f"tinct {name}", daemon=True)
        self._thread.start()

    @property
    def is_busy(self) -> bool:
        """Whether anything is being done or waits."""
        with self._wake:
            return bool(self._asked) or self._now is not None

    def ask(
        self,
        key: Hashable,
        work: Work,
        done: Callable[[Any], None],
        failed: Callable[[Exception], None],
        supersedes: bool = False,
    ) -> None:
        """Do ``work`` next; what waits under the same ``key`` is replaced.

        Args:
            key: names the request; not None.
            work: runs in the lane's thread.
            done: called in the UI thread with each result.
            failed: called in the UI thread with the error that ended the work.
            supersedes: nothing that was asked for before is wanted any more, and what is under way is stale.
        """
        with self._wake:
            if supersedes:
                self._newest += 1
                self._asked.clear()
            self._asked.pop(key, None)
            self._asked[key] = _Asked(key, work, done, failed)
            gone = [self._asked.popitem(last=False)[0] for _ in range(len(self._asked) - self._waiting)]
            self._wake.notify()
        if self._dropped is not None:
            for one in gone:
                self._dropped(one)

    def forget(self) -> None:
        """Nothing that waits is wanted any more, and what is under way is stale."""
        with self._wake:
            self._newest += 1
            self._asked.clear()

    def close(self, seconds: float = 10.0) -> None:
        """Stop after what is under way."""
        with self._wake:
            self._closed = True
            self._newest += 1
            self._asked.clear()
            self._wake.notify()
        if threading.current_thread() is not self._thread:
            self._thread.join(seconds)

    def _run(self) -> None:
        while True:
            with self._wake:
                self._now = None
                while not self._asked and not self._closed:
                    self._wake.wait()
                patience = time.monotonic() + PATIENCE_S
                while not self._closed and any(lane.is_busy for lane in self._yields_to):
                    if time.monotonic() > patience:
                        break
                    self._wake.wait(0.02)
                if self._closed:
                    return
                if not self._asked:  # forgotten meanwhile
                    continue
                self._now, asked = self._asked.popitem(last=True)
                number = self._newest
            self._do(asked, lambda number=number: self._newest != number)  # type: ignore[misc]

    def _do(self, asked: _Asked, stale: Stale) -> None:
        try:
            for result in asked.work(stale):
                self._post(lambda result=result: asked.done(result))  # type: ignore[misc]
        except StaleError:
            return
        except Exception as error:  # whatever it is, the user must see it and the lane go on
            self._post(lambda error=error: asked.failed(error))  # type: ignore[misc]


class PostQueue:
    """A UI thread without Qt: calls wait until they are run. For scripts and tests."""

    def __init__(self) -> None:
        self._calls: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()

    def post(self, call: Callable[[], None]) -> None:
        """Let ``call`` wait for `run`; from any thread."""
        self._calls.put(call)

    def run(self, until: Callable[[], bool], seconds: float = 20.0) -> bool:
        """Make the calls that come until ``until`` holds, or the time is over; whether it holds."""
        deadline = time.monotonic() + seconds
        while not until():
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            try:
                self._calls.get(timeout=min(left, 0.05))()
            except queue.Empty:
                continue
        return True
