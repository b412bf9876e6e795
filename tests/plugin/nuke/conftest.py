"""Sessions of a fake Nuke in which Tinct is installed, and somebody to work in them; the worker is a real one."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from fake_nuke.application import NukeApplication
from fake_nuke.artist import Artist, shoot
from tinct.cli import main


@pytest.fixture(scope="session")
def folder(private_folder: Callable[[], AbstractContextManager[Path]]) -> Iterator[Path]:
    """Of the one worker that all these tests share, since each start of one takes seconds."""
    with private_folder() as path:
        yield path


@pytest.fixture
def footage(tmp_path: Path) -> Path:
    """``plate.%04d.exr``, 1001 to 1012, and the stills red.png, green.png and blue.png."""
    return shoot(tmp_path / "footage")


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A user's ``.nuke`` with Tinct installed; tests that change it take another one."""
    folder = tmp_path_factory.mktemp("dot_nuke")
    assert main(["install", "nuke", "--path", str(folder)]) == 0
    return folder


@pytest.fixture
def start(home: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., NukeApplication]]:
    """Starts sessions, one after the other, which talk to a worker of the test's own."""
    record = home / "tinct_for_nuke" / "tinct" / "plugin" / "tinct_installation.json"
    monkeypatch.setenv("TINCT_WORKER_FOLDER", str(folder))
    monkeypatch.setenv("TINCT_INSTALLATION", str(record))
    sessions: list[NukeApplication] = []

    def run(path: Path = home, **options: object) -> NukeApplication:
        while sessions:
            sessions.pop().quit()
        sessions.append(NukeApplication(path, **options))
        return sessions[-1].start()

    yield run
    while sessions:
        sessions.pop().quit()


@pytest.fixture
def artist(start: Callable[..., NukeApplication], footage: Path) -> Artist:
    """Somebody at an interactive session, with a Tinct node after a Read of the plate."""
    artist = Artist(start(), footage)
    artist.create()
    return artist
