"""The panel in a pane of Nuke."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from fake_nuke.application import NukeApplication

FAKES = Path(__file__).parents[2] / "fakes"
OPEN = """
import os, sys
from pathlib import Path
home, fakes = sys.argv[1:3]
sys.path.insert(0, fakes)
from fake_nuke.application import NukeApplication

before = set(sys.modules)
nuke = NukeApplication(Path(home)).start()
assert not nuke.terminal, nuke.terminal
assert not any(name.split(".")[0] in ("qtpy", "PySide6", "PySide2") for name in sys.modules)
name, make = nuke.panels["org.tinct.Panel"]
import qtpy.QtWidgets as widgets
application = widgets.QApplication([])
widget = make()
import tinct.ui, tinct.runtime
for part in (tinct.ui, tinct.runtime):
    assert str(part.__path__[0]).startswith(home), part.__path__
strange = {name.split(".")[0] for name in sys.modules} & {"cv2", "av", "onnxruntime"}
assert not strange, strange
widget.resize(1200, 700)
widget.show()
application.processEvents()
widget.grab().save(sys.argv[3])
widget.close()
nuke.quit()
print(name)
"""


def test_the_panel_is_offered_and_nothing_of_qt_is_loaded_for_that(start: Callable[..., NukeApplication]) -> None:
    pytest.importorskip("qtpy")
    nuke = start()
    assert [name for name, _ in nuke.panels.values()] == ["Tinct"]
    assert not start(gui=False).panels


def test_a_pane_shows_the_installed_panel(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("qtpy")
    pytest.importorskip("PySide6.QtWidgets", exc_type=ImportError)
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    picture = tmp_path / "pane.png"
    done = subprocess.run(
        [sys.executable, "-c", OPEN, str(home), str(FAKES), str(picture)],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "Tinct"
    assert picture.stat().st_size > 5000


def test_qtpy_goes_along_for_a_nuke_that_has_none(home: Path) -> None:
    pytest.importorskip("qtpy")
    folder = home / "tinct_for_nuke" / "tinct" / "qtpy_of_tinct"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", f"import sys; sys.path.append({str(folder)!r}); import qtpy"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "QtBindingsNotFoundError" in done.stderr, done.stderr  # qtpy itself is there, and this Python has no Qt
    assert list(folder.rglob("LICENSE*"))
