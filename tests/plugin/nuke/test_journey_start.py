"""How a session starts with Tinct: installed, installed badly, and not at all."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from fake_nuke.application import NukeApplication
from fake_nuke.artist import Artist, is_grey, same
from tinct.cli import main

Start = Callable[..., NukeApplication]
FAKES = Path(__file__).parents[2] / "fakes"


@pytest.fixture
def own_home(tmp_path: Path) -> Path:
    """An installation that a test may damage."""
    folder = tmp_path / "own_nuke"
    folder.mkdir()
    (folder / "init.py").write_text("MINE = 1\n")
    assert main(["install", "nuke", "--path", str(folder)]) == 0
    return folder


BARE = """
import sys, types
from pathlib import Path
home, fakes, plate, still, cache = sys.argv[1:]
sys.path.insert(0, fakes)
sys.modules["fake_nuke.pictures"] = types.ModuleType("fake_nuke.pictures")  # the only part that needs a library
from fake_nuke.application import NukeApplication

for gui in (True, False):
    nuke = NukeApplication(Path(home), gui=gui).start()
    assert not nuke.terminal, nuke.terminal
    import tinct.plugin.nuke.callbacks as loaded
    assert loaded.__file__.startswith(home), loaded.__file__
    assert ("Nodes" in nuke.menus) == gui
    if gui:
        nuke.select_only(nuke.make("Read", file=plate, first=1001, last=1012))
        node = nuke.type_in_tab("Tinct")
        for name, value in (("model", "fake"), ("backend", "fake"), ("workingSize", 64), ("cacheFolder", cache)):
            nuke.edit(node, name, value)
        nuke.answers.append([still])
        nuke.press(node, "addStill")
        nuke.press(node, "render")
        nuke.main_thread.run_until(lambda: not node["status"].value().startswith("rendering"))
        print(node["status"].value().splitlines()[0])
    nuke.quit()
"""


def find_python(version: str) -> str | None:
    """An interpreter of that version that runs: on PATH, or one of pyenv's."""
    places = [shutil.which(f"python{version}"), *Path.home().glob(f".pyenv/versions/{version}.*/bin/python{version}")]
    for place in places:
        if place and not subprocess.run([place, "-c", ""], capture_output=True, check=False).returncode:
            return str(place)
    return None


@pytest.mark.parametrize("version", ["this", "3.9", "3.10", "3.11"])
def test_what_is_installed_works_in_a_bare_interpreter(
    start: Start, own_home: Path, footage: Path, tmp_path: Path, version: str
) -> None:
    """Nuke 14 to 17 have these versions of Python, and no library of ours: what runs is what was installed."""
    interpreter = sys.executable if version == "this" else find_python(version)
    if interpreter is None:
        pytest.skip(f"there is no Python {version} here")
    places = [own_home, FAKES, footage / "plate.%04d.exr", footage / "red.png", tmp_path / "cache"]
    done = subprocess.run(
        [interpreter, "-S", "-I", "-c", BARE, *map(str, places)], capture_output=True, text=True, check=False
    )
    assert done.stdout.startswith("frames 1001-1012: rendered: 1001-1012; fake on fake"), done.stdout + done.stderr


@pytest.mark.parametrize(
    "damage",
    [
        "plugin/nuke/callbacks.py",
        "plugin/params.py",
        "__init__.py",
    ],
)
def test_a_broken_installation_lets_nuke_start_and_says_so(
    start: Start, own_home: Path, monkeypatch: pytest.MonkeyPatch, damage: str
) -> None:
    (own_home / "tinct_for_nuke" / "tinct" / damage).write_text("raise RuntimeError('half copied')\n")
    hidden = {name: module for name, module in sys.modules.items() if name == "tinct" or name.startswith("tinct.")}
    for name in hidden:  # the checkout's own package must not stand in for the broken one
        monkeypatch.delitem(sys.modules, name)
    nuke = start(own_home)
    for name in [name for name in sys.modules if name == "tinct" or name.startswith("tinct.")]:
        monkeypatch.delitem(sys.modules, name)
    sys.modules.update(hidden)
    assert len(nuke.terminal) == 2  # one line by init.py, one by menu.py
    assert all("half copied" in line and "run tinct install nuke again" in line for line in nuke.terminal)
    command = nuke.menus["Nodes"].find("Not available...")
    assert callable(command)
    command()
    assert "half copied" in nuke.messages[0]


def test_a_folder_that_is_gone_leaves_nuke_as_it_was(start: Start, own_home: Path) -> None:
    (own_home / "tinct_for_nuke").rename(own_home / "moved_away")
    nuke = start(own_home)
    assert nuke.terminal == []
    assert "Nodes" not in nuke.menus


def test_a_saved_script_opens_with_and_without_tinct(
    start: Start, artist: Artist, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    artist.add_still("red.png")
    artist.add_still("blue.png", frame=1007)
    artist.render()
    shown, stills = artist.sees_all(), artist.node["stills"].value()
    script = tmp_path / "comp.nk"
    artist.nuke.save(script)

    again = start()
    again.open(script)
    reopened = Artist(again, artist.footage)
    assert reopened.node["stills"].value() == stills
    assert len(same(shown, reopened.sees_all())) == len(shown)
    assert "were in the cache" in reopened.render()
    first = script.read_text(encoding="utf-8")
    again.save(script)
    assert _names(first) == _names(script.read_text(encoding="utf-8"))

    bare = tmp_path / "no_tinct"
    bare.mkdir()
    without = start(bare)
    monkeypatch.setitem(sys.modules, "tinct.plugin.nuke", None)  # not importable, as where it is not installed
    without.open(script)
    node = without.root.nodes()[-1]
    assert len(same(shown, Artist(without, artist.footage).sees_all())) == len(shown)
    without.edit(node, "chroma", 0.5)  # nothing of ours is called
    without.press(node, "render")
    assert without.messages == ["Tinct is not installed here. What it rendered shows all the same."]
    node["rendered"].setValue(False)
    assert is_grey(Artist(without, artist.footage).sees(1003))


def test_creating_a_node_is_one_step_of_undo(artist: Artist) -> None:
    artist.nuke.steps.done.clear()
    artist.nuke.type_in_tab("Tinct")
    assert [name for name, _ in artist.nuke.steps.done] == ["Create Tinct"]
    artist.nuke.undo()
    assert [node.Class() for node in artist.nuke.root.nodes()] == ["Read", "Group"]


def _names(script: str) -> list[str]:
    return [line for line in script.splitlines() if line.startswith((" name ", " addUserKnob", " stills "))]
