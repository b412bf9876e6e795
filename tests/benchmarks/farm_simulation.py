"""A film of 150,000 frames on simulated farms: what the clock says, step by step, and what the machines did.

    python tests/benchmarks/farm_simulation.py

Each row is the mean of several farms and films made up by chance. A frame takes 0.3 s; shots have 120 frames on
average. The assumptions about machines are `Assumptions`', but for what a row names.
"""

import sys
from dataclasses import dataclass, field

import numpy as np

from tinct.farm.estimation import clock
from tinct.runtime.farm.estimate import Cost
from tinct.runtime.farm.simulation import Assumptions, made_up_chunks, simulate

FRAMES, SEEDS = 150_000, 10
STEPS = ("analyse", "relay", "colorize", "join")


@dataclass(frozen=True)
class Case:
    """A row of the table; ``network``: its share of a frame's cost."""

    name: str
    workers: int = 1000
    chunk: int = 1440
    network: float = 1.0
    look: float = 0.0
    shot: float = 120.0
    exact: bool = True
    longest_first: bool = True
    about: Assumptions = field(default_factory=Assumptions)


CASES = (
    Case("as it comes, 10 machines", workers=10),
    Case("as it comes, 100 machines", workers=100),
    Case("as it comes"),
    Case("tasks in the film's order, 10 machines", workers=10, longest_first=False),
    Case("tasks in the film's order, 100 machines", workers=100, longest_first=False),
    Case("tasks in the film's order", longest_first=False),
    Case("shots found by the job", look=0.02),
    Case("chunks of 480", chunk=480),
    Case("chunks of 96", chunk=96),
    Case("chunks of 480, network 25 %", chunk=480, network=0.25),
    Case("chunks of 96, network 25 %", chunk=96, network=0.25),
    Case("chunks of 96, pre-roll", chunk=96, exact=False),
    Case("10 % of machines 5 times slower", about=Assumptions(stragglers=0.1, slowness=5.0)),
    Case("a machine lost every hour", about=Assumptions(hours=1.0)),
    Case("machines warm", about=Assumptions(boot=0.0)),
    Case("all one shot", shot=1e9),
    Case("all one shot, pre-roll", shot=1e9, exact=False, chunk=480),
)


def row(case: Case) -> str:
    """One line of the table."""
    times, tallies = [], []
    for seed in range(SEEDS):
        chunks = made_up_chunks(FRAMES, case.shot, case.chunk, seed)
        cost = Cost(0.3, look=case.look, follow=0.3 * case.network)
        done = simulate(
            chunks, cost, case.workers, len(chunks), case.about, exact=case.exact, longest_first=case.longest_first,
            seed=seed,
        )  # fmt: skip
        held = done.useful / done.efficiency
        times.append([done.makespan, *(done.steps[step] for step in STEPS)])
        tallies.append([100 * done.efficiency, 100 * done.starting / held, 100 * done.redone / held, done.lost])
    clocks = " | ".join(clock(value) for value in np.mean(times, axis=0))
    useful, starting, redone, lost = np.mean(tallies, axis=0)
    shares = f"{useful:.0f} % | {starting:.0f} % | {redone:.2f} % | {lost:.0f}"
    return f"| {case.name} | {case.workers} | {clocks} | {shares} |"


def main() -> None:
    """Print the table."""
    heads = ("case", "machines", "film", *STEPS, "useful", "starting", "redone", "lost")
    sys.stdout.write(f"| {' | '.join(heads)} |\n|---|{'---:|' * (len(heads) - 1)}\n")
    for case in CASES:
        sys.stdout.write(row(case) + "\n")


if __name__ == "__main__":
    main()
