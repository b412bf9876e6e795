"""*Update from panel*: places what was finished since, by jobs of this project, wherever they were started."""

from __future__ import annotations

from typing import Callable

from tinct.plugin.resolve.api import Application, OpenProject, Timeline
from tinct.plugin.resolve.connect import open_project
from tinct.plugin.resolve.finish import SILENT_SECONDS, describe, look, place_finished
from tinct.plugin.resolve.job import has_ended, read_jobs, read_states, silent_seconds
from tinct.plugin.resolve.project_folder import folder_of


def update(application: Application, tell: Callable[[str], None]) -> int:
    """Place what is done of all jobs of the open project, and say how many clips were placed.

    Raises:
        ResolveScriptError: nothing can be done.
    """
    project = open_project(application)
    jobs = [job for job in read_jobs(folder_of(project)) if not job.is_placed()]
    if not jobs:
        tell("there is nothing to update")
    placed = 0
    before = project.GetCurrentTimeline()
    for job in jobs:
        states = look(job)
        if not has_ended(states) and silent_seconds(job) > SILENT_SECONDS:
            tell(f"{job.name} has said nothing for a while; colour its clips again, it goes on where it stood")
        timeline = _timeline_of(project, job.timeline)
        if timeline is None:
            tell(f"{job.name}: its timeline is gone; results are in {job.planned[0].run.pattern}")
            continue
        if not any(state.state == "done" for state in states.values()) and not has_ended(states):
            tell(f"{job.name}: {describe(job, states)}")
            continue
        project.SetCurrentTimeline(timeline)
        placed += place_finished(project, timeline, job, tell)
    if before is not None:
        project.SetCurrentTimeline(before)
    return placed


def stop(application: Application, tell: Callable[[str], None]) -> int:
    """*Stop colouring*: end all jobs of the open project that are under way, and say how many; what is done is kept.

    Raises:
        ResolveScriptError: no project is open.
    """
    stopped = 0
    for job in read_jobs(folder_of(open_project(application))):
        if not has_ended(read_states(job)) and not job.is_cancelled():
            job.cancel()
            stopped += 1
    tell(f"{stopped} job(s) asked to stop" if stopped else "nothing is being coloured")
    return stopped


def _timeline_of(project: OpenProject, identity: str) -> Timeline | None:
    for index in range(1, project.GetTimelineCount() + 1):
        timeline = project.GetTimelineByIndex(index)
        if timeline is not None and str(timeline.GetUniqueId()) == identity:
            return timeline
    return None
