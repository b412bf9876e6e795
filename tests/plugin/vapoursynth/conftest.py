"""The filter as ``tinct install vapoursynth`` puts it there, in a VapourSynth that really runs."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from tinct.plugin.install.vapoursynth import install

REEL = Path(__file__).with_name("reel.py")
PYTHON = "TINCT_VAPOURSYNTH_PYTHON"


class Reel(NamedTuple):
    """``frames``: (N, H, W, 3) in the order asked for; ``facts``: their numbers, previews, confidence; the error."""

    frames: np.ndarray
    facts: dict[str, Any]

    def assert_frames(self, want: dict[int, np.ndarray]) -> None:
        assert not self.facts["error"]
        for number, frame in zip(self.facts["numbers"], self.frames, strict=True):
            np.testing.assert_array_equal(frame, want[number])


@pytest.fixture(scope="session")
def vapoursynth(
    host_environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, dict[str, str]]:
    """A Python that has VapourSynth, and its variables."""
    python = os.environ.get(PYTHON, sys.executable)
    probe = subprocess.run([python, "-c", "import vapoursynth, numpy"], capture_output=True, check=False)
    if probe.returncode:
        pytest.skip(f"{python} has no VapourSynth; set {PYTHON} to a Python (3.12 or newer) with vapoursynth and numpy")
    folder = tmp_path_factory.mktemp("scripts")
    install(folder)
    return python, {**host_environment, "PYTHONPATH": str(folder), "PYTHONWARNINGS": "error"}


@pytest.fixture
def run(shot, vapoursynth: tuple[str, dict[str, str]], tmp_path: Path) -> Callable[..., Reel]:
    """Colour a clip, ask for frames, and give what came."""

    def colour(
        *parts: object,
        plate: np.ndarray | None = None,
        form: str = "GRAY8",
        full: bool | None = True,
        mask: np.ndarray | None = None,
        threads: int = 2,
        **colorize: Any,
    ) -> Reel:
        pictures = np.stack([shot.codes(number, 8) for number in shot.FRAMES]) if plate is None else plate
        np.save(tmp_path / "plate.npy", pictures)
        if mask is not None:
            np.save(tmp_path / "mask.npy", mask)
        fake = {"stills": str(shot.stills[0]), "model": "fake", "backend": "fake", "working_size": 64}
        script = {
            "plate": str(tmp_path / "plate.npy"),
            "format": form,
            "full": full,
            "mask": None if mask is None else str(tmp_path / "mask.npy"),
            "colorize": {**fake, **colorize},
            "threads": threads,
            "parts": parts or ["straight"],
        }
        (tmp_path / "script.json").write_text(json.dumps(script))
        python, environment = vapoursynth
        done = subprocess.run(
            [python, REEL, tmp_path / "script.json", tmp_path / "result.npz"],
            env=environment, capture_output=True, text=True, timeout=90,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        with np.load(tmp_path / "result.npz") as result:
            return Reel(result["frames"], json.loads(str(result["facts"])))

    return colour
