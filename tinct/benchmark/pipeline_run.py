"""The whole job timed: a ProRes plate in, a coloured ProRes out, and which stage the others wait for."""

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np

from tinct.benchmark.rounds import machine_name
from tinct.benchmark.workload import Workload, demo_workload
from tinct.demo_material import STILLS, demo_file
from tinct.runtime.media import PlateInfo, ResultFrame, open_writer
from tinct.runtime.run.pipeline import ColorizeRequest, Progress, StillAt, colorize_plate

CLIP_FRAMES = 24
"""Frames of the demo clip's first shot; a longer plate shows them again and again, back and forth."""


@dataclass(frozen=True)
class PipelineReport:
    """One run through all stages.

    ``busy``: seconds that each stage worked. Stages overlap and use several cores, so the shares do not sum to 1: the
    one nearest to 1 is what the others wait for.
    """

    machine: str
    threads: int
    model: str
    backend: str
    height: int
    width: int
    frames: int
    seconds: float
    busy: Mapping[str, float]

    @property
    def fps(self) -> float:
        """Frames a second, from the first frame decoded to the finished file."""
        return self.frames / self.seconds

    @property
    def shares(self) -> dict[str, float]:
        """Part of the run in which each stage was at work."""
        return {name: seconds / self.seconds for name, seconds in self.busy.items()}

    @property
    def bottleneck(self) -> str:
        """The stage that worked longest."""
        return max(self.busy, key=lambda name: self.busy[name])

    def document(self) -> dict[str, object]:
        """The report as JSON-able data."""
        return {**asdict(self), "fps": self.fps, "shares": self.shares, "bottleneck": self.bottleneck}


def run_pipeline(
    *,
    model: str,
    backend: str,
    height: int,
    width: int,
    frames: int,
    threads: int,
    progress: Callable[[Progress], None],
) -> PipelineReport:
    """Colour ``frames`` frames of the demo clip, stretched to ``height`` x ``width``, from ProRes 422 HQ to the same.

    Raises:
        TinctError: as `colorize_plate`.
    """
    with tempfile.TemporaryDirectory(prefix="tinct-bench-") as name, demo_file(STILLS[0]) as still:
        plate = Path(name) / "plate.mov"
        _write_plate(plate, demo_workload(height=height, width=width, frames=min(frames, CLIP_FRAMES)), frames)
        request = ColorizeRequest(
            input=plate,
            references=(StillAt(still),),
            output=Path(name) / "result.mov",
            model=model,
            backend=backend,
            threads=threads,
        )
        report = colorize_plate(request, progress=progress)
    return PipelineReport(
        machine=machine_name(),
        threads=threads,
        model=report.model,
        backend=report.backend,
        height=height,
        width=width,
        frames=report.frames,
        seconds=report.seconds,
        busy=report.busy,
    )


def _write_plate(path: Path, workload: Workload, frames: int) -> None:
    count = len(workload.luma)
    height, width = workload.luma[0].shape
    numbers = tuple(range(frames))
    info = PlateInfo(Path("demo"), width, height, numbers, 10, colour=workload.tags, frame_rate=Fraction(24))
    with open_writer(path, info) as writer:
        for number in numbers:
            place = number % (2 * count)
            luma = workload.luma[place if place < count else 2 * count - 1 - place]
            writer.write(ResultFrame(number, np.repeat(luma[..., None], 3, axis=-1)))
        writer.commit()
