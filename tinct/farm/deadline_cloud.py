"""AWS Deadline Cloud: takes a bundle as it is, through its own client library."""

import json
from pathlib import Path
from typing import Any

from tinct.farm.open_job import open_job
from tinct.runtime.errors import UsageError, WorkerError

OPTIONS = ("farm", "queue", "priority", "max-workers", "max-failed-tasks")
PRIORITY = 50
"""The library's own."""


def submit(folder: Path, options: dict[str, str], *, dry_run: bool) -> dict[str, Any]:
    """See `submit_bundle`; options: farm, queue (ids), priority, max-workers, max-failed-tasks.

    Raises:
        UsageError: the package deadline is missing, or refuses the bundle.
        WorkerError: the service refuses, or cannot be reached.
    """
    if strange := sorted(options.keys() - set(OPTIONS)):
        raise UsageError(f"Deadline Cloud has no option {strange[0]!r} here: {', '.join(OPTIONS)}")
    open_job(folder)
    request = create_job_request(folder, options)
    if dry_run:
        return {"text": json.dumps(request, indent=1, sort_keys=True), "request": request}
    from deadline.client.api import create_job_from_job_bundle
    from deadline.client.exceptions import DeadlineOperationError

    try:
        job = create_job_from_job_bundle(
            str(folder.resolve()),
            priority=request["priority"],
            max_worker_count=request.get("maxWorkerCount"),
            max_failed_tasks_count=request.get("maxFailedTasksCount"),
            max_retries_per_task=request.get("maxRetriesPerTask"),
            submitter_name="Tinct",
            config=_config(options),
        )
    except DeadlineOperationError as error:
        raise WorkerError(f"Deadline Cloud did not take {folder}: {error}") from error
    return {"text": f"{folder}: sent to Deadline Cloud as {job}", "job": job}


def create_job_request(folder: Path, options: dict[str, str]) -> dict[str, Any]:
    """The arguments of the service's CreateJob, put together by the library's own functions, with the files that would
    be uploaded under ``assets``.

    Raises:
        UsageError: the library is missing, or refuses the bundle.
    """
    try:
        from deadline.client.exceptions import DeadlineOperationError
        from deadline.client.job_bundle import loader, parameters, submission
    except ImportError as error:
        raise UsageError("Deadline Cloud needs the package deadline; install Tinct with: tinct[deadline]") from error
    place = str(folder.resolve())
    try:
        loader.validate_directory_symlink_containment(place)
        text, kind = loader.read_yaml_or_json(place, "template", required=True)
        found = parameters.read_job_bundle_parameters(place)
        references = submission.AssetReferences.from_dict(
            loader.read_yaml_or_json_object(bundle_dir=place, filename="asset_references", required=False)
        )
        parameters.apply_job_parameters([], place, found, references)
        service, job = submission.split_parameter_args(found, place)
    except (DeadlineOperationError, ValueError) as error:
        raise UsageError(f"Deadline Cloud would not take {folder}: {error}") from error
    request: dict[str, Any] = {
        "farmId": options.get("farm", "the default one"),
        "queueId": options.get("queue", "the default one"),
        "template": text,
        "templateType": kind,
        "priority": int(options.get("priority", PRIORITY)),
        "parameters": job,
        **service,
        "assets": {
            "inputFilenames": sorted(references.input_filenames),
            "inputDirectories": sorted(references.input_directories),
            "outputDirectories": sorted(references.output_directories),
        },
    }
    for name, key in (("max-workers", "maxWorkerCount"), ("max-failed-tasks", "maxFailedTasksCount")):
        if name in options:
            request[key] = int(options[name])
    return request


def _config(options: dict[str, str]) -> Any:
    """The library's own configuration with the farm and the queue in force."""
    from deadline.client.config import config_file

    config = config_file.read_config()
    for name, key in (("farm", "defaults.farm_id"), ("queue", "defaults.queue_id")):
        if name in options:
            config_file.set_setting(key, options[name], config=config)
    return config
