"""*Open panel*: Tinct's panel as a process of its own, on the folder of the open project."""

from __future__ import annotations

import json
import os
import subprocess
import time
from typing import Callable

from tinct.plugin.client import HOSTS_OWN, WorkerUnavailable, find_installation
from tinct.plugin.resolve.api import Application
from tinct.plugin.resolve.connect import open_project
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
    place = find_installation()
    try:
        with open(place, encoding="utf-8") as stream:
            facts = json.load(stream)
        environment = {name: value for name, value in os.environ.items() if name not in HOSTS_OWN}
        environment.update(dict(facts.get("environment") or {}))
        log = os.path.join(folder.root, "panel.log")
        with open(log, "wb") as stream_out:
            process = subprocess.Popen(
                [str(facts["interpreter"]), "-m", "tinct", "panel", folder.root],
                stdin=subprocess.DEVNULL, stdout=stream_out, stderr=stream_out, env=environment, start_new_session=True,
            )  # fmt: skip
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise WorkerUnavailable(
            f"the panel cannot be started as {place} says ({error}); run tinct install resolve again"
        ) from None
    until = time.monotonic() + wait
    while time.monotonic() < until and process.poll() is None:
        time.sleep(0.05)
    if process.poll() not in (None, 0):
        with open(log, encoding="utf-8", errors="replace") as said:
            tell("the panel does not start: " + " ".join(said.read()[-300:].split()))
        tell(f"settings are in {folder.settings}, and the scripts of this menu work without it")
        return False
    tell("the panel is open; run Update from panel to place what it has coloured")
    return True
