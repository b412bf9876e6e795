"""A small project to start from."""

from pathlib import Path

import pytest

from tinct.runtime.project import OutputSettings, Project, ProjectShot, ProjectStill


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Three shots of one plate in ``film``, the first two of which have a still."""
    film = tmp_path / "film"
    film.mkdir()
    still = ProjectStill(str(film / "still.png"))
    shots = tuple(
        ProjectShot(f"id{number}", f"{number}0", str(film / "plate.mov"), 10 * number, 10 * number + 9)
        for number in range(3)
    )
    project = Project("film", OutputSettings(str(film / "out")), shots)
    return project.with_shots([shots[0].with_still(still), shots[1].with_still(still)])
