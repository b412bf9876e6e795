from pathlib import Path

import cv2
import numpy as np
import pytest

from tinct.runtime.backends import Backend, create_backend
from tinct.runtime.bundle import find_bundle


def scene(seed: int, *, height: int = 96, width: int = 128) -> np.ndarray:
    """(H, W, 3) uint8 BGR: soft blobs of colour, other ones for each seed."""
    noise = np.random.default_rng(seed).random((height, width, 3)).astype(np.float32)
    return cv2.normalize(cv2.GaussianBlur(noise, (0, 0), 9), None, 0, 255, cv2.NORM_MINMAX).astype(np.uint8)


@pytest.fixture
def stills(tmp_path: Path) -> Path:
    """A folder of five stills of five places, one of them in a folder of its own."""
    folder = tmp_path / "stills"
    (folder / "more").mkdir(parents=True)
    for seed in range(4):
        cv2.imwrite(str(folder / f"place{seed}.png"), scene(seed))
    cv2.imwrite(str(folder / "more" / "place4.png"), scene(4))
    return folder


@pytest.fixture(scope="session")
def fake() -> Backend:
    return create_backend("fake", find_bundle("fake"))


@pytest.fixture
def library(stills: Path, fake: Backend, tmp_path: Path):
    """The library of those stills, open; without faiss its tests are skipped before they come here."""
    from tinct.runtime.library import build_library, open_library

    build_library(stills, tmp_path / "library", fake)
    return open_library(tmp_path / "library", fake)


@pytest.fixture
def plate(stills: Path, tmp_path: Path) -> Path:
    """Ten grey frames from 1001 on: six of place 1, four of place 3."""
    (tmp_path / "plate").mkdir()
    for number in range(1001, 1011):
        grey = cv2.imread(str(stills / f"place{1 if number < 1007 else 3}.png"), cv2.IMREAD_GRAYSCALE)
        cv2.imwrite(str(tmp_path / "plate" / f"shot.{number}.png"), grey)
    return tmp_path / "plate" / "shot.%04d.png"
