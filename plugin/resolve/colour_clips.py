"""*Colour selected clips*: a snapshot of the timeline becomes a job, a process of its own colours it, and what is
finished while the script still runs is placed at once. *Update from panel* places the rest."""

from __future__ import annotations

import time
from typing import Callable

from tinct.plugin.client import Client, ClientError, WorkerUnavailable
from tinct.plugin.resolve.api import Application
from tinct.plugin.resolve.collect import collect
from tinct.plugin.resolve.connect import open_project, open_timeline
from tinct.plugin.resolve.finish import describe, mark, place_finished, under_way
from tinct.plugin.resolve.job import Job, RunState, has_ended, read_states, write_job, write_states
from tinct.plugin.resolve.origins import add_origins, read_origins
from tinct.plugin.resolve.plan import plan
from tinct.plugin.resolve.processes import last_words, start_process
from tinct.plugin.resolve.project_folder import folder_of
from tinct.plugin.resolve.run_job import is_there, run_job
from tinct.plugin.resolve.settings import read_settings

LOOK_SECONDS = 0.5
"""How often the script looks how far the work is."""


def colour_clips(
    application: Application, tell: Callable[[str], None], client: Client | None = None, wait: float | None = None
) -> Job | None:
    """Colour the chosen clips of the current timeline; the job, or None where no clip could be coloured.

    Args:
        application: Resolve.
        tell: called with each line for a person.
        client: work in this process with it, to the end, rather than in one of its own.
        wait: seconds to follow the work; None: as the settings say.

    Raises:
        ResolveScriptError: nothing can be done.
        ClientError: the process that colours cannot be started.
    """
    project = open_project(application)
    timeline, folder = open_timeline(project), folder_of(project)
    settings = read_settings(folder.settings)
    shots, refused = collect(application, project, timeline, settings, read_origins(folder))
    planned, without_stills = plan(shots, settings, folder)
    for left in (*refused, *without_stills):
        tell(f"left out {left.name}: {left.reason}")
    busy = under_way(folder)
    for one in planned:
        if one.run.key in busy:
            tell(f"{one.run.title} is being coloured already; Update from panel places it, Stop colouring ends it")
    planned = [one for one in planned if one.run.key not in busy]
    if not planned:
        tell(f"nothing to colour; settings: {folder.settings}")
        return None
    identities = str(project.GetUniqueId()), str(timeline.GetUniqueId())
    job = write_job(folder, *identities, settings.result, settings.track_name, settings.mark_progress, planned)
    add_origins(folder, job)
    for one in planned:
        tell(f"{one.run.title}: frames {one.run.request['frames']} for {len(one.shots)} clip(s)")
    mark(timeline, job, read_states(job))
    if client is not None:
        run_job(job, client, tell)
    elif all(is_there(one.run.result) for one in planned):
        write_states(job, {one.run.key: RunState("done", message="it was there already") for one in planned})
    else:
        try:
            _follow(job, settings.wait if wait is None else wait, tell)
        except ClientError as error:
            write_states(job, {one.run.key: RunState("failed", message=str(error)) for one in planned})
            mark(timeline, job, read_states(job))
            raise
    place_finished(project, timeline, job, tell)
    return job


def _follow(job: Job, wait: float, tell: Callable[[str], None]) -> None:
    """Start the work and look at it for ``wait`` seconds."""
    log = job.beside(".log")
    process = start_process([job.path], log, "tinct.plugin.resolve.run_job")
    until, said = time.monotonic() + wait, ""
    while time.monotonic() < until:
        states = read_states(job)
        line = describe(job, states)
        if line != said:
            tell(line)
            said = line
        if has_ended(states):
            break
        if process.poll() not in (None, 0, 1):
            raise WorkerUnavailable(f"the process that colours ended: {last_words(log)}")
        time.sleep(LOOK_SECONDS)
    if not has_ended(read_states(job)):
        tell("the work goes on by itself; run Update from panel when you like, or Stop colouring to end it")
