"""What the panel is handed when it is opened: the clips of the timeline, as it was then.

The panel makes jobs of them (`plan`, `write_job`) and has them coloured (`run_job`); *Update from panel* places them.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import NamedTuple

from tinct.plugin.resolve.api import Application, OpenProject
from tinct.plugin.resolve.collect import collect
from tinct.plugin.resolve.connect import open_timeline
from tinct.plugin.resolve.origins import read_origins
from tinct.plugin.resolve.project_folder import SCHEMA, ProjectFolder, at, folder_of, read_json, write_json
from tinct.plugin.resolve.settings import read_settings
from tinct.plugin.resolve.snapshot import Refused, Shot, shot_from_json, shot_to_json

SNAPSHOT = "timeline.json"
EXPORTED = "timeline.otio"


class Handover(NamedTuple):
    """Identities of project and timeline, the clips that can be coloured, and those that cannot."""

    project: str
    timeline: str
    name: str
    shots: tuple[Shot, ...]
    refused: tuple[Refused, ...]


def write_handover(application: Application, project: OpenProject) -> list[str]:
    """Write the current timeline's clips into the project's folder, and the timeline as OTIO where Resolve exports it;
    the files.

    Raises:
        NothingToDo: no timeline is open, or nothing is on it.
    """
    timeline, folder = open_timeline(project), folder_of(project)
    everything = read_settings(folder.settings)._replace(clips="timeline")
    shots, refused = collect(application, project, timeline, everything, read_origins(folder))
    path = os.path.join(folder.root, SNAPSHOT)
    document = {
        "tinct": SCHEMA,
        "project": str(project.GetUniqueId()),
        "timeline": str(timeline.GetUniqueId()),
        "name": str(timeline.GetName()),
        "shots": [shot_to_json(shot) for shot in shots],
        "refused": [list(one) for one in refused],
    }
    write_json(path, document)
    exported = os.path.join(folder.root, EXPORTED)
    if timeline.Export(exported, application.EXPORT_OTIO, application.EXPORT_NONE) and os.path.isfile(exported):
        return [path, exported]
    return [path]


def read_handover(root: str) -> tuple[ProjectFolder, Handover]:
    """What `write_handover` wrote into the folder ``root``.

    Raises:
        OSError: it cannot be read.
        ValueError: it is none of this version.
    """
    path = os.path.join(root, SNAPSHOT)
    document = read_json(path)
    if not isinstance(document, dict) or document.get("tinct") != SCHEMA:
        raise ValueError(f"{path} is no timeline of this version of Tinct; open the panel from Resolve again")
    try:
        shots = tuple(shot_from_json(shot) for shot in document["shots"])
        refused = tuple(Refused(str(name), str(reason)) for name, reason in document["refused"])
        return at(root), Handover(document["project"], document["timeline"], document["name"], shots, refused)
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path} is damaged ({error}); open the panel from Resolve again") from None


def newest(root: str, endings: Sequence[str]) -> str | None:
    """The file of ``root`` with one of ``endings`` that was changed last."""
    files = [os.path.join(root, name) for name in os.listdir(root) if name.endswith(tuple(endings))]
    return max(files, key=os.path.getmtime, default=None)
