"""What a film takes, in words and figures."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import tinct
from tinct.farm.open_job import JOB, open_job
from tinct.farm.tasks import Overrides
from tinct.farm.warm_worker import start_worker, stop_worker
from tinct.runtime.farm.analysis import analyse
from tinct.runtime.farm.estimate import Cost, Estimate, calibrate
from tinct.runtime.farm.folder import JobFolder
from tinct.runtime.farm.job import read_job
from tinct.runtime.farm.plan import Chunk, Plan
from tinct.runtime.farm.simulation import Assumptions, Simulated


@dataclass(frozen=True)
class Film:
    """``plan``: None for one that is made up. ``exact``: chunks start from the states of an unbroken run."""

    plan: Plan | None
    chunks: tuple[Chunk, ...]
    cost: Cost
    tasks: int
    exact: bool


def film_of_bundle(folder: Path, frame_seconds: float | None, tasks: int | None) -> Film:
    """The film of a bundle: analysed as its step would, and calibrated here unless ``frame_seconds`` are told.

    Raises:
        TinctError: as `analyse` and `calibrate`.
    """
    opened = open_job(folder)
    backend = opened.value("Backend")
    single = "Output" in opened.values
    overrides = Overrides(
        int(opened.value("ChunkFrames")),
        int(opened.value("Preroll")),
        backend,
        opened.value("Output") if single else None,
        opened.value("Frames") if single else None,
    )
    job = overrides.apply(read_job(folder / JOB))
    plan = analyse(job, JobFolder(opened.work), backend=None if backend == "job" else backend)
    cost = calibrated(plan, opened.work) if frame_seconds is None else Cost(frame_seconds)
    if not single or job.films[0].shots != "auto":
        cost = replace(cost, look=0.0)
    return Film(plan, plan.chunks, cost, tasks or int(opened.value("Tasks")), exact=plan.preroll is None)


def calibrated(plan: Plan, work: Path) -> Cost:
    """What the work costs here: `calibrate`, with what starting a task and a session's worker takes, measured too.

    Raises:
        TinctError: as `calibrate`; WorkerError where none can be started.
    """
    began = time.monotonic()
    folder = start_worker()
    worker = time.monotonic() - began
    stop_worker(folder)
    count = str(len(plan.chunks) + 1)  # one task more than there are chunks: the last has nothing to do
    words = ("farm", "task", "colorize", "--work", str(work), "--index", count, "--of", count)
    root = str(Path(tinct.__file__).resolve().parent.parent)
    path = os.pathsep.join([root, *filter(None, [os.environ.get("PYTHONPATH")])])
    began = time.monotonic()
    subprocess.run(
        [sys.executable, "-m", "tinct", *words], capture_output=True, check=False, env=os.environ | {"PYTHONPATH": path}
    )
    task = time.monotonic() - began
    cost = calibrate(plan)
    return replace(cost, session=cost.session + worker, task=task)


def describe(
    film: Film, ideal: Estimate | None, simulated: Simulated, about: Assumptions, price: float
) -> Iterator[str]:
    """All of it, line by line."""
    frames = sum(chunk.frames for chunk in film.chunks)
    cost = film.cost
    yield f"{frames} frames in {len(film.chunks)} chunks, {simulated.tasks} tasks"
    yield (
        f"  a frame takes {cost.frame:.3f} s, through the network alone "
        f"{cost.frame if cost.follow is None else cost.follow:.3f} s, a chunk {cost.chunk:.1f} s, a session "
        f"{cost.session:.1f} s, a task {cost.task:.1f} s, looking for shots {cost.look:.3f} s and joining "
        f"{cost.join:.3f} s a frame"
    )
    if ideal is not None:
        money = f", {ideal.money:.2f}" if price else ""
        yield f"if all goes well on {ideal.workers} sessions: {clock(ideal.makespan)} ({_steps(ideal.steps)}){money}"
    held = simulated.useful + simulated.redone + simulated.slow + simulated.starting + simulated.idle
    money = f", {simulated.workers * simulated.makespan / 3600 * price:.2f}" if price else ""
    yield f"simulated on {simulated.workers} machines: {clock(simulated.makespan)} ({_steps(simulated.steps)}){money}"
    shares = {name: getattr(simulated, name) / held for name in ("useful", "redone", "slow", "starting", "idle")}
    yield "  of the machines' time: " + ", ".join(f"{name} {share:.1%}" for name, share in shares.items())
    yield f"  machines lost: {simulated.lost}; bottleneck: {simulated.bottleneck}"
    yield (
        f"  assumed: {about.boot:.0f} s until a machine takes tasks (log-normal, {about.boot_spread:g}), speeds "
        f"log-normal ({about.speed:g}), {about.stragglers:.0%} of machines {about.slowness:g} times slower, one lost "
        f"every {about.hours:g} h, {about.dispatch:g} tasks handed out a second, two tasks never at once on one chunk"
    )


def clock(seconds: float) -> str:
    """Hours, minutes and seconds."""
    whole = round(seconds)
    return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"


def _steps(steps: dict[str, float]) -> str:
    return ", ".join(f"{name} {clock(seconds)}" for name, seconds in steps.items())
