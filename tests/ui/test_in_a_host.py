"""What must hold for the panel to be docked in a host: Python 3.9, no library but Qt, and that in the views alone."""

import ast
import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
UI = sorted((ROOT / "ui").rglob("*.py"))
HEAVY = {"numpy", "cv2", "av", "onnxruntime", "typer", "rich", "OpenImageIO", "PySide6", "qtpy", "torch"}


def test_it_is_python_of_the_oldest_host() -> None:
    assert len(UI) > 20
    for path in UI:
        ast.parse(path.read_text(encoding="utf-8"), filename=str(path), feature_version=(3, 9))


def test_the_models_need_the_standard_library_alone() -> None:
    names = [
        ".".join(("tinct", *path.relative_to(ROOT).with_suffix("").parts))
        for path in UI
        if "views" not in path.parts and path.name != "__init__.py"
    ]
    assert "tinct.ui.models.panel" in names
    code = "\n".join(f"import {name}" for name in names)
    code += "\nimport json, sys\nprint(json.dumps(sorted({name.split('.')[0] for name in sys.modules})))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert not set(json.loads(done.stdout)) & HEAVY


def test_views_speak_to_qt_through_qtpy() -> None:
    for path in UI:
        text = path.read_text(encoding="utf-8")
        assert "import PySide" not in text, path
        assert "from PySide" not in text, path
        assert "views" in path.parts or "qtpy" not in text, path
