"""A panel without Qt on a real worker with the fake backend, and small footage for it."""

import os
import sys
from collections.abc import Callable, Iterator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import cv2
import numpy as np
import pytest

from tinct.plugin.client import Client, write_installation
from tinct.runtime.project import OutputSettings, Project, ProjectShot, ProjectStill
from tinct.ui.lane import PostQueue
from tinct.ui.models.connection import Connections
from tinct.ui.models.panel import Panel

_spec = spec_from_file_location("tinct_worker_fixtures", Path(__file__).parents[1] / "plugin" / "conftest.py")
assert _spec is not None
assert _spec.loader is not None
_workers = module_from_spec(_spec)
_spec.loader.exec_module(_workers)
folder, installation, connect, serve, private_folder = (
    getattr(_workers, name) for name in ("folder", "installation", "connect", "serve", "private_folder")
)  # those of the worker's own tests

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

ROOT = Path(__file__).parents[2]
WIDTH, HEIGHT = 96, 64
FIRST, LAST = 1001, 1012
FAKE = {"model": "fake", "backend": "fake", "workingSize": 64}


def grey(number: int) -> np.ndarray:
    """(H, W) uint8: a pattern that moves to the right."""
    y, x = np.mgrid[:HEIGHT, :WIDTH].astype(np.float32)
    return np.rint(255 * (0.5 + 0.4 * np.sin((x + 2 * number) / 9) * np.cos(y / 7))).astype(np.uint8)


@pytest.fixture
def plate(tmp_path: Path) -> str:
    """A sequence of 12 grey frames; its pattern."""
    folder = tmp_path / "plate"
    folder.mkdir()
    for number in range(FIRST, LAST + 1):
        cv2.imwrite(str(folder / f"shot.{number}.png"), grey(number))
    return str(folder / "shot.%04d.png")


@pytest.fixture
def stills(tmp_path: Path) -> list[str]:
    """Three stills of the first frame in different colours."""
    base = grey(FIRST).astype(np.float32)
    paths = []
    for name, turn in (("one", 0), ("two", 80), ("three", 160)):
        still = np.stack([base, 255 - base * 0.8 - turn / 2, base * 0.3 + turn], axis=-1)
        paths.append(str(tmp_path / f"{name}.png"))
        cv2.imwrite(paths[-1], np.clip(still, 0, 255).astype(np.uint8))
    return paths


@pytest.fixture
def project(tmp_path: Path, plate: str, stills: list[str]) -> Project:
    """Two shots of the plate, the first with a still."""
    return Project(
        name="film",
        output=OutputSettings(str(tmp_path / "out"), "{shot}/{shot}.%04d.png"),
        shots=(
            ProjectShot("a", "street", plate, FIRST, FIRST + 6, stills=(ProjectStill(stills[0]),)),
            ProjectShot("b", "harbour", plate, FIRST + 7, LAST, note="night"),
        ),
        parameters=FAKE,
    )


@pytest.fixture
def clients(serve: Callable[..., Client]) -> Callable[[], Client]:
    """New clients of one worker."""
    first = serve()
    return lambda: Client(folder=first.folder, start=False, timeout=30.0)


class Bench:
    """A panel, and the calls that its UI thread would make."""

    def __init__(self, make: Callable[[], Panel], queue: PostQueue) -> None:
        self._make, self.queue = make, queue
        self.panel = make()

    def again(self, path: str) -> Panel:
        """Close the panel, and open the project at ``path`` in another one."""
        self.panel.close()
        self.panel = self._make()
        self.panel.open(path)
        return self.panel

    def save(self, folder: Path) -> str:
        """Save the project as ``film.tinct`` in ``folder``; its path."""
        path = str(folder / "film.tinct")
        assert self.panel.file.save(path)
        return path

    def until(self, holds: Callable[[], object], seconds: float = 240.0) -> None:
        """Make the calls that come until that holds."""
        assert self.queue.run(lambda: bool(holds()), seconds), self.panel.messages.all

    def settle(self) -> None:
        """Until the frame that is wanted is there."""
        self.until(lambda: self.panel.viewer.is_current)


@pytest.fixture
def bench(clients: Callable[[], Client], project: Project) -> Iterator[Bench]:
    """The project in a panel."""
    queue = PostQueue()
    bench = Bench(lambda: Panel(queue.post, Connections(clients), view_size=64), queue)
    bench.panel.file.new(project)
    yield bench
    bench.panel.close()


@pytest.fixture(autouse=True)
def _no_library_of_the_user(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing here may reach the user's own worker or settings; processes are started from this checkout."""
    monkeypatch.setenv("TINCT_WORKER_FOLDER", str(tmp_path / "nobody"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("TINCT_INSTALLATION", str(tmp_path / "this_checkout.json"))
    write_installation(str(tmp_path / "this_checkout.json"), sys.executable, {"PYTHONPATH": str(ROOT)})


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip by name what needs Qt where that ends the process."""
    PySide6 = sys.modules.get("PySide6")
    if getattr(PySide6, "__version__", "") == "6.12.0" and sys.version_info < (3, 12):
        skip = pytest.mark.skip(reason="PySide6 6.12.0 ends the process under Python 3.11; 6.11.3 does not")
        for item in items:
            if "qtbot" in getattr(item, "fixturenames", ()):
                item.add_marker(skip)
