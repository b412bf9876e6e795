"""*Open panel*: Tinct's panel as a process of its own, on the folder of the open project."""

from __future__ import annotations

import os
import time
from typing import Callable

from tinct.plugin.resolve.api import Application
from tinct.plugin.resolve.connect import open_project
from tinct.plugin.resolve.processes import last_words, start_process
from tinct.plugin.resolve.project_folder import folder_of

STARTS_SECONDS = 2.0
"""A panel that is still there after this has started."""


def open_panel(application: Application, tell: Callable[[str], None], wait: float = STARTS_SECONDS) -> bool:
    """Start ``tinct panel`` with the interpreter that was recorded at installation; False where it does not start.

    Raises:
        NothingToDo: no project is open.
        WorkerUnavailable: there is no usable record of the installation.
    """
    folder = folder_of(open_project(application))
    log = os.path.join(folder.root, "panel.log")
    process = start_process(["-m", "tinct", "panel", folder.root], log)
    until = time.monotonic() + wait
    while time.monotonic() < until and process.poll() is None:
        time.sleep(0.05)
    if process.poll() not in (None, 0):
        tell(f"the panel does not start: {last_words(log)}")
        tell(f"settings are in {folder.settings}, and the scripts of this menu work without it")
        return False
    tell("the panel is open; run Update from panel to place what it has coloured")
    return True
