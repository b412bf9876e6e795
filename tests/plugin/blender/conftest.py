"""The add-on as ``tinct install blender`` puts it there, in a Blender without a window."""

import json
import shutil
import subprocess
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tinct.plugin.install.blender import install

STEPS = Path(__file__).with_name("sequencer.py")


@pytest.fixture(scope="session")
def blender(host_environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Variables of a Blender that has the add-on."""
    if shutil.which("blender", path=host_environment["PATH"]) is None:
        pytest.skip("Blender is not installed: apt-get install blender")
    folder = tmp_path_factory.mktemp("scripts")
    install(folder)
    return {**host_environment, "BLENDER_USER_SCRIPTS": str(folder)}


@pytest.fixture(scope="session")
def start(blender: dict[str, str]) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Start Blender with arguments; ``addon``: with the add-on in sight."""

    def run(*arguments: object, addon: bool = True) -> subprocess.CompletedProcess[str]:
        environment = blender if addon else {k: v for k, v in blender.items() if k != "BLENDER_USER_SCRIPTS"}
        return subprocess.run(
            ["blender", "-b", "--factory-startup", *map(str, arguments)],
            env=environment, capture_output=True, text=True, timeout=120,
        )  # fmt: skip

    return run


@pytest.fixture(scope="session")
def steps(start: Callable[..., subprocess.CompletedProcess[str]]) -> Callable[..., list[Any]]:
    """Take steps in Blender, which are written into a folder, and give what was said."""

    def take(folder: Path, *steps: list[Any], scene: Path | None = None) -> list[Any]:
        script, result = folder / "script.json", folder / "result.json"
        script.write_text(json.dumps({"steps": [["addon"], *steps]}))
        opened = [] if scene is None else [scene]
        done = start(*opened, "--python-exit-code", 3, "--python", STEPS, "--", script, result)
        assert done.returncode == 0, done.stdout + done.stderr
        on, *said = json.loads(result.read_text())
        assert on is True
        return said

    return take


@pytest.fixture
def take(steps: Callable[..., list[Any]], tmp_path: Path) -> Callable[..., list[Any]]:
    return partial(steps, tmp_path)
