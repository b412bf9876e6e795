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
