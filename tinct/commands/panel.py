"""``tinct panel``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from tinct.runtime.project import Project

TIMELINES = (".otio", ".edl", ".fcpxml", ".xml", ".aaf")


def panel(
    media: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[PROJECT|CLIP|TIMELINE]...", help="What to open.", show_default=False),
    ] = None,
) -> None:
    """Choose stills shot by shot, see the result, correct it and render: the panel, in a window of its own."""
    import sys

    from tinct.plugin.client import WorkerUnavailable, find_installation
    from tinct.plugin.worker_process import INSTALLATION_VARIABLE
    from tinct.runtime.errors import MediaNotFoundError, UsageError

    for path in media or ():
        if path.suffix == ".tinct" and not path.is_file():
            raise MediaNotFoundError(f"there is no project {path}; make one with tinct project new, or name a clip")
    try:
        from tinct.ui.views.window import run
    except ImportError as error:
        raise UsageError(
            f"the panel needs Qt, which cannot be loaded ({error}); install it: pip install 'tinct[panel]'"
        ) from error
    _refuse_broken_qt()
    try:
        find_installation()
    except WorkerUnavailable:
        _record_this_installation(INSTALLATION_VARIABLE, sys.executable)
    opened = [_conformed(path) if path.suffix.lower() in TIMELINES else str(path) for path in media or ()]
    raise typer.Exit(run(opened))


def _refuse_broken_qt() -> None:
    import sys

    from tinct.runtime.errors import UsageError

    version = getattr(sys.modules.get("PySide6"), "__version__", "")
    if version == "6.12.0" and sys.version_info < (3, 12):
        raise UsageError(
            "PySide6 6.12.0 ends the process under this Python; install another: "
            "pip install 'PySide6-Essentials!=6.12.0'"
        )


def _conformed(path: Path) -> "Project":
    """A project of a timeline's clips; those that cannot be shots are named on stderr."""
    from tinct.project_file_argument import new_project
    from tinct.runtime.conform.conform import conform
    from tinct.runtime.conform.media_index import MediaIndex
    from tinct.runtime.conform.timeline_file import read_timeline

    found = conform(read_timeline(path), MediaIndex((), base=path.absolute().parent), skip=True)
    for refused in found.refused:
        typer.echo(f"tinct: {refused}", err=True)
    return found.added_to(new_project(path.with_suffix(".tinct")))


def _record_this_installation(variable: str, interpreter: str) -> None:
    """Workers are started with the interpreter that runs the panel, for as long as it does."""
    import atexit
    import os
    import shutil
    import tempfile

    import tinct
    from tinct.plugin.client import write_installation

    folder = tempfile.mkdtemp(prefix="tinct-panel-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    path = os.path.join(folder, "installation.json")
    write_installation(path, interpreter, {"PYTHONPATH": str(Path(tinct.__file__).parent.parent)})
    os.environ[variable] = path
