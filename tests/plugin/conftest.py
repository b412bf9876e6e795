"""Workers to talk to, in processes of their own and in threads."""

import os
import shutil
import signal
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tinct.plugin.client import Client, ClientError, write_installation
from tinct.runtime.worker import Worker, WorkerConfig

ROOT = Path(__file__).parents[2]


@pytest.fixture
def folder() -> Iterator[Path]:
    """A private folder with a path short enough for a socket; whatever worker is left there is killed."""
    path = Path(tempfile.mkdtemp(prefix="tinct-test-"))
    yield path / "w"
    try:
        with Client(folder=str(path / "w"), start=False) as client:
            os.kill(client.status()["pid"], signal.SIGKILL)
    except ClientError:
        pass
    shutil.rmtree(path)


@pytest.fixture
def installation(tmp_path: Path) -> str:
    path = str(tmp_path / "installation.json")
    write_installation(path, sys.executable, {"PYTHONPATH": str(ROOT)})
    return path


@pytest.fixture
def connect(folder: Path, installation: str) -> Iterator[Callable[..., Client]]:
    """Clients that start the worker in a process of its own."""
    clients: list[Client] = []

    def make(**options: object) -> Client:
        client = Client(folder=str(folder), installation=installation, **{"timeout": 30.0, **options})
        clients.append(client)
        return client

    yield make
    for client in clients:
        client.close()


@pytest.fixture
def serve(folder: Path) -> Iterator[Callable[..., Client]]:
    """A worker in a thread of this process, and a client of it."""
    running: list[tuple[Worker, threading.Thread, Client]] = []

    def make(shared: bool = True, notice: Callable[[str], None] | None = None, **options: object) -> Client:
        worker = Worker(WorkerConfig(folder=folder, **options))
        thread = threading.Thread(target=worker.run)
        thread.start()
        client = Client(folder=str(folder), start=False, timeout=30.0, shared=shared, notice=notice)
        running.append((worker, thread, client))
        while thread.is_alive():
            try:
                client.connect()
                break
            except ClientError:
                continue
        return client

    yield make
    for worker, thread, client in running:
        client.close()
        worker.stop()
        thread.join(20)
        assert not thread.is_alive()
