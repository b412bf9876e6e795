"""A model on a backend, stepped frame by frame with every stage timed."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from tinct.benchmark.timed_backend import TimedBackend
from tinct.benchmark.workload import Workload
from tinct.runtime.backends.base import Backend
from tinct.runtime.look_ahead import Expected, LookAhead
from tinct.runtime.picture.compose import compose
from tinct.runtime.picture.upsample import upsample_chroma
from tinct.runtime.session import ColorizationSession, Reference, StepResult

Image = NDArray[np.float32]

STAGES = ("motion", "network", "prepare", "upsample", "compose")
"""What a frame consists of. ``motion``: what is found of the next frame meanwhile, on another thread; ``prepare``: what
a step does beside the network, moving what was coloured before, padding, state."""


@dataclass(frozen=True)
class FrameTime:
    """Seconds of one frame: of the whole ``step`` and of each stage."""

    step: float
    stages: dict[str, float]


class Contestant:
    """One backend's session over the workload's frames, used again and again."""

    def __init__(self, backend: Backend, workload: Workload) -> None:
        """Encode the still; ``encode_seconds`` is the time of that, the second time it is done."""
        self.name = backend.NAME
        self._backend = TimedBackend(backend)
        self._workload = workload
        height, width = workload.luma[0].shape
        self._short_side = min(height, width)
        self._session()
        start = perf_counter()
        self._session()
        self.encode_seconds = perf_counter() - start

    def _session(self) -> ColorizationSession:
        session = ColorizationSession(self._backend, working_size=self._short_side)
        session.set_references([Reference(self._workload.still, None)])
        session.step(0, self._workload.lightness[0])
        return session

    def run(self) -> list[FrameTime]:
        """Colour the workload from its second frame on (the first has no previous one) as a run does and time each
        frame: first all steps, then by themselves the stages that are no part of a step."""
        timed = list(self._steps())
        return [FrameTime(step, stages | self._composition(result)) for result, step, stages in timed]

    def _steps(self) -> Iterator[tuple[StepResult, float, dict[str, float]]]:
        """Step after step, the next frame being looked at on another thread meanwhile (after the last one the first):
        results, seconds of the step, which ends when both are done, and of its stages."""
        session, lightness = self._session(), self._workload.lightness
        ahead = session.look_ahead()
        ahead.at(lightness[0])
        expected, _ = _timed(ahead, lightness[1])
        with ThreadPoolExecutor(1, "tinct-look-ahead") as pool:
            for number in range(1, len(lightness)):
                start = perf_counter()
                following = pool.submit(_timed, ahead, lightness[(number + 1) % len(lightness)])
                result = session.step(number, lightness[number], expected=expected)
                stepped = perf_counter() - start
                expected, motion = following.result()
                network = self._backend.seconds
                stages = {"motion": motion, "network": network, "prepare": max(0.0, stepped - network)}
                yield result, perf_counter() - start, stages

    def _composition(self, result: StepResult) -> dict[str, float]:
        """Seconds that the chroma of ``result`` takes to the frame's size and under its luma."""
        start = perf_counter()
        ab = upsample_chroma(result.ab, result.lightness, self._workload.lightness[result.number])
        upsampled = perf_counter()
        compose(self._workload.luma[result.number], ab, self._workload.tags)
        return {"upsample": upsampled - start, "compose": perf_counter() - upsampled}


def _timed(ahead: LookAhead, lightness: Image) -> tuple[Expected, float]:
    """What is seen of a frame ahead, and the seconds it took."""
    start = perf_counter()
    return ahead.at(lightness), perf_counter() - start
