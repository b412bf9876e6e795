"""Workers to talk to, in processes of their own and in threads."""

import os
import shutil
import signal
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest

from tinct.plugin.client import Client, ClientError, write_installation
from tinct.runtime.media.image_file import read_image
from tinct.runtime.run.pipeline import ColorizeRequest, StillAt, colorize_plate
from tinct.runtime.worker import Worker, WorkerConfig

ROOT = Path(__file__).parents[2]


@contextmanager
def _private_folder() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="tinct-test-"))
    yield path / "w"
    try:
        with Client(folder=str(path / "w"), start=False) as client:
            os.kill(client.status()["pid"], signal.SIGKILL)
    except ClientError:
        pass
    shutil.rmtree(path, ignore_errors=True)  # a worker that ends by itself takes its files away meanwhile


@pytest.fixture(scope="session")
def private_folder() -> Callable[[], AbstractContextManager[Path]]:
    """Makes folders for a worker, with a path short enough for a socket; whatever worker is left there is killed."""
    return _private_folder


@pytest.fixture
def folder(private_folder: Callable[[], AbstractContextManager[Path]]) -> Iterator[Path]:
    """Of the test's own worker."""
    with private_folder() as path:
        yield path


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


class Shot:
    """Twelve frames of a moving pattern, of each depth, with two stills; and what ``tinct colorize`` makes of them.

    ``plate``: pattern of 8-bit grey PNG files, ``deep``: of 16 bits, ``movie``: lossless, 24 frames a second.
    """

    WIDTH, HEIGHT, FRAMES = 96, 64, range(12)

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.plate, self.deep = folder / "plate.%04d.png", folder / "deep.%04d.png"
        self.stills = [folder / "one.png", folder / "two.png"]
        self.movie = folder / "plate.mkv"
        self._made: dict[tuple[Any, ...], dict[int, np.ndarray]] = {}
        for number in self.FRAMES:
            cv2.imwrite(str(self.plate) % number, self.codes(number, 8))
            cv2.imwrite(str(self.deep) % number, self.codes(number, 16))
        for path, turn in zip(self.stills, (0.0, 0.4), strict=True):
            grey = self.luma(0)
            rgb = np.stack([grey, np.clip(1 - grey + turn, 0, 1), np.clip(0.5 * grey + turn, 0, 1)], axis=-1)
            cv2.imwrite(str(path), np.rint(rgb[..., ::-1] * 255).astype(np.uint8))
        with av.open(str(self.movie), "w") as movie:
            stream = movie.add_stream("ffv1", rate=24)
            stream.width, stream.height, stream.pix_fmt = self.WIDTH, self.HEIGHT, "gray"
            for number in self.FRAMES:
                movie.mux(stream.encode(av.VideoFrame.from_ndarray(self.codes(number, 8), "gray")))
            movie.mux(stream.encode())

    def luma(self, number: int) -> np.ndarray:
        y, x = np.mgrid[: self.HEIGHT, : self.WIDTH].astype(np.float32)
        return (0.5 + 0.4 * np.sin((x + 2 * number) / 9) * np.cos(y / 7)).astype(np.float32)

    def codes(self, number: int, bits: int) -> np.ndarray:
        return np.rint(self.luma(number) * (2**bits - 1)).astype(np.uint8 if bits == 8 else np.uint16)

    def coloured(self, *stills: StillAt, plate: Path | None = None, **settings: Any) -> dict[int, np.ndarray]:
        """Codes (H, W, 3) by frame number, from the files that a run wrote: PNG, or the plate's own format if that is
        one of pictures."""
        plate = plate or self.plate
        suffix = ".png" if plate == self.movie else plate.suffix
        key = (stills, plate, tuple(sorted(settings.items())))
        if key not in self._made:
            folder = Path(tempfile.mkdtemp(dir=self.folder))
            output = folder / f"out.%04d{suffix}"
            references = stills or (StillAt(self.stills[0]),)
            fake = {"model": "fake", "backend": "fake", "working_size": 64}
            colorize_plate(ColorizeRequest(input=plate, output=output, references=references, **{**fake, **settings}))
            self._made[key] = {int(path.stem[-4:]): read_image(path)[1] for path in sorted(folder.glob("out.*"))}
        return self._made[key]


@pytest.fixture(scope="session")
def shot(tmp_path_factory: pytest.TempPathFactory) -> Shot:
    return Shot(tmp_path_factory.mktemp("shot"))


@pytest.fixture(scope="session")
def host_environment(
    private_folder: Callable[[], AbstractContextManager[Path]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, str]]:
    """Variables for a host in a process of its own: no Python of ours in sight, and one worker for all of them."""
    with private_folder() as folder:
        yield {
            "PATH": "/usr/bin:/bin",
            "HOME": str(tmp_path_factory.mktemp("home")),
            "LANG": "C.UTF-8",
            "OMP_NUM_THREADS": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
            "TINCT_WORKER_FOLDER": str(folder),
        }
