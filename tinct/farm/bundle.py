"""A job as a bundle: a folder with the template, its parameters' values, the files it needs, and the job itself."""

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tinct.farm.open_job import ASSETS, JOB, TEMPLATE, VALUES, OpenedJob, open_job
from tinct.farm.template import AS_IN_JOB, Host, make_template
from tinct.runtime.errors import OutputExistsError
from tinct.runtime.farm.analysis import film_request, shots_of_list
from tinct.runtime.farm.folder import here
from tinct.runtime.farm.job import AUTO, FarmJob, Film
from tinct.runtime.farm.plan import cut_film
from tinct.runtime.library.manifest import read_manifest
from tinct.runtime.media import open_plate
from tinct.runtime.media.sequence_pattern import parse_pattern
from tinct.runtime.media.staging import sync_file, writing_to
from tinct.runtime.run.shot_plan import ShotPlan
from tinct.runtime.still_cache import DEFAULT_LIMIT

TASK_FRAMES = 240
"""Frames a task, where the shots are yet to be found: ten seconds at 24 frames a second."""
RELAY_CHUNKS = 4
RETRIES = 3


@dataclass(frozen=True)
class BundleOptions:
    """``work``: the job's folder, None: beside the first result. ``tasks``: of the step colorize; None: one a chunk
    where the shots are known, else by the number of frames. ``still_cache``: folder of encoded stills that all machines
    share, of ``still_cache_size`` MB at most."""

    work: Path | None = None
    tasks: int | None = None
    retries: int = RETRIES
    host: Host = field(default_factory=Host)
    still_cache: Path | None = None
    still_cache_size: int = DEFAULT_LIMIT >> 20


def write_bundle(job: FarmJob, folder: Path, options: BundleOptions) -> OpenedJob:
    """Write ``job`` as a bundle, whole or not at all, and return it as it was read back and checked.

    Raises:
        UsageError: the package openjd-model is missing, or a film's request cannot be used.
        OutputExistsError: there is something in ``folder``.
        OutputError: it cannot be written.
        MediaError: a plate cannot be read.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise OutputExistsError(f"{folder} is there already; name a folder that is new or empty")
    documents = _documents(job, options)
    temporary = folder.with_name(f".{folder.name}.{here()}")
    with writing_to(folder):
        try:
            temporary.mkdir(parents=True)
            for name, text in documents.items():
                (temporary / name).write_text(text, encoding="utf-8")
                sync_file(temporary / name)
            opened = open_job(temporary)
            temporary.rename(folder)
        except BaseException:
            shutil.rmtree(temporary, ignore_errors=True)
            raise
    return opened


def _documents(job: FarmJob, options: BundleOptions) -> dict[str, str]:
    counts = [_counts(film, job) for film in job.films]
    tasks = options.tasks or max(1, sum(one[0] for one in counts))
    relays = sum(one[1] for one in counts)
    work = options.work or _work_beside(job)
    request = job.films[0].request
    defaults = {
        "Tasks": tasks,
        "Relays": max(1, relays),
        "ChunkFrames": job.chunk,
        "Preroll": -1 if job.preroll is None else job.preroll,
        "Retries": options.retries,
        "Frames": request.get("frames") or "all",
        "StillCacheSize": options.still_cache_size,
    }
    cached = options.still_cache is not None
    template = make_template(
        job.name, len(job.films), relays=relays > 0, host=options.host, defaults=defaults, still_cache=cached
    )
    values: list[dict[str, Any]] = [
        {"name": "WorkFolder", "value": str(work)},
        *([{"name": "Output", "value": str(request["output"])}] if len(job.films) == 1 else []),
        *([{"name": "StillCache", "value": str(options.still_cache)}] if cached else []),
        {"name": "Tasks", "value": tasks},
        {"name": "Backend", "value": AS_IN_JOB},
        {"name": "deadline:maxRetriesPerTask", "value": options.retries},
    ]
    return {
        TEMPLATE: _yaml(template),
        VALUES: _yaml({"parameterValues": values}),
        ASSETS: _yaml(asset_references(job)),
        JOB: job.to_json(),
    }


def asset_references(job: FarmJob) -> dict[str, Any]:
    """Files and folders that a job reads, and folders that it writes to."""
    files: set[str] = set()
    folders: set[str] = set()
    outputs: set[str] = set()
    for film in job.films:
        request = film.request
        for path in filter(None, (request["input"], request.get("mask"))):
            pattern = parse_pattern(Path(path))
            if pattern is not None:
                folders.add(str(pattern.folder))
            elif os.path.isdir(path):
                folders.add(path)
            else:
                files.add(path)
        files |= {still["path"] for still in request["references"]}
        if film.auto is not None:
            library = Path(film.auto.library)
            folders |= {str(library), os.path.normpath(library / read_manifest(library).stills_folder)}
        if film.shots not in (None, AUTO):
            files.add(str(film.shots))
        if os.path.isfile(str(request.get("ocio"))):
            files.add(str(request["ocio"]))
        if os.path.isdir(str(request.get("model"))):
            folders.add(str(request["model"]))
        output = Path(request["output"])
        outputs.add(str(output.parent if output.suffix else output))
    return {
        "assetReferences": {
            "inputs": {"filenames": sorted(files), "directories": sorted(folders)},
            "outputs": {"directories": sorted(outputs)},
            "referencedPaths": [],
        }
    }


def _counts(film: Film, job: FarmJob) -> tuple[int, int]:
    """How many tasks a film wants for its chunks, and for the states between them."""
    request = film_request(film, ())
    with open_plate(Path(request.input), frames=request.frames) as plate:
        info = plate.info
    first, last = info.frames[0], info.frames[-1]
    if film.shots == AUTO:
        size = min(job.chunk, TASK_FRAMES) if job.chunk else TASK_FRAMES
        tasks = -(-(last - first + 1) // size)
        cut = job.chunk and job.preroll is None and last - first + 1 > job.chunk
        return tasks, -(-tasks // RELAY_CHUNKS) if cut else 0
    shots = ShotPlan() if film.shots is None else ShotPlan.of(shots_of_list(Path(film.shots), info))
    chunks = cut_film(0, shots, first, last, job.chunk)
    cut_shots = {chunk.shot for chunk in chunks if not chunk.starts_shot}
    return len(chunks), len(cut_shots) if job.preroll is None else 0


def _work_beside(job: FarmJob) -> Path:
    output = Path(job.films[0].request["output"])
    if len(job.films) > 1:
        return output.parent / f"{job.name.removeprefix('Tinct ')}.farm"
    stem = output.name.split("%")[0].split("#")[0].rstrip("._-") or "film"
    return output.parent / f"{stem}.farm"


def _yaml(document: Mapping[str, Any]) -> str:
    import yaml

    text: str = yaml.safe_dump(dict(document), sort_keys=False, width=120, allow_unicode=True)
    return text
