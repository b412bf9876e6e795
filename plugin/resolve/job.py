"""A job on disk: what is to be coloured and where it goes, how far it is, and whether it is to stop.

Three files beside each other, so that Resolve, the process that colours and the panel each write their own:
``ID.json`` (the order, written once), ``ID.state.json`` (by the process that colours), ``ID.cancel`` (by whoever wants
it to end). ``ID.placed`` says that all of it stands on the timeline.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from typing import Any, NamedTuple

from tinct.plugin.resolve.plan import Planned, Run
from tinct.plugin.resolve.project_folder import SCHEMA, ProjectFolder, read_json, write_json
from tinct.plugin.resolve.snapshot import shot_from_json, shot_to_json

ENDED = ("done", "failed", "cancelled")


class Job(NamedTuple):
    """An order: the runs with their clips, on ``timeline`` (its identity), placed as ``result`` says."""

    path: str
    project: str
    timeline: str
    result: str
    track_name: str
    mark_progress: bool
    planned: tuple[Planned, ...]

    @property
    def name(self) -> str:
        """Its identity."""
        return os.path.basename(self.path)[: -len(".json")]

    def beside(self, ending: str) -> str:
        """The file of this job with another ``ending``."""
        return self.path[: -len(".json")] + ending

    def cancel(self) -> None:
        """Ask for its end; what is done is kept, and the next job with the same clips goes on from there."""
        with open(self.beside(".cancel"), "w", encoding="utf-8"):
            pass

    def is_cancelled(self) -> bool:
        """Whether somebody asked for its end."""
        return os.path.exists(self.beside(".cancel"))

    def is_placed(self) -> bool:
        """Whether all of it stands on the timeline."""
        return os.path.exists(self.beside(".placed"))

    def set_placed(self) -> None:
        """Note that there is nothing left to place."""
        with open(self.beside(".placed"), "w", encoding="utf-8"):
            pass


class RunState(NamedTuple):
    """How far a run is: ``state`` is waiting, working, done, failed or cancelled."""

    state: str = "waiting"
    done: int = 0
    total: int = 0
    message: str = ""
    confidence: float = 0.0


def write_job(
    folder: ProjectFolder,
    project: str,
    timeline: str,
    result: str,
    track_name: str,
    mark_progress: bool,
    planned: Sequence[Planned],
) -> Job:
    """Write an order down; its name sorts by time."""
    name = time.strftime("%Y%m%d-%H%M%S")
    count = 0
    while os.path.exists(os.path.join(folder.jobs, f"{name}-{count:02d}.json")):
        count += 1
    path = os.path.join(folder.jobs, f"{name}-{count:02d}.json")
    job = Job(path, project, timeline, result, track_name, mark_progress, tuple(planned))
    document = {"tinct": SCHEMA, **job._asdict(), "planned": [_planned_to_json(one) for one in planned]}
    del document["path"]
    write_json(path, document)
    return job


def read_job(path: str) -> Job:
    """The order at ``path``.

    Raises:
        OSError: it cannot be read.
        ValueError: it is no order of this version.
    """
    document = read_json(path)
    if not isinstance(document, dict) or document.pop("tinct", None) != SCHEMA:
        raise ValueError(f"{path} is no job of this version of Tinct")
    try:
        planned = tuple(_planned_from_json(one) for one in document.pop("planned"))
        return Job(path=path, planned=planned, **document)
    except (KeyError, TypeError) as error:
        raise ValueError(f"{path} is no job of this version of Tinct ({error})") from None


def read_jobs(folder: ProjectFolder) -> list[Job]:
    """The orders of a project, the oldest first; what is none is left out."""
    jobs = []
    for name in sorted(os.listdir(folder.jobs)):
        if name.endswith(".json") and not name.endswith(".state.json"):
            try:
                jobs.append(read_job(os.path.join(folder.jobs, name)))
            except (OSError, ValueError):
                continue
    return jobs


def write_states(job: Job, states: dict[str, RunState]) -> None:
    """Say how far each run is, by its key."""
    runs = {key: state._asdict() for key, state in states.items()}
    write_json(job.beside(".state.json"), {"tinct": SCHEMA, "runs": runs})


def read_states(job: Job) -> dict[str, RunState]:
    """How far each run is; all are waiting before anybody has begun."""
    states = {one.run.key: RunState() for one in job.planned}
    try:
        found = read_json(job.beside(".state.json"))["runs"]
        states.update({key: RunState(**state) for key, state in found.items() if key in states})
    except (OSError, ValueError, KeyError, TypeError):
        pass
    return states


def has_ended(states: dict[str, RunState]) -> bool:
    """Whether nothing more will happen."""
    return all(state.state in ENDED for state in states.values())


def silent_seconds(job: Job) -> float:
    """How long nobody has said how far it is."""
    for path in (job.beside(".state.json"), job.path):
        if os.path.exists(path):
            return time.time() - os.path.getmtime(path)
    return 0.0


def _planned_to_json(planned: Planned) -> dict[str, Any]:
    return {"run": planned.run._asdict(), "shots": [shot_to_json(shot) for shot in planned.shots]}


def _planned_from_json(document: dict[str, Any]) -> Planned:
    return Planned(Run(**document["run"]), tuple(shot_from_json(shot) for shot in document["shots"]))
