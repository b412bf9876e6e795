"""The folder that Tinct keeps for a Resolve project: settings, stills, jobs, results."""

from __future__ import annotations

import hashlib
import json
import os
import re
from typing import Any, NamedTuple

from tinct.plugin.resolve.api import OpenProject

FOLDER_VARIABLE = "TINCT_RESOLVE_FOLDER"
SCHEMA = 1


class ProjectFolder(NamedTuple):
    """Places below ``root``; `at` makes them."""

    root: str

    @property
    def settings(self) -> str:
        """The settings' file."""
        return os.path.join(self.root, "settings.json")

    @property
    def stills(self) -> str:
        """Folder of the stills that were sent from the gallery."""
        return os.path.join(self.root, "stills")

    @property
    def jobs(self) -> str:
        """Folder of the jobs."""
        return os.path.join(self.root, "jobs")

    @property
    def results(self) -> str:
        """Folder of the coloured files, unless the settings name another."""
        return os.path.join(self.root, "results")

    @property
    def origins(self) -> str:
        """File that says which plate each coloured file came from."""
        return os.path.join(self.root, "origins.json")

    @property
    def placed(self) -> str:
        """File that says which coloured clip was placed for which clip."""
        return os.path.join(self.root, "placed.json")


def folder_of(project: OpenProject) -> ProjectFolder:
    """The folder of ``project``: below $TINCT_RESOLVE_FOLDER, else ``Tinct/Resolve`` in the home folder; made if it is
    not there. It goes by the project's identity, so a project that is renamed keeps it."""
    base = os.environ.get(FOLDER_VARIABLE) or os.path.join(os.path.expanduser("~"), "Tinct", "Resolve")
    identity = hashlib.sha256(str(project.GetUniqueId()).encode("utf-8")).hexdigest()[:8]
    os.makedirs(base, exist_ok=True)
    for name in sorted(os.listdir(base)):
        if name.endswith(f"-{identity}"):
            return at(os.path.join(base, name))
    safe = re.sub(r"[^\w.-]+", "_", str(project.GetName())).strip("._") or "project"
    return at(os.path.join(base, f"{safe[:60]}-{identity}"))


def at(root: str) -> ProjectFolder:
    """The folder at ``root`` with the folders in it, made if they are not there."""
    folder = ProjectFolder(root)
    for path in (folder.stills, folder.jobs, folder.results):
        os.makedirs(path, exist_ok=True)
    return folder


def write_json(path: str, document: Any) -> None:
    """Write ``document`` whole or not at all."""
    temporary = f"{path}.{os.getpid()}.new"
    with open(temporary, "w", encoding="utf-8") as stream:
        json.dump(document, stream, indent=2)
        stream.write("\n")
    os.replace(temporary, path)


def read_json(path: str) -> Any:
    """The document at ``path``.

    Raises:
        OSError: it cannot be read.
        ValueError: it is no JSON.
    """
    with open(path, encoding="utf-8") as stream:
        return json.load(stream)
