"""Overlap, order, bounds and errors of staged streams."""

import threading
import time
from collections.abc import Iterator

import pytest

from tinct.runtime.run.stages import Stage, Stages


def running() -> list[str]:
    stages = ("tinct-source", "tinct-double", "tinct-text", "tinct-first", "tinct-last", "tinct-stuck")
    return [thread.name for thread in threading.enumerate() if thread.name in stages]


def double(item: int) -> int:
    return item * 2


def test_items_keep_their_order() -> None:
    with Stages(range(200), [Stage("double", double), Stage("text", str)]) as stream:
        assert list(stream) == [str(2 * item) for item in range(200)]
    assert running() == []


def test_stages_work_at_the_same_time() -> None:
    together = threading.Barrier(3, timeout=10)

    def source() -> Iterator[int]:
        for item in range(5):
            if item == 4:
                together.wait()
            yield item

    def wait_for_the_others(at: int):
        def run(item: int) -> int:
            if item == at:
                together.wait()
            return item

        return run

    # Only when source, first and second stage are each busy with another item does the barrier open.
    with Stages(source(), [Stage("first", wait_for_the_others(2)), Stage("second", wait_for_the_others(0))]) as stream:
        assert list(stream) == [0, 1, 2, 3, 4]


def test_no_more_items_are_held_than_the_queues_allow() -> None:
    made, most, consumed = 0, 0, 0

    def source() -> Iterator[int]:
        nonlocal made
        for item in range(60):
            made += 1
            yield item

    with Stages(source(), [Stage("double", double)], depth=2) as stream:
        for _ in stream:
            time.sleep(0.002)
            consumed += 1
            most = max(most, made - consumed)
    # Two queues of two, one item in each stage's hands and one in the consumer's.
    assert most <= 2 * 2 + 3


@pytest.mark.parametrize("where", ["source", "first", "last"])
def test_the_first_error_is_raised_once_where_it_happened(where: str) -> None:
    def fail_at_five(name: str):
        def run(item: int) -> int:
            if item == 5 and name == where:
                raise OSError(f"{name} failed")
            return item

        return run

    source = map(fail_at_five("source"), range(1000))
    seen: list[int] = []
    stages = [Stage(name, fail_at_five(name)) for name in ("first", "last")]
    with pytest.raises(OSError, match=f"{where} failed"), Stages(source, stages) as stream:
        seen.extend(stream)
    assert seen == [0, 1, 2, 3, 4]
    assert running() == []


def test_the_error_of_the_earliest_item_wins() -> None:
    def first(item: int) -> int:
        if item == 3:
            raise ValueError("frame 3")
        return item

    def second(item: int) -> int:
        time.sleep(0.02)
        if item == 1:
            raise KeyError("frame 1")
        return item

    with pytest.raises(KeyError), Stages(range(9), [Stage("a", first), Stage("b", second)]) as stream:
        list(stream)


def test_leaving_early_stops_every_thread_though_all_are_blocked() -> None:
    with Stages(iter(int, 1), [Stage("double", double)]) as stream:
        assert next(iter(stream)) == 0
    assert running() == []


def test_what_poll_raises_ends_the_stream_even_while_nothing_arrives() -> None:
    release = threading.Event()
    calls = 0

    def poll() -> None:
        nonlocal calls
        calls += 1
        if calls == 3:
            release.set()
            raise KeyboardInterrupt

    def stuck(item: int) -> int:
        release.wait(10)
        return item

    with pytest.raises(KeyboardInterrupt), Stages([1], [Stage("stuck", stuck)], poll=poll) as stream:
        list(stream)
    assert running() == []


def test_busy_counts_work_and_not_waiting() -> None:
    def slow(item: int) -> int:
        time.sleep(0.01)
        return item

    with Stages(range(10), [Stage("slow", slow), Stage("quick", double)], source_name="decode") as stream:
        list(stream)
    assert list(stream.busy) == ["decode", "slow", "quick"]
    assert stream.busy["slow"] >= 0.1
    assert stream.busy["quick"] < stream.busy["slow"] / 2
