"""OpenCue: the steps of a bundle as the layers of an outline."""

import getpass
import os
import re
import shlex
import tempfile
from pathlib import Path
from typing import Any

from tinct.farm.open_job import OpenedJob, open_job
from tinct.farm.template import ANALYSE
from tinct.runtime.errors import UsageError, WorkerError

OPTIONS = ("show", "shot", "user", "facility", "priority", "server", "tinct", "tags")
FRAME = "#IFRAME#"
"""Where Cuebot puts the number of a frame, which is here that of a task."""


def submit(folder: Path, options: dict[str, str], *, dry_run: bool) -> dict[str, Any]:
    """See `submit_bundle`; options: show, shot, user, facility, priority, server, tinct (the program), tags.

    Raises:
        UsageError: PyOutline is missing, or an option is not known.
        WorkerError: Cuebot refuses, or cannot be reached.
    """
    if strange := sorted(options.keys() - set(OPTIONS)):
        raise UsageError(f"OpenCue has no option {strange[0]!r} here: {', '.join(OPTIONS)}")
    opened = open_job(folder, {"Tinct": options["tinct"]} if "tinct" in options else None)
    with tempfile.TemporaryDirectory(prefix="tinct-outline-") as sessions:
        launcher = make_launcher(opened, options, Path(sessions))
        if dry_run:
            return {"text": launcher.serialize(use_pycuerun=False)}
        try:
            jobs = launcher.launch(use_pycuerun=False)
        except Exception as error:  # gRPC's and PyCue's own have no common root
            raise WorkerError(f"OpenCue did not take {folder}: {error}") from error
    return {"text": f"{folder}: sent to OpenCue as {', '.join(job.name() for job in jobs)}"}


def make_launcher(opened: OpenedJob, options: dict[str, str], sessions: Path) -> Any:
    """PyOutline's launcher of the job; its files go into the folder ``sessions``.

    Raises:
        UsageError: PyOutline is missing.
    """
    os.environ.setdefault("USER", getpass.getuser())
    try:
        import outline
        import outline.cuerun
        from outline.modules.shell import Shell
    except ImportError as error:
        raise UsageError("OpenCue needs the package opencue-pyoutline; install Tinct with: tinct[opencue]") from error
    outline.config.set("outline", "session_dir", str(sessions))
    made = outline.Outline(
        _name(opened.name),
        show=options.get("show", "testing"),
        shot=options.get("shot", "film"),
        user=options.get("user", getpass.getuser()),
    )
    layers: dict[str, Any] = {}
    most = max(len(opened.tasks(step)) for step in opened.job.steps)
    for step in opened.job.steps:
        tasks = len(opened.tasks(step))
        fields: dict[str, Any] = {"command": command_of(opened, step), "range": f"1-{tasks}", **_needs(step, options)}
        layer = Shell(step.name, **fields)
        for dependency in step.dependencies or ():
            layer.depend_all(layers[dependency.dependsOn])
        layers[step.name] = layer
        made.add_layer(layer)
    flags: dict[str, Any] = {"range": f"1-{most}", "maxretries": int(opened.value("Retries")), "nomail": True}
    if "priority" in options:
        flags["priority"] = int(options["priority"])
    if "facility" in options:
        flags["facility"] = options["facility"]
    if "server" in options:
        flags["server"] = options["server"]
    return outline.cuerun.OutlineLauncher(made, **flags)


def command_of(opened: OpenedJob, step: Any) -> list[str]:
    """What a task of a step runs, without a session: paths are taken as they are, and each task loads its own model."""
    action = step.script.actions.onRun
    words = [str(action.command), *map(str, action.args)]
    found, index = [], 0
    while index < len(words):
        if words[index] == "--rules":
            index += 2
            continue
        found.append(_filled(words[index], opened))
        index += 1
    return [word if word == FRAME else shlex.quote(word) for word in found]


def _filled(word: str, opened: OpenedJob) -> str:
    def value(match: re.Match[str]) -> str:
        scope, _, name = match[1].rpartition(".")
        return FRAME if scope == "Task.Param" else opened.value(name)

    return re.sub(r"\{\{\s*([\w.]+)\s*\}\}", value, word)


def _needs(step: Any, options: dict[str, str]) -> dict[str, Any]:
    """What a step asks of its machines, as OpenCue has it: GB of memory are named with a g."""
    amounts = {str(one.name): float(one.min) for one in step.hostRequirements.amounts or ()}
    found: dict[str, Any] = {
        "cores": amounts.get("amount.worker.vcpu", 1.0),
        "memory": f"{max(1, round(amounts.get('amount.worker.memory', 4096.0) / 1024))}g",
        "threadable": step.name != ANALYSE,
    }
    if amounts.get("amount.worker.gpu"):
        found["gpus"] = int(amounts["amount.worker.gpu"])
    if "tags" in options:
        found["tags"] = options["tags"]
    return found


def _name(text: str) -> str:
    return re.sub(r"[^a-z0-9_]+", "_", text.lower()).strip("_")
