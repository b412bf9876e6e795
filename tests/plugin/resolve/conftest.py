"""Resolve with a project: real movies and pictures on a timeline, and a worker on the fake backend."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest

from fake_resolve.application import Installation
from fake_resolve.person import Studio
from fake_resolve.versions import Edition
from tinct.plugin.client import Client


@pytest.fixture
def at_work(tmp_path: Path, serve: Callable[..., Client], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Studio]:
    """A person who opens a project in an edition of Resolve."""
    monkeypatch.setenv("TINCT_RESOLVE_FOLDER", str(tmp_path / "tinct"))

    def open_project(edition: Edition | None = None, rate: Fraction = Fraction(24), **facts: str) -> Studio:
        app = Installation(edition)
        project = app.resolve.GetProjectManager().CreateProject("Reel 1")
        assert project is not None
        project._rate = rate
        return Studio(tmp_path, app, project, project._add_timeline("Assembly", rate, **facts), serve())

    return open_project
