"""Which plate each coloured file came from, so that a coloured clip on the timeline is known for what it is."""

from __future__ import annotations

import os
from collections.abc import Iterable

from tinct.plugin.resolve.job import Job, read_jobs
from tinct.plugin.resolve.media_path import media_key
from tinct.plugin.resolve.project_folder import SCHEMA, ProjectFolder, read_json, write_json
from tinct.plugin.resolve.snapshot import Origin


def read_origins(folder: ProjectFolder) -> dict[str, Origin]:
    """Origins by coloured file (`media_key`): of the jobs that are there, and of those that were when
    `add_origins` was called."""
    origins = {path: origin for job in read_jobs(folder) for path, origin in _of_job(job)}
    try:
        files = read_json(folder.origins)["files"]
        origins.update(
            {path: Origin(str(plate), int(first), int(count)) for path, (plate, first, count) in files.items()}
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        pass  # none was written yet, or it is damaged: the jobs say it too
    return origins


def add_origins(folder: ProjectFolder, job: Job) -> None:
    """Note where the results of ``job`` come from, for when the job is gone."""
    origins = read_origins(folder)
    origins.update(_of_job(job))
    files = {path: list(origin) for path, origin in sorted(origins.items())}
    os.makedirs(folder.root, exist_ok=True)
    write_json(folder.origins, {"tinct": SCHEMA, "files": files})


def _of_job(job: Job) -> Iterable[tuple[str, Origin]]:
    for planned in job.planned:
        run = planned.run
        yield media_key(run.result), Origin(run.plate, run.first, run.frames)
