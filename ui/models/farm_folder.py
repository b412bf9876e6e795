"""Jobs for a farm on disk: what was bundled of a project, and how far it is.

``NAME_farm/`` beside the project ``NAME.tinct``. Of each job ``JOB``: ``JOB.tinct`` is the project as it was, with its
shots alone; ``JOB/bundle`` the bundle, ``JOB/work`` the job's folder (plan, pieces, logs), ``JOB/run.log`` what a run
on this machine said, and ``JOB/job.json`` the rest.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import signal
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from tinct.runtime.errors import OutputError
from tinct.runtime.project import Project
from tinct.runtime.project.lock import is_locked
from tinct.runtime.project.project_file import SUFFIX, format_project
from tinct.runtime.project.whole_file import write_whole
from tinct.ui.models.processes import Processes

BUNDLING, BUNDLED, RUNNING, SENT, STOPPED, DONE, FAILED = (
    "bundling",
    "bundled",
    "running",
    "sent",
    "stopped",
    "done",
    "failed",
)
FACTS = "job.json"


class FarmJob(NamedTuple):
    """A job. ``shots``: ids and names; ``finished``: names of those whose result is there; ``done`` of ``total``
    frames; ``engine``: where it was sent to; ``log``: what was said, the newest last."""

    id: str
    folder: str
    state: str
    shots: tuple[tuple[str, str], ...]
    finished: tuple[str, ...] = ()
    done: int = 0
    total: int = 0
    engine: str = ""
    log: tuple[str, ...] = ()
    output: str = ""

    @property
    def name(self) -> str:
        """What the row of it is called."""
        names = [name for _, name in self.shots]
        return "farm: " + (", ".join(names) if len(names) <= 2 else f"{names[0]} … {names[-1]} ({len(names)})")

    @property
    def share(self) -> float:
        """How much is done, 0..1."""
        return self.done / self.total if self.total else float(self.state == DONE)

    @property
    def bundle(self) -> str:
        """The bundle's folder."""
        return os.path.join(self.folder, "bundle")


class FarmFolder:
    """The jobs of the project at ``project``; nothing is made before `add`."""

    def __init__(self, project: str):
        self.path = os.path.splitext(os.path.realpath(project))[0] + "_farm"

    def add(self, project: Project, ids: tuple[str, ...]) -> str:
        """Begin a job of these shots; its id. The bundle is not there yet.

        Raises:
            OutputError: it cannot be written.
        """
        kept = replace(project, shots=tuple(shot for shot in project.shots if shot.id in ids))
        stem = time.strftime("%Y%m%d-%H%M%S")
        number, job = 1, stem
        try:
            os.makedirs(self.path, exist_ok=True)
            while True:
                try:
                    os.mkdir(os.path.join(self.path, job))
                    break
                except FileExistsError:
                    number += 1
                    job = f"{stem}-{number}"
        except OSError as error:
            raise OutputError(f"{self.path} cannot be written: {error.strerror}. Check permissions.") from error
        path = self.snapshot(job)
        write_whole(path, format_project(kept, path))
        shots = [[shot.id, shot.name] for shot in kept.shots]
        self.note(job, shots=shots, output=project.output.folder, state=BUNDLING)
        return job

    def snapshot(self, job: str) -> str:
        """The project file of a job."""
        return os.path.join(self.path, job + SUFFIX)

    def folder(self, job: str) -> str:
        """Where its bundle and its pieces are."""
        return os.path.join(self.path, job)

    def note(self, job: str, **facts: Any) -> None:
        """Keep facts of a job; those that are not named stay.

        Raises:
            OutputError: they cannot be written.
        """
        before = self._facts(job)
        if any(before.get(name) != value for name, value in facts.items()):
            text = json.dumps({**before, **facts}, indent=1)
            write_whole(os.path.join(self.folder(job), FACTS), text.encode("ascii"))

    def jobs(self, at_work: frozenset[str] = frozenset()) -> list[FarmJob]:
        """All jobs but those that were cleared away, the oldest first; ``at_work``: those being bundled here."""
        try:
            names = sorted(name for name in os.listdir(self.path) if os.path.isdir(self.folder(name)))
        except OSError:
            return []
        found = [(name, self._facts(name)) for name in names]
        return [self._job(name, facts, name in at_work) for name, facts in found if facts and not facts.get("cleared")]

    def run(self, job: str, processes: Processes, sessions: int = 1) -> None:
        """Run the bundle on this machine, by a process that holds a lock as long as it lives.

        Raises:
            ClientError: Tinct cannot be started.
            OSError: the folder cannot be written, or the job is being run.
            OutputError: the same.
        """
        bundle = os.path.join(self.folder(job), "bundle")
        lock = _take_lock(os.path.join(self.folder(job), ".run.lock"))
        try:
            arguments = ["farm", "run", bundle, "--sessions", str(sessions)]
            child = processes.start(arguments, self._log(job), keep=[lock])
        finally:
            os.close(lock)  # the child has it still
        self.note(job, pid=child.pid, state=BUNDLED, stopped=False)

    def stop(self, job: str) -> None:
        """End a run on this machine; what is done is kept.

        Raises:
            OutputError: that cannot be noted.
        """
        if self._is_run(job):
            self.note(job, stopped=True)
            with contextlib.suppress(OSError, KeyError):
                os.kill(int(self._facts(job)["pid"]), signal.SIGTERM)

    def _is_run(self, job: str) -> bool:
        return is_locked(os.path.join(self.folder(job), "run"))

    def _log(self, job: str) -> str:
        return os.path.join(self.folder(job), "run.log")

    def _facts(self, job: str) -> dict[str, Any]:
        try:
            with open(os.path.join(self.folder(job), FACTS), "rb") as file:
                found = json.loads(file.read())
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def _job(self, name: str, facts: Mapping[str, Any], is_at_work: bool) -> FarmJob:
        films = (facts.get("status") or {}).get("films") or []
        shots = tuple((str(id), str(shot)) for id, shot in facts.get("shots") or [])
        job = FarmJob(
            name,
            self.folder(name),
            str(facts.get("state")),
            shots,
            finished=tuple(film["name"] for film in films if film["finished"]),
            done=sum(film["frames"] if film["finished"] else film["frames_made"] for film in films),
            total=sum(film["frames"] for film in films),
            engine=str(facts.get("engine") or ""),
            log=tuple(map(str, facts.get("log") or ())),
            output=str(facts.get("output") or ""),
        )
        if films and all(film["finished"] for film in films):
            return job._replace(state=DONE)
        if self._is_run(name):
            return job._replace(state=RUNNING, log=(*job.log, *self._said(name)))
        if job.state == BUNDLED and facts.get("stopped"):
            return job._replace(state=STOPPED, log=(*job.log, "stopped; what was done is kept"))
        if job.state == BUNDLED and "pid" in facts:
            return job._replace(state=FAILED, log=(*job.log, *self._said(name)))
        if job.state == BUNDLING and not is_at_work:
            if os.path.isdir(job.bundle):
                return job._replace(state=BUNDLED)
            return job._replace(state=FAILED, log=(*job.log, "the panel ended before the bundle was written"))
        return job

    def _said(self, job: str) -> list[str]:
        """The last lines of a run."""
        try:
            with open(self._log(job), encoding="utf-8", errors="replace") as file:
                return file.read()[-2000:].splitlines()[-6:]
        except OSError:
            return []


def _take_lock(path: str) -> int:
    """A file with a lock on it that children inherit."""
    import fcntl

    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in (errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES):
            os.close(handle)
            raise OSError(error.errno, "the job is being run", path) from error
    return handle
