"""``tinct install resolve``: what lies where, what a damaged installation does to Resolve, what a removal leaves."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tinct.cli import main
from tinct.plugin.install import resolve

SCRIPTS = {
    "Scripts/Edit/Tinct/Colour selected clips.py",
    "Scripts/Color/Tinct/Colour selected clips.py",
    "Scripts/Color/Tinct/Send stills to Tinct.py",
    "Scripts/Utility/Tinct/Open panel.py",
    "Scripts/Utility/Tinct/Update from panel.py",
    "Scripts/Utility/Tinct/Stop colouring.py",
    "Scripts/Utility/Tinct/Settings.py",
}


@pytest.fixture
def fusion(tmp_path: Path) -> Path:
    assert main(["install", "resolve", "--path", str(tmp_path / "Fusion")]) == 0
    return tmp_path / "Fusion"


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_menus_scripts_and_the_package_beside_them(fusion: Path) -> None:
    files = contents(fusion)
    assert {name for name in files if name.startswith("Scripts/")} == SCRIPTS
    assert "Tinct/tinct/plugin/resolve/menu.py" in files
    assert "Tinct/tinct/plugin/params.py" in files
    record = json.loads(files["Tinct/tinct/plugin/tinct_installation.json"])
    assert record["interpreter"] == sys.executable


def test_a_second_installation_changes_nothing(fusion: Path) -> None:
    before = contents(fusion)
    assert main(["install", "resolve", "--path", str(fusion)]) == 0
    assert contents(fusion) == before


def test_a_removal_leaves_what_is_not_tincts(fusion: Path) -> None:
    own = fusion / "Scripts/Edit/mine.py"
    own.write_text("print('mine')")
    assert main(["install", "resolve", "--path", str(fusion), "--remove"]) == 0
    assert set(contents(fusion)) == {"Scripts/Edit/mine.py"}
    assert main(["install", "resolve", "--path", str(fusion), "--remove"]) != 0


def test_a_script_of_that_name_by_somebody_else_is_not_replaced(tmp_path: Path) -> None:
    theirs = tmp_path / "Scripts/Utility/Tinct/Open panel.py"
    theirs.parent.mkdir(parents=True)
    theirs.write_text("print('theirs')")
    assert main(["install", "resolve", "--path", str(tmp_path)]) != 0
    assert theirs.read_text() == "print('theirs')"


@pytest.mark.parametrize(
    ("system", "place"),
    [
        ("linux", ".local/share/DaVinciResolve/Fusion"),
        ("darwin", "Library/Application Support/Blackmagic Design/DaVinci Resolve/Fusion"),
        ("win32", "AppData/Roaming/Blackmagic Design/DaVinci Resolve/Support/Fusion"),
    ],
)
def test_where_resolve_looks_on_each_system(
    system: str, place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("APPDATA", str(tmp_path / "AppData/Roaming"))
    assert resolve.usual_folder() == tmp_path / place


ALONE = """
import sys
sys.path.insert(0, {fakes!r})
from fake_resolve.application import Installation
from pathlib import Path
sys.path.remove({fakes!r})
sys.path = [one for one in sys.path if not Path(one, "tinct").is_dir()]
assert "tinct" not in sys.modules
app = Installation()
app.resolve.GetProjectManager().CreateProject("Reel 1")
app.run_menu_script(Path({script!r}))
print("Resolve goes on with", getattr(sys.modules.get("tinct"), "__file__", "nothing of Tinct"))
"""


def run_alone(script: Path, home: Path) -> subprocess.CompletedProcess[str]:
    """Run a script of the menu in a Python of its own, which knows nothing of Tinct but what was installed."""
    code = ALONE.format(fakes=str(Path(__file__).parents[2] / "fakes"), script=str(script))
    environment = {"HOME": str(home), "TINCT_RESOLVE_FOLDER": str(home / "work"), "PATH": "/usr/bin:/bin"}
    command = [sys.executable, "-I", "-c", code]
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)


@pytest.mark.parametrize("damage", ["package gone", "a module broken", "no record of the interpreter"])
def test_a_damaged_installation_is_told_and_resolve_goes_on(fusion: Path, damage: str) -> None:
    package = fusion / "Tinct/tinct"
    if damage == "package gone":
        package.rename(fusion / "moved away")
    elif damage == "a module broken":
        (package / "plugin/resolve/menu.py").write_text("this is no Python")
    else:
        (package / "plugin/tinct_installation.json").unlink()
    ran = run_alone(fusion / "Scripts/Utility/Tinct/Open panel.py", home=fusion)
    assert ran.returncode == 0, ran.stderr
    said = ran.stdout.splitlines()
    assert said[-1].startswith("Resolve goes on")
    assert "tinct install" in said[0]


def test_the_installed_script_needs_the_installed_package_alone(fusion: Path, tmp_path: Path) -> None:
    """Studio, with a project open: *Stop colouring* finds nothing to stop."""
    ran = run_alone(fusion / "Scripts/Utility/Tinct/Stop colouring.py", home=tmp_path)
    assert ran.stdout.splitlines() == [
        "Tinct: nothing is being coloured",
        f"Resolve goes on with {fusion / 'Tinct/tinct/__init__.py'}",
    ], ran.stderr


def test_the_package_loads_in_the_oldest_python(fusion: Path) -> None:
    oldest = shutil.which("python3.9")
    if oldest is None or subprocess.run([oldest, "--version"], capture_output=True, check=False).returncode:
        pytest.skip("python3.9 is not installed")
    code = (
        "import sys; sys.path.insert(0, {!r}); import tinct.plugin.resolve.menu, tinct.plugin.resolve.run_job; "
        "print(sorted({{one.split('.')[0] for one in sys.modules}} & {{'numpy', 'cv2', 'av', 'PySide6'}}))"
    ).format(str(fusion / "Tinct"))
    ran = subprocess.run([oldest, "-I", "-W", "error", "-c", code], capture_output=True, text=True, check=False)
    assert ran.stdout.strip() == "[]", ran.stderr
