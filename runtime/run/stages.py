"""Stages: steps over a stream of items, each on a thread of its own, joined by bounded queues.

Items stay in order. Nothing is ever held but what lies in the queues and in the hands of the stages, so memory does not
grow with the stream. An error travels down the stream in its item's place and is raised once, in the consumer, when the
items before it have been consumed.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from queue import Empty, Full, Queue
from threading import Event, Thread
from types import TracebackType
from typing import Any, Self

POLL_SECONDS = 0.05
"""How long a blocked stage or the consumer waits before it looks whether it should stop."""

_END = object()


@dataclass(frozen=True)
class Stage:
    """One step of a stream: ``run`` turns an item into the next stage's item, on a thread called ``name``."""

    name: str
    run: Callable[[Any], Any]


@dataclass(frozen=True)
class _Failure:
    error: BaseException


class Stages:
    """A running stream. A context manager that is iterated once; leaving it stops all threads and waits for them."""

    def __init__(
        self,
        source: Iterable[Any],
        stages: Sequence[Stage],
        *,
        source_name: str = "source",
        depth: int = 2,
        poll: Callable[[], None] | None = None,
    ) -> None:
        """Describe the stream; threads start on entry.

        Args:
            source: gives the items, on a thread of its own called ``source_name``.
            stages: the steps, in order.
            source_name: key of the source in ``busy``.
            depth: items that may wait between two stages.
            poll: called on the consumer's thread before each item and every 0.05 s while it waits; what it raises ends
                the stream.
        """
        self.busy = dict.fromkeys([source_name, *(stage.name for stage in stages)], 0.0)
        """Seconds that the source and each stage have worked so far, waiting not counted."""
        self._poll = poll
        self._stop = Event()
        queues: list[Queue[Any]] = [Queue(depth) for _ in range(len(stages) + 1)]
        self._results = queues[-1]
        self._threads = [
            Thread(target=self._read, args=(source_name, source, queues[0]), name=f"tinct-{source_name}", daemon=True)
        ]
        for stage, inlet, outlet in zip(stages, queues[:-1], queues[1:], strict=True):
            self._threads.append(
                Thread(target=self._work, args=(stage, inlet, outlet), name=f"tinct-{stage.name}", daemon=True)
            )

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def __iter__(self) -> Iterator[Any]:
        """Yield the last stage's items; raise the first error of any stage in its item's place."""
        while True:
            if self._poll is not None:
                self._poll()
            try:
                item = self._results.get(timeout=POLL_SECONDS)
            except Empty:
                continue
            if item is _END:
                return
            if isinstance(item, _Failure):
                raise item.error
            yield item

    def _read(self, name: str, source: Iterable[Any], outlet: "Queue[Any]") -> None:
        try:
            items = iter(source)
            while True:
                started = time.perf_counter()
                item = next(items, _END)
                self.busy[name] += time.perf_counter() - started
                if not self._put(outlet, item) or item is _END:
                    return
        except BaseException as error:  # whatever it is, the consumer must hear of it
            self._put(outlet, _Failure(error))

    def _work(self, stage: Stage, inlet: "Queue[Any]", outlet: "Queue[Any]") -> None:
        while not self._stop.is_set():
            try:
                item = inlet.get(timeout=POLL_SECONDS)
            except Empty:
                continue
            last = item is _END or isinstance(item, _Failure)
            if not last:
                started = time.perf_counter()
                try:
                    item = stage.run(item)
                except BaseException as error:  # whatever it is, the consumer must hear of it
                    item, last = _Failure(error), True
                self.busy[stage.name] += time.perf_counter() - started
            if not self._put(outlet, item) or last:
                return
            # Nothing may stay in hand while the next item is awaited.
            del item

    def _put(self, outlet: "Queue[Any]", item: object) -> bool:
        """Hand ``item`` on; False when the stream was stopped first."""
        while not self._stop.is_set():
            try:
                outlet.put(item, timeout=POLL_SECONDS)
            except Full:
                continue
            return True
        return False
