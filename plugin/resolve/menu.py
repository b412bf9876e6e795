"""What the scripts in Resolve's menu call. Nothing that fails here may trouble Resolve: it is told in one line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Callable

from tinct.plugin.client import ClientError
from tinct.plugin.resolve.api import Application
from tinct.plugin.resolve.colour_clips import colour_clips
from tinct.plugin.resolve.connect import connect
from tinct.plugin.resolve.dialog import edit_settings
from tinct.plugin.resolve.errors import ResolveScriptError
from tinct.plugin.resolve.open_panel import open_panel
from tinct.plugin.resolve.send_stills import send_stills
from tinct.plugin.resolve.update import stop, update

Tell = Callable[[str], None]

ACTIONS: dict[str, Callable[[Application, Tell], Any]] = {
    "Colour selected clips": colour_clips,
    "Send stills to Tinct": send_stills,
    "Open panel": open_panel,
    "Update from panel": update,
    "Stop colouring": stop,
}
"""By the name in the menu."""
SETTINGS = "Settings"


def say(line: str) -> None:
    """A line in Resolve's console (Workspace > Console)."""
    print(f"Tinct: {line}", flush=True)  # noqa: T201


def run(action: str, given: Mapping[str, Any], tell: Tell = say) -> bool:
    """Do ``action``, a name of `ACTIONS` or `SETTINGS`, for a script with the globals ``given``; False if it failed."""
    try:
        application = connect(given)
        if action == SETTINGS:
            edit_settings(application, tell, given)  # a window needs what the menu hands over
        else:
            ACTIONS[action](application, tell)
    except (ResolveScriptError, ClientError) as error:
        tell(str(error))
        return False
    except Exception as error:
        tell(f"{action} failed: {type(error).__name__}: {error}; please report it with what you did")
        return False
    return True
