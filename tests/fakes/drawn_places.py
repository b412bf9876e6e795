"""Places drawn for tests: soft blobs of colour, other ones for each place; a grey reel of them, and stills."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

HEIGHT, WIDTH = 64, 96


def draw_place(seed: int, shift: int) -> NDArray[np.uint8]:
    """(64, 96, 3) BGR, moved by ``shift`` pixels."""
    noise = np.random.default_rng(seed).random((HEIGHT, WIDTH + 40, 3)).astype(np.float32)
    blurred = cv2.GaussianBlur(noise, (0, 0), 5)
    blobs = cv2.normalize(blurred, np.empty_like(blurred), 0, 255, cv2.NORM_MINMAX)
    return np.ascontiguousarray(blobs[:, shift : shift + WIDTH].astype(np.uint8))


def draw_reel(folder: Path, first: int, cuts: Sequence[int], last: int) -> Path:
    """Write frames ``first`` to ``last`` in grey, of another place from each of ``cuts`` on; the pattern that names
    them."""
    folder.mkdir()
    for number in range(first, last + 1):
        seed = sum(number >= cut for cut in cuts)
        grey = cv2.cvtColor(draw_place(seed, (number - first) % 10), cv2.COLOR_BGR2GRAY)
        cv2.imwrite(str(folder / f"reel.{number}.png"), grey)
    return folder / "reel.%04d.png"


def draw_stills(folder: Path, places: int) -> Path:
    """Write a still of each place, ``place0.png`` and on; ``folder``."""
    folder.mkdir()
    for seed in range(places):
        cv2.imwrite(str(folder / f"place{seed}.png"), draw_place(seed, 4))
    return folder
