"""A project: its shots with their stills, hints and parameters, as data and as a file.

Standard library alone, Python 3.9: hosts read projects too.
"""

from tinct.runtime.errors import ProjectError, ProjectInUseError
from tinct.runtime.project.autosave import Autosave, recovered
from tinct.runtime.project.lock import ProjectLock
from tinct.runtime.project.names import new_id, shot_name, unique_name
from tinct.runtime.project.output import OutputSettings
from tinct.runtime.project.project import Project
from tinct.runtime.project.project_file import load_project, save_project
from tinct.runtime.project.relink import relinked
from tinct.runtime.project.render_record import RenderRecord, read_record, shot_state, write_record
from tinct.runtime.project.request import shot_key, shot_request
from tinct.runtime.project.shot import ProjectHint, ProjectShot, ProjectStill

__all__ = [
    "Autosave",
    "OutputSettings",
    "Project",
    "ProjectError",
    "ProjectHint",
    "ProjectInUseError",
    "ProjectLock",
    "ProjectShot",
    "ProjectStill",
    "RenderRecord",
    "load_project",
    "new_id",
    "read_record",
    "recovered",
    "relinked",
    "save_project",
    "shot_key",
    "shot_name",
    "shot_request",
    "shot_state",
    "unique_name",
    "write_record",
]
