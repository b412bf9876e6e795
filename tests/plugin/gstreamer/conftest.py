"""The element as ``tinct install gstreamer`` puts it there, in a GStreamer that really plays."""

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from tinct.plugin.install.gstreamer import install

PLAYER = Path(__file__).with_name("player.py")
HOST_PYTHON = "/usr/bin/python3"
NEEDED = ("python", "pngdec", "matroskademux", "avdec_ffv1", "appsink", "videoconvert")
PACKAGES = (
    "gstreamer1.0-python3-plugin-loader gstreamer1.0-tools gstreamer1.0-plugins-base gstreamer1.0-plugins-good "
    "gstreamer1.0-libav python3-gst-1.0 gir1.2-gst-plugins-base-1.0 python3-numpy"
)


class Played(NamedTuple):
    """``frames``: codes (H, W, samples); ``facts``: of each; ``messages``: of the element; ``said``: what was asked."""

    frames: list[np.ndarray]
    facts: list[dict[str, Any]]
    messages: list[dict[str, Any]]
    said: list[Any]

    @property
    def numbers(self) -> list[int]:
        return [round(one["time"] * 24 / 1e9) for one in self.facts]

    @property
    def previews(self) -> list[bool]:
        return [one["preview"] for one in self.facts]

    def of_kind(self, kind: str) -> list[dict[str, Any]]:
        return [one for one in self.messages if one["kind"] == kind]


@pytest.fixture(scope="session")
def gstreamer(host_environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Variables of a GStreamer that has the element."""
    inspect = shutil.which("gst-inspect-1.0")
    if inspect is None or any(
        subprocess.run([inspect, "--exists", name], env=host_environment, check=False).returncode
        for name in NEEDED
        if name != "python"
    ):
        pytest.skip(f"GStreamer with Python plugins is not installed: apt-get install {PACKAGES}")
    folder = tmp_path_factory.mktemp("plugins")
    install(folder)
    environment = {
        **host_environment,
        "GST_PLUGIN_PATH": str(folder),
        "GST_REGISTRY": str(tmp_path_factory.mktemp("registry") / "registry.bin"),
    }
    found = subprocess.run([inspect, "tinctcolorize"], env=environment, capture_output=True, text=True, check=False)
    if found.returncode and not Path("/usr/lib/python3/dist-packages/gi").is_dir():
        pytest.skip(f"GStreamer's Python has no gi: apt-get install {PACKAGES}")
    assert found.returncode == 0, found.stderr
    return environment


@pytest.fixture
def play(gstreamer: dict[str, str], tmp_path: Path) -> Callable[..., Played]:
    """Play a pipeline by steps, in a process of its own."""

    def run(pipeline: str, steps: list[list[Any]]) -> Played:
        frames = tmp_path / "frames"
        shutil.rmtree(frames, ignore_errors=True)
        frames.mkdir()
        script, result = tmp_path / "script.json", tmp_path / "result.json"
        script.write_text(json.dumps({"pipeline": pipeline, "folder": str(frames), "steps": steps}))
        environment = {**gstreamer, "PYTHONPATH": str(Path(gstreamer["GST_PLUGIN_PATH"]) / "python")}
        done = subprocess.run(
            [HOST_PYTHON, PLAYER, script, result], env=environment, capture_output=True, text=True, timeout=90
        )
        assert done.returncode == 0, done.stderr
        assert "Traceback" not in done.stderr, done.stderr
        facts = json.loads(result.read_text())
        pictures = [np.load(frames / f"{index}.npy") for index in range(len(facts["frames"]))]
        return Played(pictures, facts["frames"], facts["messages"], facts["said"])

    return run
