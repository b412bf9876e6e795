"""Ways to Resolve: handed over by its menu (every version), or found from outside (Studio only)."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Mapping
from typing import Any, NamedTuple

from tinct.plugin.resolve.api import Application, OpenProject, Timeline
from tinct.plugin.resolve.errors import NothingToDo, ResolveUnavailable

MODULE = "DaVinciResolveScript"
API_VARIABLE = "RESOLVE_SCRIPT_API"
LIBRARY_VARIABLE = "RESOLVE_SCRIPT_LIB"
PLACES = {
    "linux": ("/opt/resolve/Developer/Scripting", "/opt/resolve/libs/Fusion/fusionscript.so"),
    "darwin": (
        "/Library/Application Support/Blackmagic Design/DaVinci Resolve/Developer/Scripting",
        "/Applications/DaVinci Resolve/DaVinci Resolve.app/Contents/Libraries/Fusion/fusionscript.so",
    ),
    "win32": (
        "{PROGRAMDATA}\\Blackmagic Design\\DaVinci Resolve\\Support\\Developer\\Scripting",
        "C:\\Program Files\\Blackmagic Design\\DaVinci Resolve\\fusionscript.dll",
    ),
}
"""Folder of the scripting interface and its library, where Resolve's installer puts them."""
OLDEST = (18, 5)


class Edition(NamedTuple):
    """The running application. ``studio``: the paid version, which alone takes scripts from outside."""

    product: str
    version: tuple[int, ...]
    studio: bool


def connect(given: Mapping[str, Any]) -> Application:
    """Resolve, for a script with the globals ``given``: those that the menu hands over, else from outside.

    Raises:
        ResolveUnavailable: it cannot be reached.
    """
    application: Any = given.get("resolve")
    if application is None and given.get("bmd") is not None:
        application = given["bmd"].scriptapp("Resolve")
    return application if application is not None else connect_from_outside()


def connect_from_outside() -> Application:
    """Resolve as it runs on this machine, through `DaVinciResolveScript`; $RESOLVE_SCRIPT_API and $RESOLVE_SCRIPT_LIB
    say where that is, where it is not in its usual place.

    Raises:
        ResolveUnavailable: Resolve is not installed there, does not run, or takes no scripts from outside.
    """
    api, library = PLACES.get(sys.platform, PLACES["linux"])
    folder = os.environ.get(API_VARIABLE) or api.format(PROGRAMDATA=os.environ.get("PROGRAMDATA", "C:\\ProgramData"))
    os.environ.setdefault(LIBRARY_VARIABLE, library)
    modules = os.path.join(folder, "Modules")
    if modules not in sys.path:
        sys.path.append(modules)
    try:
        module = importlib.import_module(MODULE)
    except Exception as error:  # its own loader raises whatever the system's does
        raise ResolveUnavailable(
            f"{MODULE} cannot be loaded from {modules} ({error}); start the script from Resolve's menu Workspace > "
            f"Scripts, or set {API_VARIABLE} and {LIBRARY_VARIABLE} as Resolve's README says"
        ) from None
    application = module.scriptapp("Resolve")
    if application is None:
        raise ResolveUnavailable(
            "Resolve gives no answer to scripts from outside. Start it; they need Studio, and in it Preferences > "
            "System > General > External scripting using set to Local. The menu Workspace > Scripts works in every one."
        )
    return application  # type: ignore[no-any-return]


def edition(application: Application) -> Edition:
    """Which Resolve it is."""
    product = str(application.GetProductName())
    numbers = [part for part in application.GetVersion() if isinstance(part, (int, float))]
    return Edition(product, tuple(int(number) for number in numbers[:3]), "studio" in product.lower())


def open_project(application: Application) -> OpenProject:
    """The project that is open.

    Raises:
        NothingToDo: there is none, or the version is too old.
    """
    version = edition(application).version
    if version and version[:2] < OLDEST:
        raise NothingToDo("this is Resolve {}; Tinct needs 18.5 or newer".format(".".join(map(str, version))))
    projects = application.GetProjectManager()
    project = projects.GetCurrentProject() if projects else None
    if project is None:
        raise NothingToDo("no project is open; open one")
    return project


def open_timeline(project: OpenProject) -> Timeline:
    """The project's current timeline.

    Raises:
        NothingToDo: there is none.
    """
    timeline = project.GetCurrentTimeline()
    if timeline is None:
        raise NothingToDo("no timeline is open; open the one whose clips are to be coloured")
    return timeline
