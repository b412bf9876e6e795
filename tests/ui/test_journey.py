"""The journey with the fake backend; what the panel renders is what ``tinct project render`` renders."""

import dataclasses
from collections.abc import Callable
from fractions import Fraction
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import av
import pytest

pytest.importorskip("PySide6.QtWidgets", reason="Qt is not here", exc_type=ImportError)
from tinct.cli import main
from tinct.plugin.client import Client
from tinct.runtime.project import load_project, save_project
from tinct.ui.models.connection import Connections


def smaller(film: Path, path: Path) -> Path:
    """Every second frame of the film, at a quarter of its size."""
    with av.open(str(film)) as source, av.open(str(path), "w") as target:
        stream = target.add_stream("ffv1", rate=24)
        stream.width, stream.height, stream.pix_fmt = 160, 90, "gray"
        for number, frame in enumerate(source.decode(video=0)):
            if number % 2 == 0:
                small = frame.reformat(160, 90, "gray")
                small.pts, small.time_base = number // 2, Fraction(1, 24)
                target.mux(stream.encode(small))
        target.mux(stream.encode(None))
    return path


def test_an_artist_s_way_from_the_film_to_the_rendered_shots(
    qtbot, qapp, clients: Callable[[], Client], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    spec = spec_from_file_location("tinct_journey", Path(__file__).with_name("journey.py"))
    assert spec is not None
    assert spec.loader is not None
    journey = module_from_spec(spec)
    spec.loader.exec_module(journey)
    film, stills = journey.make_material(tmp_path)
    film = smaller(film, tmp_path / "small.mkv")
    qapp.setStyle("Fusion")
    window = journey.make_window(Connections(clients), detector="adaptive")
    qtbot.addWidget(window)
    window.resize(1440, 900)
    window.show()
    panel = window.view.panel
    fake = {"model": "fake", "backend": "fake", "workingSize": 64}
    panel.document.edit("", dataclasses.replace(panel.document.project, parameters=fake))
    steps: list[str] = []
    try:
        journey.go(journey.Hand(window, 60), film, stills, tmp_path / "film.tinct", steps.append)
    finally:
        window.close()
    assert steps == ["shots", "result", "second_still", "hint", "compare", "queue"]

    project = load_project(tmp_path / "film.tinct")
    again = dataclasses.replace(project.output, folder=str(tmp_path / "again"))
    save_project(dataclasses.replace(project, output=again), tmp_path / "again.tinct")
    assert main(["project", "render", str(tmp_path / "again.tinct")]) == 0, capfd.readouterr().err
    for shot in project.shots:
        rendered = Path(project.output.place(shot.name))
        assert rendered.read_bytes() == Path(again.place(shot.name)).read_bytes(), shot.name
