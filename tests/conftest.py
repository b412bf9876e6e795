"""Settings that every test of Tinct shares."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from small_disk import small_disk

# A failing example must fail again on the next run, and a slow machine is no failure.
settings.register_profile(
    "tinct", deadline=None, max_examples=40, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "tinct"))


@pytest.fixture(autouse=True)
def _plain_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test may depend on the colours or the width of the terminal it is started from."""
    for name in ("FORCE_COLOR", "CLICOLOR_FORCE", "TTY_COMPATIBLE", "GITHUB_ACTIONS", "PY_COLORS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "120")


@pytest.fixture
def mount_disk(tmp_path: Path) -> Iterator[Callable[[int], Path]]:
    """Mount a disk of so many kB for this test; its folder."""
    with ExitStack() as mounts:

        def mount(kilobytes: int) -> Path:
            if not mounts.enter_context(small_disk(tmp_path / "disk", kilobytes)):
                pytest.skip("only root on Linux may mount the small disk that this test fills")
            return tmp_path / "disk"

        yield mount
