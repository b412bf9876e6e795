"""The journey with a real window on a screen: keys and mouse come from outside, through the X server."""

import contextlib
import dataclasses
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

pytest.importorskip("PySide6.QtWidgets", reason="Qt is not here", exc_type=ImportError)
from tinct.cli import main
from tinct.plugin.client import Client, ClientError
from tinct.runtime.project import OutputSettings, Project, load_project, save_project

HERE = Path(__file__).parent


def neighbour(name: str) -> ModuleType:
    spec = spec_from_file_location(f"tinct_{name}", HERE / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Person:
    """Sees the panel, and has a keyboard and a mouse."""

    def __init__(self, screen: Any, process: subprocess.Popen[str]) -> None:
        self.screen, self.process = screen, process

    def ask(self, *question: object) -> Any:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(question) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        assert answer, "the panel has ended"
        return json.loads(answer)

    def until(self, holds: Callable[[dict[str, Any]], object], seconds: float = 60.0) -> dict[str, Any]:
        deadline = time.monotonic() + seconds
        while True:
            stand: dict[str, Any] = self.ask("stand")
            if holds(stand):
                return stand
            assert time.monotonic() < deadline, stand
            time.sleep(0.03)

    def wait_for(self, question: str, wanted: Callable[[Any], object], seconds: float = 60.0) -> None:
        deadline = time.monotonic() + seconds
        while not wanted(self.ask(question)):
            assert time.monotonic() < deadline, (question, self.ask(question))
            time.sleep(0.03)

    def see(self) -> dict[str, Any]:
        return self.until(lambda stand: stand["is_current"])

    def choose_file(self, keys: str, path: Path) -> None:
        """Press the keys of an action that asks for a file, and write its path into the dialog."""
        self.screen.press(keys)
        self.wait_for("dialog", bool)
        self.screen.write(str(path))
        self.screen.press("Return")
        self.wait_for("dialog", lambda title: not title)
        self.wait_for("is_shown", bool)

    def walk_to(self, name: str) -> None:
        """Go from part to part by the keyboard until that one has the focus."""
        for _ in range(80):
            if self.ask("focus") == name:
                return
            self.screen.press("shift+Tab")
        raise AssertionError(f"no way by the keyboard to {name}")


@pytest.fixture
def screen(tmp_path: Path) -> Iterator[Any]:
    module = neighbour("screen")
    if module.missing():
        pytest.skip(f"not installed: {' '.join(module.missing())} (.ci/hosts)")
    home = tmp_path / "home"
    home.mkdir()
    screen = module.Screen(home)
    yield screen
    screen.close()


@pytest.fixture
def person(screen: Any, folder: Path, installation: str, tmp_path: Path) -> Iterator[Callable[..., Person]]:
    """A person before ``tinct panel`` with what it opens."""
    started: list[subprocess.Popen[str]] = []

    def start(*opened: Path) -> Person:
        environment = {
            **screen.environment,
            "TINCT_WORKER_FOLDER": str(folder),
            "TINCT_INSTALLATION": installation,
            "PYTHONPATH": str(HERE.parents[1]),
        }
        process = subprocess.Popen(
            [sys.executable, str(HERE / "questioned_panel.py"), *map(str, opened)],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        person = Person(screen, process)
        if process.poll() is None and process.stdout is not None:
            person.wait_for("is_shown", bool)
        return person

    yield start
    for process in started:
        if process.poll() is None:
            process.terminate()
        process.wait(20)
        for pipe in (process.stdin, process.stdout, process.stderr):
            assert pipe is not None
            pipe.close()
    with contextlib.suppress(ClientError):
        Client(folder=str(folder), start=False).stop()


def test_an_artist_s_way_with_a_keyboard_and_a_mouse(
    person: Callable[..., Person], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    film, stills = neighbour("journey").make_material(tmp_path)
    film = neighbour("test_journey").smaller(film, tmp_path / "small.mkv")
    place = tmp_path / "film.tinct"
    fake = {"model": "fake", "backend": "fake", "workingSize": 64}
    save_project(Project("film", OutputSettings(str(tmp_path / "out")), (), parameters=fake), place)

    one = person(place)
    screen = one.screen
    one.choose_file("ctrl+i", film)
    stand = one.until(lambda stand: len(stand["shots"]) == 3)
    one.see()

    one.choose_file("ctrl+l", stills)
    stand = one.until(lambda stand: len(stand["offered"]) == 4 and stand["is_ranked"])
    best, second = stand["offered"][:2]
    screen.click(one.ask("row", "Library", 0), times=2)
    stand = one.until(lambda stand: stand["stills"])
    assert [still[0] for still in stand["stills"]] == [best]
    stand = one.see()

    first, last = stand["range"]
    middle = (first + last + 1) // 2
    screen.click(one.ask("frame", middle))
    one.until(lambda stand: stand["frame"] == middle and stand["is_current"])
    one.walk_to("Library")
    screen.press("Home", "Right", "Return")
    stand = one.until(lambda stand: len(stand["stills"]) == 2)
    assert stand["stills"] == [[best, first, middle - 1], [second, middle, last]]
    one.see()

    screen.click(one.ask("frame", first))
    one.until(lambda stand: stand["frame"] == first and stand["is_current"])
    screen.press("p")
    one.until(lambda stand: stand["tool"] == "pick")
    screen.click(one.ask("share", 0.4, 0.6))
    one.until(lambda stand: stand["tool"] == "hint")
    screen.click(one.ask("share", 0.23, 0.7))
    stand = one.until(lambda stand: stand["hints"])
    assert len(set(stand["hints"][0])) > 1  # a colour of the result, not a grey
    screen.press("Escape")
    one.until(lambda stand: stand["tool"] == "look" and stand["is_current"])

    screen.press("w")
    one.until(lambda stand: stand["comparison"] == "wipe")
    screen.drag(one.ask("share", 0.5, 0.4), one.ask("share", 0.25, 0.4))
    assert one.until(lambda stand: stand["wipe"] < 0.4)["wipe"] == pytest.approx(0.25, abs=0.02)
    screen.turn_wheel(one.ask("share", 0.3, 0.3), up=True)
    one.until(lambda stand: stand["zoom"] > 0)
    one.until(lambda stand: "Lab" in stand["readout"])
    screen.press("f", "w", "ctrl+z", "ctrl+z", "ctrl+shift+z", "ctrl+shift+z", "Right", "Right")
    stand = one.until(lambda stand: stand["frame"] == first + 2 and stand["is_current"])
    assert (stand["comparison"], stand["zoom"], len(stand["hints"]), len(stand["stills"])) == ("off", 0, 1, 2)

    for number in (1, 2):
        screen.press("Next")
        one.until(lambda stand, number=number: stand["current"] == stand["shots"][number][0] and stand["is_ranked"])
        screen.press("b")
        one.until(lambda stand: stand["stills"] and stand["is_current"])
    screen.press("ctrl+a", "ctrl+s")
    one.until(lambda stand: stand["selected"] == 3 and not stand["is_modified"])
    screen.press("ctrl+r")
    stand = one.until(lambda stand: stand["tasks"] == ["done"] * 3)
    assert [state for _, state in stand["shots"]] == ["rendered"] * 3
    screen.press("ctrl+w")
    assert one.process.wait(60) == 0

    project = load_project(place)
    again = dataclasses.replace(project.output, folder=str(tmp_path / "again"))
    save_project(dataclasses.replace(project, output=again), tmp_path / "again.tinct")
    assert main(["project", "render", str(tmp_path / "again.tinct")]) == 0, capfd.readouterr().err
    for shot in project.shots:
        rendered = Path(project.output.place(shot.name))
        assert rendered.read_bytes() == Path(again.place(shot.name)).read_bytes(), shot.name
