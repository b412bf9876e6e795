"""A farm that is simulated: machines that start cold, some slower, some lost, and what a film takes on them."""

import heapq
import math
import random
from dataclasses import dataclass

from tinct.runtime.farm.estimate import Cost
from tinct.runtime.farm.plan import Chunk, cut_film, deal
from tinct.runtime.run.checkpoint import CHECKPOINT_FRAMES
from tinct.runtime.run.shot_plan import ShotPlan


@dataclass(frozen=True)
class Assumptions:
    """About the machines.

    ``boot``: median seconds until a machine asked for takes tasks; ``boot_spread``: sigma of its logarithm. ``speed``:
    sigma of the logarithm of a machine's slowness. ``stragglers``: share of the machines that are ``slowness`` times
    slower. ``hours``: mean hours until a machine is lost (spot prices); its task begins again at the last checkpoint,
    elsewhere. ``dispatch``: tasks a second that the engine hands out at most.
    """

    boot: float = 120.0
    boot_spread: float = 0.4
    speed: float = 0.1
    stragglers: float = 0.02
    slowness: float = 3.0
    hours: float = 12.0
    dispatch: float = 20.0


@dataclass(frozen=True)
class Simulated:
    """What came of it, in seconds: of the clock (``makespan`` and its ``steps``), and of machines: ``useful``,
    ``redone`` after losses, ``slow`` (beyond what a machine of median speed takes; below 0 where faster ones did most),
    ``starting``, ``idle`` at the end of a step. ``lost``: machines. ``longest``: of one task on a machine of median
    speed."""

    workers: int
    tasks: int
    makespan: float
    steps: dict[str, float]
    useful: float
    redone: float
    slow: float
    starting: float
    idle: float
    lost: int
    longest: float

    @property
    def efficiency(self) -> float:
        """Useful seconds of all seconds that machines were held while colouring."""
        return self.useful / (self.useful + self.redone + self.slow + self.starting + self.idle)

    @property
    def bottleneck(self) -> str:
        """The step that takes longest, and why."""
        step = max(self.steps, key=lambda name: self.steps[name])
        if step != "colorize":
            return f"{step}: one machine after the other steps have ended, or before they begin"
        if self.steps["colorize"] < 2.0 * self.longest:
            return "colorize: the longest task, on a slow machine or begun late"
        return "colorize: the work itself"


def made_up_film(frames: int, shot: float, seed: int) -> ShotPlan:
    """Cuts of a film of so many ``frames`` with shots of ``shot`` frames on average, log-normal with a sigma of 0.8."""
    chance, resets, at = random.Random(seed), list[int](), 0
    while True:
        at += max(6, round(chance.lognormvariate(math.log(shot) - 0.32, 0.8)))
        if at >= frames:
            return ShotPlan(resets=tuple(resets), starts=tuple(resets))
        resets.append(at)


def simulate(
    chunks: tuple[Chunk, ...],
    cost: Cost,
    workers: int,
    tasks: int,
    about: Assumptions,
    *,
    exact: bool,
    longest_first: bool = True,
    seed: int = 0,
) -> Simulated:
    """Run a film of ``chunks`` in ``tasks`` on ``workers`` machines; ``exact``: states are relayed first;
    ``longest_first``: tasks begin in the order of a plan, else in the film's."""
    chance = random.Random(seed)
    shares = [share for share in deal(chunks, tasks) if share]
    if not longest_first:
        shares.sort(key=lambda share: share[0].first)
    farm = _Farm(cost, about, chance, workers)
    frames = sum(chunk.frames for chunk in chunks)
    steps = {"analyse": cost.task + frames * cost.look, "relay": 0.0}
    if exact:
        lasts: dict[int, Chunk] = {chunk.shot: chunk for chunk in chunks if not chunk.starts_shot}
        relays = [cost.of_relay(one) for one in lasts.values()]
        steps["relay"] = farm.run(sorted(relays, reverse=True) if longest_first else relays)
    steps["colorize"] = farm.run([cost.of_share(share) for share in shares])
    steps["join"] = cost.task + frames * cost.join
    return Simulated(
        workers, len(shares), sum(steps.values()), steps, farm.useful, farm.redone, farm.slow, farm.starting, farm.idle,
        farm.lost, max(cost.of_share(share) for share in shares),
    )  # fmt: skip


class _Farm:
    """Machines, and the tally of what their seconds went into."""

    def __init__(self, cost: Cost, about: Assumptions, chance: random.Random, workers: int) -> None:
        self._cost, self._about, self._chance, self._workers = cost, about, chance, workers
        self.useful = self.redone = self.slow = self.starting = self.idle = 0.0
        self.lost = 0
        self._warm = False

    def run(self, tasks: list[float]) -> float:
        """Seconds until ``tasks`` (each in seconds of a median machine) are done."""
        used = min(self._workers, len(tasks))
        machines = [self._machine(0.0, cold=not self._warm) for _ in range(used)]
        heapq.heapify(machines)
        self._warm = True
        waiting = [(0.0, index, seconds) for index, seconds in enumerate(tasks)]
        heapq.heapify(waiting)
        end, ends, handed = 0.0, list[float](), 0.0
        while waiting:
            ready, index, seconds = heapq.heappop(waiting)
            free, slowness, gone = heapq.heappop(machines)
            begin = max(free, ready, handed + 1 / self._about.dispatch)
            handed = begin
            finish = begin + seconds * slowness
            if finish > gone:
                done = max(0.0, gone - begin) / slowness
                kept = max(0.0, done - CHECKPOINT_FRAMES * self._cost.frame * self._chance.random() - self._cost.chunk)
                self.lost += 1
                self.useful += kept
                self.redone += done - kept
                self.slow += done * (slowness - 1)
                heapq.heappush(waiting, (max(gone, begin), index, seconds - kept + self._cost.chunk))
                heapq.heappush(machines, self._machine(max(gone, begin), cold=True))
                continue
            self.useful += seconds
            self.slow += seconds * (slowness - 1)
            end = max(end, finish)
            ends.append(finish)
            heapq.heappush(machines, (finish, slowness, gone))
        self.idle += sum(max(0.0, end - free) for free, _, _ in machines)
        return end

    def _machine(self, asked: float, *, cold: bool) -> tuple[float, float, float]:
        """When it takes its first task, its slowness, and when it is lost."""
        about, chance = self._about, self._chance
        boot = about.boot * math.exp(chance.gauss(0.0, about.boot_spread)) if cold else 0.0
        start = boot + self._cost.session
        self.starting += start
        slowness = math.exp(chance.gauss(0.0, about.speed))
        if chance.random() < about.stragglers:
            slowness *= about.slowness
        return asked + start, slowness, asked + start + chance.expovariate(1 / (3600 * about.hours))


def made_up_chunks(frames: int, shot: float, chunk: int, seed: int = 0) -> tuple[Chunk, ...]:
    """The chunks of such a film."""
    return cut_film(0, made_up_film(frames, shot, seed), 0, frames - 1, chunk)
