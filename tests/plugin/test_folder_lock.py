"""A lock that several machines share."""

import threading
import time
from pathlib import Path

import pytest

from tinct.plugin.folder_lock import FolderLock, WaitCancelled


def test_one_after_the_other(tmp_path: Path) -> None:
    inside, most, told = [], [], []

    def work() -> None:
        with FolderLock(str(tmp_path / "deep" / "a.lock"), lambda: False, told.append):
            inside.append(1)
            most.append(len(inside))
            time.sleep(0.02)
            inside.pop()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert most == [1, 1, 1, 1]
    assert told
    assert all(owner.startswith("process ") or owner == "somebody" for owner in told)  # who has just made it
    assert list((tmp_path / "deep").iterdir()) == []


def test_a_dead_owners_lock_is_taken_over(tmp_path: Path) -> None:
    path = tmp_path / "a.lock"
    path.write_text("process 1 on gone")
    began = time.monotonic()
    with FolderLock(str(path), lambda: False, stale_s=0.5):
        assert time.monotonic() - began > 0.5
        assert "gone" not in path.read_text()
    assert not path.exists()


def test_waiting_can_be_given_up(tmp_path: Path) -> None:
    path = tmp_path / "a.lock"
    path.write_text("process 1 on another")
    with pytest.raises(WaitCancelled, match="process 1 on another"), FolderLock(str(path), lambda: True):
        pass
    assert path.exists()


def test_an_error_inside_lets_go(tmp_path: Path) -> None:
    path = tmp_path / "a.lock"
    with pytest.raises(ZeroDivisionError), FolderLock(str(path), lambda: False):
        raise ZeroDivisionError
    assert not path.exists()
