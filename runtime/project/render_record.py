"""What the last render of a shot was, kept beside its result, and the state of a shot by it.

Not in the project file: renders on several machines would each have to write it.
"""

from __future__ import annotations

import json
import os
from typing import Any, NamedTuple

from tinct.runtime.errors import OutputError
from tinct.runtime.project.project import Project
from tinct.runtime.project.request import file_facts, shot_key, source_files
from tinct.runtime.project.shot import ProjectShot
from tinct.runtime.project.whole_file import write_whole

RECORDS = ".tinct-renders"
"""Folder of the records in the output folder."""
NO_STILL, DRAFT, RENDERED, OUT_OF_DATE, FAILED = STATES = ("no still", "draft", "rendered", "out of date", "failed")


class RenderRecord(NamedTuple):
    """The last render of a shot.

    ``key``: of what it was rendered from (`shot_key`). ``output``: the result's place. ``error``: why it failed, empty
    where it did not. ``frames``, ``seconds``, ``confidence`` (mean, 0..1), ``backend``, ``model`` and ``warnings``: of
    its report. ``files``: name, size and time of change of the result's first and last file.
    """

    key: str
    output: str
    error: str = ""
    frames: int = 0
    seconds: float = 0.0
    confidence: float = 0.0
    backend: str = ""
    model: str = ""
    warnings: tuple[str, ...] = ()
    files: tuple[tuple[Any, ...], ...] = ()


def record_path(project: Project, shot: ProjectShot) -> str:
    """Where the record of ``shot`` lies."""
    return os.path.join(project.output.folder, RECORDS, f"{shot.id}.json")


def write_record(
    project: Project, shot: ProjectShot, key: str, report: dict[str, Any] | None, error: str = ""
) -> RenderRecord:
    """Keep what a render of ``shot`` gave.

    Args:
        project: the project.
        shot: the shot.
        key: of the shot when the render began.
        report: as `Client.colorize` gives it; None: it failed.
        error: why.

    Raises:
        OutputError: it cannot be written.
    """
    output = project.output.place(shot.name)
    record = RenderRecord(key, output, error)
    before = read_record(project, shot)
    if report is None and before is not None and before.output == os.path.normpath(output):
        record = record._replace(files=before.files)  # an earlier result that is still there is still ours
    if report is not None:
        names = ("frames", "seconds", "confidence", "backend", "model")
        record = record._replace(
            **{name: report[name] for name in names},
            warnings=tuple(report.get("warnings", ())),
            files=_result_facts(output, shot),
        )
    path = record_path(project, shot)
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
    except OSError as problem:
        raise OutputError(f"{path} cannot be written: {problem.strerror or problem}. Check permissions.") from problem
    document = {**record._asdict(), "output": os.path.relpath(output, project.output.folder)}
    write_whole(path, json.dumps(document, indent=1).encode("ascii"))
    return record


def read_record(project: Project, shot: ProjectShot) -> RenderRecord | None:
    """The record of ``shot``, None where there is none that can be read."""
    try:
        with open(record_path(project, shot), "rb") as file:
            document = json.loads(file.read())
        known = {name: document[name] for name in RenderRecord._fields}
        known["output"] = os.path.normpath(os.path.join(project.output.folder, known["output"]))
        known["warnings"] = tuple(map(str, known["warnings"]))
        known["files"] = tuple(tuple(one) for one in known["files"])
        return RenderRecord(**known)
    except (OSError, ValueError, TypeError, KeyError):
        return None


def is_own_result(project: Project, shot: ProjectShot, record: RenderRecord | None) -> bool:
    """Whether what lies in the place of the shot's result is what an earlier render put there, and may be replaced."""
    if record is None or not record.files:
        return False
    output = project.output.place(shot.name)
    there = [known for known in map(tuple, record.files) if _is_there(os.path.dirname(output), known)]
    return record.output == os.path.normpath(output) and len(there) == len(record.files)


def _is_there(folder: str, known: tuple[Any, ...]) -> bool:
    return tuple(file_facts(os.path.join(folder, str(known[0])))) == known


def shot_state(project: Project, shot: ProjectShot, record: RenderRecord | None) -> str:
    """One of `STATES`: whether ``shot`` has a still, was rendered, and from what it is now."""
    if not shot.stills:
        return NO_STILL
    if record is None:
        return DRAFT
    current = record.key == shot_key(project, shot)
    if record.error:
        return FAILED if current else DRAFT
    output = project.output.place(shot.name)
    there = record.output == os.path.normpath(output) and record.files == _result_facts(output, shot)
    return RENDERED if current and there else OUT_OF_DATE


def _result_facts(output: str, shot: ProjectShot) -> tuple[tuple[Any, ...], ...]:
    return tuple(tuple(file_facts(path)) for path in source_files(output, shot.rendered_range))
