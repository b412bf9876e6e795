"""*Settings*: a dialog where Resolve has dialogs, a file everywhere."""

from pathlib import Path

import pytest

from fake_resolve.person import Studio, write_still
from fake_resolve.versions import Edition
from fake_resolve.windows import Person, Window, click
from tinct.plugin.params import PARAMETERS, parse_stills
from tinct.plugin.resolve import menu
from tinct.plugin.resolve.settings import read_settings


def fill(window: Window, **values: object) -> None:
    for name, value in values.items():
        item = window.GetItems()[name]
        if item.kind == "ComboBox":
            item.CurrentIndex = item.choices.index(str(value))
        else:
            field = {"LineEdit": "Text", "TextEdit": "PlainText", "CheckBox": "Checked"}.get(item.kind, "Value")
            setattr(item, field, value)


def test_a_person_changes_settings_in_a_dialog(at_work) -> None:
    studio: Studio = at_work()
    still = write_still(studio.folder / "a still.png")

    def acts(window: Window) -> None:
        fill(window, result="take", handles=4, chroma=0.8, stills=f"{still}\n/elsewhere/b.png @1003\n", codec="ffv1")
        click(window, "Save")

    assert menu.run("Settings", {"resolve": studio.app.resolve, "bmd": Person(acts)}, studio.said.append)
    settings = read_settings(studio.tinct.settings)
    assert (settings.result, settings.handles, settings.codec) == ("take", 4, "ffv1")
    assert settings.parameters["chroma"] == 0.8
    stills = [(one.path, one.frame) for one in parse_stills(settings.parameters["stills"])]
    assert stills == [(str(still), None), ("/elsewhere/b.png", 1003)]


def test_what_is_wrong_is_said_in_the_dialog_and_nothing_is_saved(at_work) -> None:
    studio: Studio = at_work()
    said: list[str] = []

    def acts(window: Window) -> None:
        fill(window, passes="glow")
        click(window, "Save")
        said.append(window.GetItems()["Message"].Text)  # type: ignore[attr-defined]
        click(window, "Cancel")

    menu.run("Settings", {"resolve": studio.app.resolve, "bmd": Person(acts)}, studio.said.append)
    assert "passes names 'glow'" in said[0]
    assert read_settings(studio.tinct.settings).parameters["passes"] == ""


def test_every_parameter_that_is_one_line_has_a_field(at_work) -> None:
    studio: Studio = at_work()
    seen: list[set[str]] = []

    def acts(window: Window) -> None:
        seen.append(set(window.GetItems()))
        click(window, "Cancel")

    menu.run("Settings", {"resolve": studio.app.resolve, "bmd": Person(acts)}, studio.said.append)
    wanted = {one.name for one in PARAMETERS if one.kind in ("Double", "Integer", "Boolean", "Choice", "String")}
    assert wanted - {"view", "cacheFolder"} <= seen[0]


@pytest.mark.parametrize(("version", "has_dialogs"), [((18, 6, 6), True), ((19, 1, 3), False), ((20, 2, 2), False)])
def test_the_free_version_has_no_dialogs_since_19_1_and_names_the_file(
    at_work, version: tuple[int, int, int], has_dialogs: bool
) -> None:
    studio: Studio = at_work(Edition(version, studio=False))
    person = Person(lambda window: click(window, "Save"))
    menu.run("Settings", {"resolve": studio.app.resolve, "bmd": person}, studio.said.append)
    assert bool(person.windows) == has_dialogs
    assert studio.tinct.settings in studio.said[-1]
    assert ("no dialogs" in studio.said[-1]) != has_dialogs
    assert Path(studio.tinct.settings).is_file()
