"""``tinct panel``: what is said before a window opens."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_a_project_that_is_not_there(tinct, tmp_path: Path) -> None:
    outcome = tinct("panel", tmp_path / "film.tinct")
    assert outcome.code == 2
    assert "film.tinct" in outcome.error
    assert "tinct project new" in outcome.error


def test_without_qt_the_extra_is_named() -> None:
    code = "import sys; sys.modules['qtpy'] = None; from tinct.cli import main; raise SystemExit(main(['panel']))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, timeout=60)
    assert done.returncode == 2
    assert "tinct[panel]" in done.stderr
