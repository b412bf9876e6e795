"""How a session starts with Tinct: installed, installed badly, and not at all."""

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


def test_what_is_installed_starts_in_a_bare_interpreter_in_both_kinds_of_session(own_home: Path) -> None:
    """Nuke's Python has no library of ours; everything that the start loads comes from the installed folder."""
    code = f"""
import sys
from pathlib import Path
sys.path.insert(0, {str(FAKES)!r})
import types
sys.modules["fake_nuke.pictures"] = types.ModuleType("fake_nuke.pictures")  # the only part that needs a library
from fake_nuke.application import NukeApplication
for gui in (True, False):
    nuke = NukeApplication(Path({str(own_home)!r}), gui=gui).start()
    assert not nuke.terminal, nuke.terminal
    import tinct.plugin.nuke.callbacks as loaded
    assert loaded.__file__.startswith({str(own_home)!r}), loaded.__file__
    if gui:
        assert nuke.type_in_tab("Tinct")["chroma"].value() == 1.0
    assert ("Nodes" in nuke.menus) == gui
    nuke.quit()
print("both")
"""
    done = subprocess.run([sys.executable, "-S", "-I", "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout == "both\n", done.stderr


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
