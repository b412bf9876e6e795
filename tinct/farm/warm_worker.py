"""The worker of one session of a farm: in a folder of its own, found by a variable of the environment."""

import json
import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import tinct
from tinct.plugin.client import INSTALLATION, Client, ClientError, write_installation
from tinct.runtime.errors import WorkerError

VARIABLE = "TINCT_FARM_WORKER"
"""Names the folder of the session's worker."""
OPTIONS = "options.json"
"""File in that folder with more options of the worker: a task that starts it again needs them too."""
IDLE_MINUTES = 10
"""A worker whose session ended without stopping it goes by itself after so long."""


def start_worker(options: Sequence[str] = ()) -> Path:
    """Start a worker for this session, with more ``options`` of ``tinct worker``, and return its folder.

    The folder is a short one of the system's, since sockets take no long paths and sessions have long ones.

    Raises:
        WorkerError: it cannot be started.
    """
    folder = Path(tempfile.mkdtemp(prefix="tinct-farm-"))
    root = str(Path(tinct.__file__).resolve().parent.parent)
    path = os.pathsep.join([root, *filter(None, [os.environ.get("PYTHONPATH")])])
    write_installation(str(folder / INSTALLATION), sys.executable, {"PYTHONPATH": path})
    (folder / OPTIONS).write_text(json.dumps(list(options)))
    try:
        with client_of(folder) as client:
            client.connect()
    except ClientError as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise WorkerError(str(error)) from error
    return folder


def stop_worker(folder: Path | None = None) -> None:
    """Stop the worker in ``folder`` (None: this session's), if there is one that answers, and take its folder away."""
    folder = folder or worker_of_session()
    if folder is None:
        return
    try:
        with Client(folder=str(folder), start=False) as client:
            client.stop()
    except ClientError:
        pass
    shutil.rmtree(folder, ignore_errors=True)


def worker_of_session() -> Path | None:
    """The folder of this session's worker, if it has one."""
    named = os.environ.get(VARIABLE)
    return Path(named) if named else None


def client_of(folder: Path) -> Client:
    """A client of the worker in ``folder``, which is started again should it have died."""
    try:
        options = [str(one) for one in json.loads((folder / OPTIONS).read_text())]
    except (OSError, ValueError):
        options = []  # whoever connects says what is wrong with the folder
    return Client(
        folder=str(folder),
        installation=str(folder / INSTALLATION),
        options=("--idle", str(IDLE_MINUTES), *options),
        timeout=120.0,
    )
