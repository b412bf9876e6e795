"""The template of a job in Open Job Description (version 2023-09), as data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

VERSION = "jobtemplate-2023-09"
ANALYSE, RELAY, COLORIZE, JOIN = "analyse", "relay", "colorize", "join"
AS_IN_JOB = "job"
"""Value of a parameter that leaves what the job's own file says."""
NOTIFY_SECONDS = 30
"""Between the signal that a task is to stop and its end: more than a frame takes."""

Document = dict[str, Any]


@dataclass(frozen=True)
class Host:
    """What a machine must have to run the steps that colour.

    ``cores``, ``memory`` (MiB) and ``gpus``: at least so many. ``attributes``: by name (``attr.worker.os.family``), one
    of whose values it must have.
    """

    cores: int = 1
    memory: int = 4096
    gpus: int = 0
    attributes: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: {"attr.worker.os.family": ("linux",)})

    def to_document(self) -> Document:
        """As ``hostRequirements``."""
        amounts = [
            {"name": "amount.worker.vcpu", "min": self.cores},
            {"name": "amount.worker.memory", "min": self.memory},
        ]
        if self.gpus:
            amounts.append({"name": "amount.worker.gpu", "min": self.gpus})
        attributes = [{"name": name, "anyOf": list(values)} for name, values in self.attributes.items()]
        return {"amounts": amounts, **({"attributes": attributes} if attributes else {})}


def make_template(
    name: str, films: int, *, relays: bool, host: Host, defaults: Mapping[str, Any], still_cache: bool = False
) -> Document:
    """The template of a job.

    Args:
        name: of the job.
        films: how many results it has.
        relays: whether states are made before the chunks are coloured.
        host: what machines must have.
        defaults: values of the parameters.
        still_cache: whether encoded stills are kept in a folder that all machines share.
    """
    colours: Document = {"host": host, "warm": True, "still_cache": still_cache}
    before = [ANALYSE, RELAY] if relays else [ANALYSE]
    steps = [
        _step(ANALYSE, host, arguments=_overrides(single=films == 1)),
        *([_step(RELAY, after=[ANALYSE], space="1-{{Param.Relays}}", of="Relays", **colours)] if relays else []),
        _step(COLORIZE, after=before, space="1-{{Param.Tasks}}", of="Tasks", **colours),
        _step(JOIN, host, after=[COLORIZE], space=f"1-{films}", of=None),
    ]
    return {
        "specificationVersion": VERSION,
        "name": name,
        "description": "Colours black-and-white footage with Tinct: the shots are found, coloured and joined.",
        "parameterDefinitions": _parameters(defaults, single=films == 1, still_cache=still_cache),
        "steps": steps,
    }


def _parameters(defaults: Mapping[str, Any], *, single: bool, still_cache: bool) -> list[Document]:
    path = {"type": "PATH"}
    found: list[Document] = [
        {"name": "JobFile", **path, "objectType": "FILE", "dataFlow": "IN", "default": "job.json",
         "description": "What to colour from which stills."},
        {"name": "WorkFolder", **path, "objectType": "DIRECTORY", "dataFlow": "OUT",
         "description": "Plan, chunks and logs; every machine must be able to write it."},
        {"name": "Tinct", "type": "STRING", "default": "tinct", "description": "The program on the machines."},
        {"name": "Tasks", "type": "INT", "minValue": 1, "default": defaults["Tasks"],
         "description": "Tasks that the chunks are dealt out to."},
        {"name": "Relays", "type": "INT", "minValue": 1, "default": defaults["Relays"],
         "description": "Tasks that make the states at which chunks inside a shot begin."},
        {"name": "ChunkFrames", "type": "INT", "minValue": 0, "default": defaults["ChunkFrames"],
         "description": "Longer shots are cut into chunks of at most so many frames; 0: none is."},
        {"name": "Preroll", "type": "INT", "minValue": -1, "default": defaults["Preroll"],
         "description": "Frames before a chunk inside a shot where no checkpoint is; -1: from the shot's start."},
        {"name": "Backend", "type": "STRING", "default": AS_IN_JOB, "description": "job: as the job's file says."},
        {"name": "Retries", "type": "INT", "minValue": 0, "default": defaults["Retries"],
         "description": "Further tries of a task that failed with an exit code that is worth one."},
    ]  # fmt: skip
    if single:
        found += [
            {"name": "Output", **path, "objectType": "FILE", "dataFlow": "OUT",
             "description": "The result: a movie, a sequence's pattern or a folder."},
            {"name": "Frames", "type": "STRING", "default": defaults["Frames"],
             "description": "A range of the plate, such as 1001-1100; all: every frame."},
        ]  # fmt: skip
    if still_cache:
        found += [
            {"name": "StillCache", **path, "objectType": "DIRECTORY", "dataFlow": "NONE",
             "description": "Encoded stills that all machines share; they are made again where they are not there."},
            {"name": "StillCacheSize", "type": "INT", "minValue": 1, "default": defaults["StillCacheSize"],
             "description": "MB that those may take."},
        ]  # fmt: skip
    return found


def _overrides(*, single: bool) -> list[str]:
    """Arguments with which the analysis hears of parameters; raw paths, for the plan goes to other machines."""
    found = ["--chunk", "{{Param.ChunkFrames}}", "--preroll", "{{Param.Preroll}}", "--backend", "{{Param.Backend}}"]
    return [*found, "--output", "{{RawParam.Output}}", "--frames", "{{Param.Frames}}"] if single else found


def _step(
    name: str,
    host: Host,
    *,
    after: list[str] | None = None,
    space: str | None = None,
    of: str | None = None,
    arguments: list[str] | None = None,
    warm: bool = False,
    still_cache: bool = False,
) -> Document:
    places = ["--work", "{{Param.WorkFolder}}", "--rules", "{{Session.PathMappingRulesFile}}"]
    index = [] if space is None else ["--index", "{{Task.Param.Index}}"]
    count = [] if of is None else ["--of", f"{{{{Param.{of}}}}}"]
    job = ["--job", "{{Param.JobFile}}"] if name == ANALYSE else []
    cache = ["--still-cache", "{{Param.StillCache}}", "--still-cache-size", "{{Param.StillCacheSize}}"]
    cache = cache if still_cache else []
    run = _action("task", name, *job, *places, *index, *count, *cache, *(arguments or []))
    step: Document = {"name": name, "script": {"actions": {"onRun": run}}, "hostRequirements": host.to_document()}
    if after:
        step["dependencies"] = [{"dependsOn": other} for other in after]
    if space is not None:
        step["parameterSpace"] = {"taskParameterDefinitions": [{"name": "Index", "type": "INT", "range": space}]}
    if warm:
        step["stepEnvironments"] = [_worker(cache)]
    return step


def _worker(options: list[str]) -> Document:
    """The environment that starts a worker before a session's first task, and stops it after the last."""
    return {
        "name": "TinctWorker",
        "description": "A process that keeps the model and the stills loaded from task to task.",
        "script": {"actions": {"onEnter": _action("worker", "start", *options), "onExit": _action("worker", "stop")}},
    }


def _action(*arguments: str) -> Document:
    return {
        "command": "{{Param.Tinct}}",
        "args": ["farm", *arguments],
        "cancelation": {"mode": "NOTIFY_THEN_TERMINATE", "notifyPeriodInSeconds": NOTIFY_SECONDS},
    }
