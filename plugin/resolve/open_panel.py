"""*Open panel*: Tinct's panel as a process of its own, on the panel's project if the folder of the open one has one,
else on the timeline as it is."""

from __future__ import annotations

import os
import time
from typing import Callable

from tinct.plugin.resolve.api import Application
from tinct.plugin.resolve.connect import open_project
from tinct.plugin.resolve.handover import newest, write_handover
from tinct.plugin.resolve.processes import last_words, start_process
from tinct.plugin.resolve.project_folder import folder_of
from tinct.plugin.worker_process import find_installation

STARTS_SECONDS = 2.0
"""A panel that is still there after this has started."""


def open_panel(application: Application, tell: Callable[[str], None], wait: float = STARTS_SECONDS) -> bool:
    """Start ``tinct panel`` with the interpreter that was recorded at installation; False where it does not start.

    Raises:
        NothingToDo: no project or timeline is open, or nothing is on it.
        WorkerUnavailable: there is no usable record of the installation.
    """
    find_installation()  # before anything is written
    project = open_project(application)
    folder = folder_of(project)
    files = write_handover(application, project)
    begins_with = newest(folder.root, [".tinct"]) or newest(folder.root, [".otio"]) or files[0]
    log = os.path.join(folder.root, "panel.log")
    process = start_process(["panel", begins_with], log)
    until = time.monotonic() + wait
    while time.monotonic() < until and process.poll() is None:
        time.sleep(0.05)
    if process.poll() not in (None, 0):
        tell(f"the panel does not start: {last_words(log)}")
        tell(f"settings are in {folder.settings}, and the scripts of this menu work without it")
        return False
    tell("the panel is open; run Update from panel to place what it has coloured")
    return True
