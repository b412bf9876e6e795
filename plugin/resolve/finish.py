"""What is finished of a job goes onto the timeline, and each clip says how far it is."""

from __future__ import annotations

from math import floor
from typing import Callable

from tinct.plugin.resolve.api import Item, OpenProject, Timeline
from tinct.plugin.resolve.errors import ClipChanged, PlacementError
from tinct.plugin.resolve.job import Job, RunState, has_ended, read_jobs, read_states, silent_seconds
from tinct.plugin.resolve.origins import read_origins
from tinct.plugin.resolve.placed import read_placed, write_placed
from tinct.plugin.resolve.placement import Placer
from tinct.plugin.resolve.plan import Run
from tinct.plugin.resolve.progress_marks import FAILED, WORKING, clear_mark, set_mark
from tinct.plugin.resolve.project_folder import ProjectFolder, folder_of
from tinct.plugin.resolve.run_job import is_there
from tinct.plugin.resolve.snapshot import Shot
from tinct.plugin.resolve.standing import read_standing

SILENT_SECONDS = 300.0
"""After this without a word a job is taken as one that has stopped."""


def look(job: Job) -> dict[str, RunState]:
    """How far each run of ``job`` is; one whose result is there is done, whoever made it."""
    states = read_states(job)
    for planned in job.planned:
        total = planned.run.last - planned.run.first + 1
        if states[planned.run.key].state != "done" and is_there(planned.run.result):
            states[planned.run.key] = RunState("done", total, total)
    return states


def under_way(folder: ProjectFolder) -> set[str]:
    """Keys of the runs that some job is at, and of which something was heard lately."""
    keys: set[str] = set()
    for job in read_jobs(folder):
        if not job.is_placed() and not job.is_cancelled() and silent_seconds(job) < SILENT_SECONDS:
            keys.update(key for key, one in look(job).items() if one.state in ("waiting", "working"))
    return keys


def place_finished(project: OpenProject, timeline: Timeline, job: Job, tell: Callable[[str], None]) -> int:
    """Place what is done of ``job`` and say how many clips were; what cannot be placed is told. A clip for which a
    later job has a result already keeps that."""
    states, folder = look(job), folder_of(project)
    later = _with_later_result(job, read_jobs(folder))
    clips = read_placed(folder)
    placer = Placer(project, timeline, job, read_origins(folder), clips)
    placed, failed = 0, 0
    for planned in job.planned:
        if states[planned.run.key].state != "done":
            continue
        for shot in planned.shots:
            if shot.item_id in later:
                continue
            try:
                placed += placer.place(planned, shot)
            except PlacementError as error:
                failed += not isinstance(error, ClipChanged)
                tell(str(error))
    write_placed(folder, clips)
    mark(timeline, job, states)
    if has_ended(states) and not failed:
        job.set_placed()
    tell(f"{placed} clip(s) placed; {describe(job, states)}")
    return placed


def _with_later_result(job: Job, jobs: list[Job]) -> set[str]:
    """Clips that a job after ``job`` has coloured."""
    return {
        shot.item_id
        for other in jobs
        if other.name > job.name and other.timeline == job.timeline
        for planned in other.planned
        if is_there(planned.run.result)
        for shot in planned.shots
    }


def describe(job: Job, states: dict[str, RunState]) -> str:
    """One line on how far a job is."""
    done, total = sum(one.done for one in states.values()), sum(one.total for one in states.values())
    if total == 0:
        total = sum(one.run.last - one.run.first + 1 for one in job.planned)
    ended = sum(one.state == "done" for one in states.values())
    line = f"{done} of {total} frames, {ended} of {len(states)} file(s) done"
    for planned in job.planned:
        state = states[planned.run.key]
        if state.state in ("failed", "cancelled"):
            line += f"; {planned.run.title} {state.state}" + (f": {state.message}" if state.message else "")
    return line


def mark(timeline: Timeline, job: Job, states: dict[str, RunState]) -> None:
    """The marks on the clips, as far as each is."""
    if not job.mark_progress:
        return
    items = {one.identity: one.item for one in read_standing(timeline)}
    for planned in job.planned:
        for shot in planned.shots:
            if shot.item_id in items:
                _mark_clip(items[shot.item_id], shot, planned.run, states[planned.run.key])


def _mark_clip(item: Item, shot: Shot, run: Run, state: RunState) -> None:
    first = floor(shot.offset) if shot.rate != shot.timeline_rate else int(item.GetLeftOffset())
    if state.state in ("waiting", "working"):
        set_mark(item, first, WORKING, f"{state.done} of {run.last - run.first + 1} frames")
    elif state.state == "failed":
        set_mark(item, first, FAILED, state.message)
    else:
        clear_mark(item)
