"""What a film costs: a calibration of this machine, and the time and money that follow from it."""

import heapq
import shutil
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tinct.runtime.backends import create_backend
from tinct.runtime.backends.base import Backend
from tinct.runtime.bank import EncodedStills
from tinct.runtime.bundle import Bundle
from tinct.runtime.farm.paths import PathRule
from tinct.runtime.farm.plan import Chunk, Plan
from tinct.runtime.run.pipeline import colorize_plate, follow_plate
from tinct.runtime.run.request import ColorizeRequest, Progress
from tinct.runtime.warm import Warm

CALIBRATION_FRAMES = 24
_SKIPPED = 4
"""Frames at the start of a calibration that fill the stages and are not counted."""


@dataclass(frozen=True)
class Cost:
    """Seconds of one task at a time on one machine: ``frame`` for each, ``follow`` for each that goes through the
    network alone (None: as much), ``chunk`` for opening plate and stills, ``session`` for a worker with the model
    loaded, ``task`` for starting a process, ``look`` for each frame that the search for shots looks at, ``join`` for
    each frame that is copied."""

    frame: float
    chunk: float = 1.0
    session: float = 5.0
    task: float = 2.0
    look: float = 0.02
    join: float = 0.002
    follow: float | None = None

    def of_relay(self, last: Chunk) -> float:
        """Seconds of a task that makes the states of a shot up to its ``last`` chunk."""
        follow = self.frame if self.follow is None else self.follow
        return self.task + self.chunk + (last.first - last.shot_first) * follow

    def of_chunk(self, chunk: Chunk) -> float:
        """Seconds of a chunk."""
        return self.chunk + chunk.frames * self.frame

    def of_share(self, chunks: Iterable[Chunk]) -> float:
        """Seconds of a task that colours ``chunks``."""
        return self.task + sum(map(self.of_chunk, chunks))


@dataclass(frozen=True)
class Estimate:
    """``makespan``: seconds from submission to the finished film; ``work``: seconds of machines at work; ``money``:
    what they cost while they are held, idle or not. ``steps``: seconds of each."""

    workers: int
    makespan: float
    work: float
    money: float
    steps: dict[str, float]


def calibrate(plan: Plan, rules: Sequence[PathRule] = (), *, frames: int = CALIBRATION_FRAMES) -> Cost:
    """Colour the first frames of the plan's longest chunk and throw them away, and take them through the network alone:
    what a frame, a chunk, and loading model and stills for a session cost here.

    Raises:
        TinctError: as `colorize_plate`.
    """
    chunk = max(plan.chunks, key=lambda one: one.frames)
    last = min(chunk.last, chunk.first + frames - 1)
    request = plan.request(chunk.film, chunk.first, last, rules)
    folder = Path(tempfile.mkdtemp(prefix="tinct-calibration-"))
    loaded: list[Backend] = []

    def load(name: str, bundle: Bundle, threads: int | None) -> Backend:
        if not loaded:
            loaded.append(create_backend(name, bundle, threads=threads))
        return loaded[0]

    warm = Warm(backend=load, stills=EncodedStills())
    ticks: list[float] = []

    def tick(progress: Progress) -> None:
        ticks.append(time.perf_counter())

    output = Path(request.output)
    place = folder / output.name if output.suffix else folder / "frames"
    try:
        session = _follow_seconds(replace(request, frames=str(chunk.first)), warm)
        follow = _follow_seconds(request, warm) / (last - chunk.first + 1)
        began = time.perf_counter()
        colorize_plate(replace(request, output=place, resume=False), progress=tick, warm=warm)
        ended = time.perf_counter()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    skipped = min(_SKIPPED, len(ticks) - 1)
    frame = (ticks[-1] - ticks[skipped]) / max(1, len(ticks) - 1 - skipped) if len(ticks) > 1 else ended - began
    chunk_seconds = max(0.0, ended - began - frame * len(ticks))
    return Cost(frame=frame, chunk=chunk_seconds, follow=min(follow, frame), session=session)


def _follow_seconds(request: ColorizeRequest, warm: Warm) -> float:
    """Seconds in which the frames of a request go through the network alone, and plate and stills are opened."""
    began = time.perf_counter()
    for _ in follow_plate(request, start=None, warm=warm):
        continue
    return time.perf_counter() - began


def estimate(plan: Plan, cost: Cost, workers: int, tasks: int, *, price: float = 0.0) -> Estimate:
    """Time and money with ``workers`` machines of one session each, none of which fails; ``price``: of one an hour."""
    shares = [cost.of_share(share) for share in plan.tasks(tasks) if share]
    films = [sum(chunk.frames for chunk in plan.of_film(film)) for film in range(len(plan.films))]
    relayed = 0.0
    if plan.preroll is None:
        lasts = [share[0] for share in plan.relays(len(plan.chunks)) if share]
        relayed = cost.session + spread(map(cost.of_relay, lasts), workers) if lasts else 0.0
    steps = {
        "analyse": cost.task + sum(films) * cost.look,
        "relay": relayed,
        "colorize": cost.session + spread(shares, workers),
        "join": max(cost.task + frames * cost.join for frames in films),
    }
    makespan = sum(steps.values())
    work = sum(shares) + min(workers, len(shares)) * cost.session + steps["analyse"] + steps["relay"] + steps["join"]
    return Estimate(workers, makespan, work, workers * makespan / 3600 * price, steps)


def spread(seconds: Iterable[float], workers: int) -> float:
    """When the last of tasks of so many ``seconds`` ends, handed in order to whoever is free."""
    free = [0.0] * workers
    for one in seconds:
        heapq.heapreplace(free, free[0] + one)
    return max(free)
