"""``tinct panel``."""

from pathlib import Path
from typing import Annotated

import typer

TIMELINES = (".otio", ".otioz", ".edl", ".fcpxml", ".xml", ".aaf")


def panel(
    media: Annotated[
        list[Path] | None, typer.Argument(metavar="[PROJECT|CLIP]...", help="What to open.", show_default=False)
    ] = None,
) -> None:
    """Choose stills shot by shot, see the result, correct it and render: the panel, in a window of its own."""
    import sys

    from tinct.plugin.client import INSTALLATION_VARIABLE, WorkerUnavailable, find_installation
    from tinct.runtime.errors import MediaNotFoundError, UsageError

    for path in media or ():
        if path.suffix.lower() in TIMELINES:
            raise UsageError(
                f"{path} is a timeline; make a project of it first: tinct project import PROJECT {path}, then open that"
            )
        if path.suffix == ".tinct" and not path.is_file():
            raise MediaNotFoundError(f"there is no project {path}; make one with tinct project new, or name a clip")
    try:
        from tinct.ui.views.window import run
    except ImportError as error:
        raise UsageError(
            f"the panel needs Qt, which cannot be loaded ({error}); install it: pip install 'tinct[panel]'"
        ) from error
    try:
        find_installation()
    except WorkerUnavailable:
        _record_this_installation(INSTALLATION_VARIABLE, sys.executable)
    raise typer.Exit(run([str(path) for path in media or ()]))


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
