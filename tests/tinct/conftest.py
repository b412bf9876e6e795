"""A command line to call and small material to call it on."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pytest

from tinct.cli import main

FIRST, LAST = 1001, 1005
WIDTH, HEIGHT = 96, 64


@dataclass(frozen=True)
class Outcome:
    """What a call of the command line gave."""

    code: int
    out: str
    err: str

    @property
    def error(self) -> str:
        """The one line of error; a call that failed must have exactly one."""
        lines = [line for line in self.err.splitlines() if line.startswith("tinct: error: ")]
        assert len(lines) == 1, self.err
        assert "Traceback" not in self.err
        return lines[0]


Tinct = Callable[..., Outcome]


@pytest.fixture
def tinct(capfd: pytest.CaptureFixture[str]) -> Tinct:
    """Call the command line in this process."""

    def call(*arguments: object) -> Outcome:
        capfd.readouterr()
        code = main([str(argument) for argument in arguments])
        out, err = capfd.readouterr()
        return Outcome(code, out, err)

    return call


@pytest.fixture
def colorize(tinct: Tinct) -> Tinct:
    """``tinct colorize`` with the fake model and backend."""

    def call(*arguments: object) -> Outcome:
        return tinct("colorize", "--model", "fake", "--backend", "fake", "--working-size", "64", *arguments)

    return call


def grey_picture(number: int) -> np.ndarray:
    """(H, W) uint8: a disc that moves to the right over a ramp."""
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    disc = (x - 20 - 4 * (number - FIRST)) ** 2 + (y - 30) ** 2 < 200
    return np.where(disc, 200, 40 + x // 2 + y // 2).astype(np.uint8)


@pytest.fixture
def plate(tmp_path: Path) -> Path:
    """An 8-bit grey PNG sequence, frames 1001 to 1005; the pattern that names it."""
    folder = tmp_path / "plate"
    folder.mkdir()
    for number in range(FIRST, LAST + 1):
        cv2.imwrite(str(folder / f"shot.{number}.png"), grey_picture(number))
    return folder / "shot.%04d.png"


@pytest.fixture
def still(tmp_path: Path) -> Path:
    """A colour still of the first frame: a red disc on blue."""
    grey = grey_picture(FIRST).astype(np.float32)
    bgr = np.stack([grey * 1.1, grey * 0.9, grey * 0.9], axis=-1)
    bgr[grey == 200] = (40, 60, 220)
    path = tmp_path / "still.png"
    cv2.imwrite(str(path), np.clip(bgr, 0, 255).astype(np.uint8))
    return path


@pytest.fixture
def other_still(tmp_path: Path) -> Path:
    """A still of the same picture in other colours."""
    grey = grey_picture(FIRST).astype(np.float32)
    path = tmp_path / "other.png"
    cv2.imwrite(str(path), np.clip(np.stack([grey * 0.6, grey * 1.1, grey], axis=-1), 0, 255).astype(np.uint8))
    return path


def listing(folder: Path) -> dict[str, bytes]:
    """Every file under ``folder`` with its bytes."""
    return {str(file.relative_to(folder)): file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file()}
