"""Free and Studio, from the menu and from outside; the panel; settings that a person edited."""

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fake_resolve.application import Installation
from fake_resolve.person import Studio, write_movie, write_still
from fake_resolve.versions import Edition
from tinct.plugin.resolve import menu
from tinct.plugin.resolve.api import newer
from tinct.plugin.resolve.connect import connect, edition, open_project
from tinct.plugin.resolve.errors import NothingToDo, ResolveUnavailable, SettingsError
from tinct.plugin.resolve.handover import read_handover
from tinct.plugin.resolve.job import write_job
from tinct.plugin.resolve.open_panel import open_panel
from tinct.plugin.resolve.plan import plan
from tinct.plugin.resolve.run_job import run_job
from tinct.plugin.resolve.settings import Settings, read_settings, write_settings
from tinct.plugin.resolve.update import update


@pytest.fixture
def outside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Callable[[Edition], Installation]]:
    """Resolve as scripts from outside find it."""
    offered: list[Installation] = []
    monkeypatch.setenv("RESOLVE_SCRIPT_API", str(tmp_path))
    monkeypatch.setattr(sys, "path", list(sys.path))

    def offer(kind: Edition) -> Installation:
        offered.append(Installation(kind))
        offered[0].offer()
        return offered[0]

    yield offer
    for one in offered:
        one.withdraw()


def test_studio_takes_scripts_from_outside(outside) -> None:
    app = outside(Edition((20, 2, 2)))
    found = connect({})
    assert found is app.resolve
    assert edition(found) == ("DaVinci Resolve Studio", (20, 2, 2), True)


def test_the_free_version_takes_scripts_of_its_menu_only(outside) -> None:
    app = outside(Edition((19, 1, 3), studio=False))
    with pytest.raises(ResolveUnavailable, match=r"need Studio.*The menu Workspace > Scripts works in every one"):
        connect({})
    assert connect({"resolve": app.resolve}) is app.resolve


def test_where_resolve_is_not_installed_it_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("RESOLVE_SCRIPT_API", str(tmp_path))
    monkeypatch.setattr(sys, "path", list(sys.path))
    with pytest.raises(ResolveUnavailable, match="cannot be loaded from"):
        connect({})


def test_a_version_that_is_too_old_and_a_project_that_is_not_open() -> None:
    with pytest.raises(NothingToDo, match=r"Resolve 18\.1\.0; Tinct needs 18\.5"):
        open_project(Installation(Edition((18, 1, 0))).resolve)
    with pytest.raises(NothingToDo, match="no project is open"):
        open_project(Installation().resolve)


@pytest.mark.parametrize(("version", "there"), [((18, 6, 6), False), ((19, 0, 0), True)])
def test_methods_of_later_versions_are_asked_for(at_work, version: tuple[int, int, int], there: bool) -> None:
    studio: Studio = at_work(Edition(version))
    assert (newer(studio.project.GetMediaPool(), "GetSelectedClips") is not None) == there
    assert hasattr(studio.project.GetMediaPool(), "GetSelectedClips")  # which is why nobody may go by that


