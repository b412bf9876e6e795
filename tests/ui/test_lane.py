"""Work off the UI thread."""

import threading
from collections.abc import Iterator

import pytest

from tinct.ui import lane
from tinct.ui.lane import Lane, PostQueue, Stale


def test_work_waits_for_the_lanes_that_go_before_it() -> None:
    posted = PostQueue()
    first = Lane("first", posted.post)
    second = Lane("second", posted.post, yields_to=[first])
    begun, go = threading.Event(), threading.Event()
    order: list[str] = []

    def slow(stale: Stale) -> Iterator[str]:
        begun.set()
        go.wait(20)
        yield "first"

    first.ask("a", slow, order.append, pytest.fail)
    assert begun.wait(20)
    second.ask("b", lambda stale: iter(["second"]), order.append, pytest.fail)
    assert not posted.run(lambda: bool(order), 0.2)
    go.set()
    assert posted.run(lambda: len(order) == 2)
    assert order == ["first", "second"]
    first.close()
    second.close()


def test_work_does_not_wait_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lane, "PATIENCE_S", 0.1)
    posted = PostQueue()
    first = Lane("first", posted.post)
    second = Lane("second", posted.post, yields_to=[first])
    go = threading.Event()
    done: list[str] = []

    def never(stale: Stale) -> Iterator[str]:
        go.wait(20)
        yield "first"

    first.ask("a", never, done.append, pytest.fail)
    second.ask("b", lambda stale: iter(["second"]), done.append, pytest.fail)
    assert posted.run(lambda: done == ["second"])
    go.set()
    first.close()
    second.close()
