"""One library for many: asked without a lock, while it is built anew, from a place that can only be read."""

import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

pytest.importorskip("faiss")

from tinct.runtime.library import build_library, open_library

QUERY = np.linspace(10, 90, 96 * 128, dtype=np.float32).reshape(96, 128)


def state(folder: Path) -> dict[str, tuple[int, int]]:
    """Every file with its size and the time of its last change."""
    return {path.name: (path.stat().st_size, path.stat().st_mtime_ns) for path in folder.iterdir()}


def test_asking_writes_nothing(library, fake, tmp_path: Path) -> None:
    before = state(tmp_path / "library")
    opened = open_library(tmp_path / "library", fake)
    assert opened.query(QUERY) == library.query(QUERY)
    assert state(tmp_path / "library") == before


@pytest.mark.skipif(sys.platform != "linux", reason="Linux lists what is mapped")
def test_index_and_descriptors_are_mapped(library) -> None:
    mapped = Path("/proc/self/maps").read_text()
    for name in (library.manifest.index_file, library.manifest.descriptors_file):
        assert str(library.folder / name) in mapped


def test_an_open_library_goes_on_when_a_new_one_takes_its_place(library, fake, stills: Path) -> None:
    before, identity = library.query(QUERY, 3), library.manifest.identity
    noise = np.random.default_rng(9).random((96, 128, 3)).astype(np.float32)
    cv2.imwrite(str(stills / "new.png"), (255 * cv2.GaussianBlur(noise, (0, 0), 9)).clip(0, 255).astype(np.uint8))
    build_library(stills, library.folder, fake)
    assert library.query(QUERY, 3) == before
    assert open_library(library.folder, fake).manifest.identity != identity


def test_the_identity_is_that_of_what_a_query_may_answer(library, fake, stills: Path, tmp_path: Path) -> None:
    identity = library.manifest.identity
    build_library(stills, library.folder, fake)
    assert open_library(library.folder, fake).manifest.identity == identity, "nothing new was found"
    (tmp_path / "away").mkdir()
    for name in ("stills", "library"):
        (tmp_path / name).rename(tmp_path / "away" / name)
    assert open_library(tmp_path / "away" / "library", fake).manifest.identity == identity, "both were moved"
    (tmp_path / "away" / "stills" / "place0.png").unlink()
    build_library(tmp_path / "away" / "stills", tmp_path / "away" / "library", fake)
    assert open_library(tmp_path / "away" / "library", fake).manifest.identity != identity


BUILDER = """
import sys
from pathlib import Path
from tinct.runtime.backends import create_backend
from tinct.runtime.bundle import find_bundle
from tinct.runtime.library import build_library

stills, library = map(Path, sys.argv[1:])
fake = create_backend("fake", find_bundle("fake"))
for turn in range(24):
    one, other = stills / "place0.png", stills / "place0.away"
    (other if turn % 2 else one).rename(one if turn % 2 else other)
    build_library(stills, library, fake)
"""


def test_it_is_opened_while_it_is_built_anew(library, fake, stills: Path) -> None:
    builder = subprocess.Popen([sys.executable, "-c", BUILDER, str(stills), str(library.folder)])
    seen = set()
    while builder.poll() is None:
        opened = open_library(library.folder, fake)
        seen.add(opened.manifest.identity)
        assert opened.query(QUERY)
    assert builder.returncode == 0
    assert len(seen) == 2, "the library with that still, and the one without"
