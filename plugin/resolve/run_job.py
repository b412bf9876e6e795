"""Colour what a job asks for: in a process of its own (``python -m tinct.plugin.resolve.run_job JOB``), so that neither
Resolve waits for it nor its end stops it."""

from __future__ import annotations

import os
import sys
import time
from typing import Callable

from tinct.plugin.client import Cancelled, Client, ClientError, ColorizeProgress
from tinct.plugin.resolve.job import Job, RunState, read_job, write_states
from tinct.plugin.resolve.media_path import parse_media_path

WRITE_SECONDS = 0.5
"""How often the state is written while frames are made."""


def is_there(result: str) -> bool:
    """Whether a result, as Resolve spells it, is complete: results get their names when they are."""
    return all(os.path.isfile(path) for path in parse_media_path(result).files())


def run_job(job: Job, client: Client, tell: Callable[[str], None] = lambda line: None) -> dict[str, RunState]:
    """Colour the runs of ``job`` that are not there yet, one after the other; one that fails does not stop the others.

    Args:
        job: the order.
        client: of the worker.
        tell: called with a line for a person now and then.
    """
    states = {one.run.key: RunState() for one in job.planned}
    write_states(job, states)
    for planned in job.planned:
        run = planned.run
        total = run.last - run.first + 1
        if is_there(run.result):
            states[run.key] = RunState("done", total, total, "it was there already")
            tell(f"{run.title}: is there already")
        elif job.is_cancelled():
            states[run.key] = RunState("cancelled", 0, total)
        else:
            states[run.key] = _colour(job, run.key, run.title, run.request, total, states, client, tell)
        write_states(job, states)
    return states


def _colour(
    job: Job,
    key: str,
    title: str,
    request: dict[str, object],
    total: int,
    states: dict[str, RunState],
    client: Client,
    tell: Callable[[str], None],
) -> RunState:
    """One run, with its progress in the job's state."""
    written = [time.monotonic() - WRITE_SECONDS]

    def progress(one: ColorizeProgress) -> None:
        if time.monotonic() - written[0] >= WRITE_SECONDS or one.done == one.total:
            states[key] = RunState("working", one.done, one.total, "", one.confidence)
            write_states(job, states)
            tell(f"{title}: {one.done} of {one.total} frames")
            written[0] = time.monotonic()

    os.makedirs(os.path.dirname(str(request["output"])), exist_ok=True)
    states[key] = RunState("working", 0, total)
    write_states(job, states)
    try:
        report = client.colorize(dict(request), progress, job.is_cancelled)
    except Cancelled:
        tell(f"{title}: cancelled; what is done is kept")
        return RunState("cancelled", states[key].done, total)
    except ClientError as error:
        tell(f"{title}: {error}")
        return RunState("failed", states[key].done, total, str(error))
    for warning in report["warnings"]:
        tell(f"{title}: {warning}")
    return RunState("done", total, total, "; ".join(report["warnings"]), float(report["confidence"]))


def main(arguments: list[str]) -> int:
    """Run the job whose path is the one argument; 0: all of it is done."""
    with Client() as client:
        states = run_job(read_job(arguments[0]), client, tell=lambda line: print(line, flush=True))  # noqa: T201
    return 0 if all(state.state == "done" for state in states.values()) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
