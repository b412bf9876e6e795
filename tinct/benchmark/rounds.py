"""Contestants and yardstick in interleaved rounds, so that a busy moment of the machine meets all alike."""

import os
import platform
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from time import perf_counter

from tinct.benchmark.contestant import STAGES, Contestant, FrameTime
from tinct.benchmark.stand_in import StandIn
from tinct.benchmark.timings import Timings


@dataclass(frozen=True)
class Standing:
    """What one backend needs a frame: the ``step`` (network, state, the next frame's motion), then upsampling and
    composition."""

    backend: str
    step: Timings
    stages: dict[str, Timings]
    encode_ms: float
    ratio: float
    """How many steps the machine makes in the time of one frame of the yardstick."""

    @property
    def shares(self) -> dict[str, float]:
        """Share of each stage in the sum of the stages' medians."""
        total = sum(timings.median for timings in self.stages.values()) or 1.0
        return {name: timings.median / total for name, timings in self.stages.items()}


@dataclass(frozen=True)
class BenchReport:
    """Everything one run of the bench found."""

    machine: str
    threads: int
    model: str
    height: int
    width: int
    yardstick_flops: int
    yardstick: Timings
    standings: tuple[Standing, ...]
    missing: dict[str, str]
    """Backends that could not take part, with the reason."""

    def document(self) -> dict[str, object]:
        """The report as JSON-able data."""
        standings = [{**asdict(one), "shares": one.shares} for one in self.standings]
        return {**asdict(self), "standings": standings}


def run_rounds(
    contestants: Sequence[Contestant], yardstick: StandIn, *, rounds: int, progress: Callable[[int], None]
) -> tuple[Timings, list[tuple[Contestant, list[FrameTime]]]]:
    """Times of the yardstick and of every contestant after one round of warming up, over ``rounds`` rounds."""
    heavy: list[float] = []
    frames: list[list[FrameTime]] = [[] for _ in contestants]
    for index in range(rounds + 1):
        progress(index)
        measured = [contestant.run() for contestant in contestants]
        start = perf_counter()
        yardstick.run()
        seconds = perf_counter() - start
        if index:
            heavy.append(seconds)
            for kept, new in zip(frames, measured, strict=True):
                kept += new
    return Timings.of(heavy), list(zip(contestants, frames, strict=True))


def standing(contestant: Contestant, frames: Sequence[FrameTime], yardstick: Timings) -> Standing:
    """Sum up the frames of one contestant."""
    step = Timings.of([frame.step for frame in frames])
    stages = {name: Timings.of([frame.stages[name] for frame in frames]) for name in STAGES}
    return Standing(contestant.name, step, stages, 1000 * contestant.encode_seconds, yardstick.median / step.median)


def machine_name() -> str:
    """Processor and cores of this machine in words."""
    processor = platform.processor() or platform.machine()
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            processor = next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        pass
    return f"{processor}, {os.cpu_count()} cores, {platform.system()}"
