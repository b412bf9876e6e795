"""A model on a backend, stepped frame by frame with every stage timed."""

from dataclasses import dataclass
from time import perf_counter

import numpy as np

from tinct.benchmark.timed_backend import TimedBackend
from tinct.benchmark.workload import Workload
from tinct.runtime.backends.base import Backend
from tinct.runtime.motion import create_motion
from tinct.runtime.motion.propagate import propagate
from tinct.runtime.picture.compose import compose
from tinct.runtime.picture.upsample import upsample_chroma
from tinct.runtime.session import ColorizationSession, Reference

STAGES = ("motion", "network", "prepare", "upsample", "compose")
"""What a frame consists of. ``prepare`` is what a step does beside motion and network: scaling, padding, state."""


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
        self._motion = create_motion(backend.bundle.manifest.motion)
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
        """Colour the workload from its second frame on (the first has no previous one) and time each frame."""
        session = self._session()
        times = []
        previous_ab = np.zeros((*self._workload.luma[0].shape, 2), np.float32)
        for number, lightness in enumerate(self._workload.lightness):
            if number == 0:
                continue
            start = perf_counter()
            step = session.step(number, lightness)
            stepped = perf_counter() - start
            motion = self._motion_seconds(number, previous_ab)
            start = perf_counter()
            ab = upsample_chroma(step.ab, step.lightness, lightness)
            upsampled = perf_counter()
            compose(self._workload.luma[number], ab, self._workload.tags)
            composed = perf_counter()
            network = self._backend.seconds
            stages = {
                "motion": motion,
                "network": network,
                "prepare": max(0.0, stepped - network - motion),
                "upsample": upsampled - start,
                "compose": composed - upsampled,
            }
            times.append(FrameTime(stepped, stages))
            previous_ab = ab
        return times

    def _motion_seconds(self, number: int, previous_ab: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> float:
        """Seconds that moving the previous colours to frame ``number`` takes, done once more by itself."""
        if self._motion is None:
            return 0.0
        before, now = self._workload.lightness[number - 1], self._workload.lightness[number]
        start = perf_counter()
        propagate(before, previous_ab, now, self._motion)
        return perf_counter() - start