def test_the_free_version_from_its_menu_with_no_line_typed(
    at_work, installation: str, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Stills lie in the project's folder, the playhead is on a clip; the settings' file is made by the first run."""
    studio: Studio = at_work(Edition((19, 1, 3), studio=False))
    studio.cut_in(studio.bring(write_movie(studio.folder / "reel.mov", 6)), 0, 4)
    assert menu.run("Colour selected clips", {"resolve": studio.app.resolve})
    assert "it has no still" in capsys.readouterr().out
    settings = json.loads(Path(studio.tinct.settings).read_text())
    assert settings["parameters"]["model"] == "lite"
    assert settings["parameters"]["stills"] == []

    settings["parameters"].update(model="fake", backend="fake", workingSize=64)
    settings["wait"] = 60
    Path(studio.tinct.settings).write_text(json.dumps(settings))
    write_still(Path(studio.tinct.stills) / "still.png")
    monkeypatch.setenv("TINCT_INSTALLATION", installation)
    monkeypatch.setenv("TINCT_WORKER_FOLDER", str(folder))
    assert menu.run("Colour selected clips", {"resolve": studio.app.resolve})
    assert "1 clip(s) placed; 6 of 6 frames, 1 of 1 file(s) done" in capsys.readouterr().out
    assert len(studio.on_track()) == 1


def test_what_fails_in_a_script_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    class Broken:
        def __getattr__(self, name: str) -> object:
            raise RuntimeError("the bridge is gone")

    assert not menu.run("Update from panel", {"resolve": Broken()})
    assert capsys.readouterr().out.startswith("Tinct: Update from panel failed: RuntimeError: the bridge is gone")


def test_a_panel_that_is_not_there_is_told(at_work, installation: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An interpreter without Tinct stands for a Tinct without the panel."""
    studio: Studio = at_work()
    studio.cut_in(studio.bring(write_movie(studio.folder / "reel.mov", 6)), 0, 4)
    record = studio.folder / "record.json"
    record.write_text(json.dumps({"interpreter": sys.executable, "environment": {"PYTHONPATH": str(studio.folder)}}))
    (studio.folder / "tinct.py").write_text("raise SystemExit('No such command panel')")
    monkeypatch.setenv("TINCT_INSTALLATION", str(record))
    assert not open_panel(studio.app.resolve, studio.said.append, wait=20)
    assert "the panel does not start: No such command panel" in studio.said[0]
    assert "work without it" in studio.said[1]


def test_a_panel_colours_what_it_was_handed_and_update_places_it(at_work, monkeypatch: pytest.MonkeyPatch) -> None:
    """A script stands for the panel: it says which file it was opened with. What a panel does then is done here."""
    studio: Studio = at_work()
    reel = studio.bring(write_movie(studio.folder / "reel.mov", 8))
    studio.cut_in(reel, 1, 4)
    studio.cut_in(reel, 5, 2, at=20)
    studio.set(write_still(studio.folder / "still.png"))
    record, panel = studio.folder / "record.json", studio.folder / "tinct.py"
    record.write_text(json.dumps({"interpreter": sys.executable, "environment": {"PYTHONPATH": str(studio.folder)}}))
    panel.write_text("import sys, time\nprint(sys.argv[1:], flush=True)\ntime.sleep(1)")
    monkeypatch.setenv("TINCT_INSTALLATION", str(record))
    assert open_panel(studio.app.resolve, studio.said.append, wait=0.5)
    said = Path(studio.tinct.root, "panel.log").read_text()
    assert said.strip() == str(["panel", str(Path(studio.tinct.root, "timeline.otio"))])

    folder, handed = read_handover(studio.tinct.root)
    assert [shot.name for shot in handed.shots] == ["reel.mov", "reel.mov"]
    planned, _ = plan(handed.shots[:1], read_settings(folder.settings), folder)
    job = write_job(folder, handed.project, handed.timeline, "track", "Tinct", True, planned)
    run_job(job, studio.client)

    assert update(studio.app.resolve, studio.said.append) == 1
    assert [item.GetStart() for item in studio.on_track()] == [86400]


def test_settings_are_written_as_they_are_read(tmp_path: Path) -> None:
    path = str(tmp_path / "settings.json")
    assert read_settings(path).result == "track"
    changed = read_settings(path)._replace(result="take", handles=3)
    write_settings(path, changed)
    assert read_settings(path) == changed
    assert set(json.loads(Path(path).read_text())) == {"tinct", *Settings._fields}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"handles": -1}, "handles .* is -1 and must be a whole number"),
        ({"result": "beside"}, "result .* must be one of track, take, replacement"),
        ({"clips": 3}, "clips .* must be one of auto"),
        ({"resultsfolder": "/x"}, "has 'resultsfolder'; the settings are"),
        ({"results_folder": "here"}, "must be null or the whole path"),
        ({"parameters": {"chroma": 9}}, "chroma is 9 and must be from 0 to 4"),
        ({"tinct": 99}, "is no settings file of this version"),
    ],
)
def test_a_wrong_setting_is_named_with_its_file(tmp_path: Path, change: dict[str, object], message: str) -> None:
    path = tmp_path / "settings.json"
    read_settings(str(path))
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(SettingsError, match=message) as caught:
        read_settings(str(path))
    assert str(path) in str(caught.value)


def test_settings_that_are_no_json_are_told(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.write_text("{")
    with pytest.raises(SettingsError, match="remove it to begin with the defaults"):
        read_settings(str(path))
