"""A small film with sound and timecode, and the job that colours it."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest

from tinct.runtime.farm.analysis import analyse
from tinct.runtime.farm.folder import JobFolder
from tinct.runtime.farm.job import FarmJob, Film
from tinct.runtime.farm.plan import Plan
from tinct.runtime.shots import Shot, ShotList, Transition, write_shots

FRAMES, HEIGHT, WIDTH, EVERY = 22, 64, 96, 4
"""Of the plate; and frames from checkpoint to checkpoint."""
CUTS = (5, 18)


@pytest.fixture(autouse=True)
def checkpoints(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tinct.runtime.plate_run.CHECKPOINT_FRAMES", EVERY)
    monkeypatch.setattr("tinct.runtime.farm.plan.CHECKPOINT_FRAMES", EVERY)


@pytest.fixture(scope="session")
def material(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """``plate.mov``, ``still.png`` and ``shots.csv``: shots of 5, 13 and 4 frames."""
    folder = tmp_path_factory.mktemp("material")
    y, x = np.mgrid[:HEIGHT, :WIDTH].astype(np.float32)
    with av.open(str(folder / "plate.mov"), "w") as movie:
        stream = movie.add_stream("prores_ks", rate=Fraction(24))
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv422p10le"
        stream.codec_context.time_base = Fraction(1, 24)
        stream.metadata["timecode"] = "01:00:00:00"
        sound = movie.add_stream("aac", rate=48000, layout="mono")
        for number in range(FRAMES):
            frame = av.VideoFrame(WIDTH, HEIGHT, "yuv422p10le")
            luma = 500 + 300 * np.sin((x + 3 * number) / 9) * np.cos(y / 7)
            for index, plane in enumerate(frame.planes):
                values = np.frombuffer(plane, "<u2").reshape(plane.height, -1)
                values[:] = 512
                if index == 0:
                    values[:, :WIDTH] = luma
            frame.pts, frame.time_base = number, Fraction(1, 24)
            movie.mux(stream.encode(frame))
            samples = np.sin(np.arange(2000, dtype=np.float32) * (number + 3) / 200)[np.newaxis]
            tone = av.AudioFrame.from_ndarray(samples, format="fltp", layout="mono")
            tone.sample_rate, tone.pts, tone.time_base = 48000, 2000 * number, Fraction(1, 48000)
            movie.mux(sound.encode(tone))
        movie.mux(stream.encode(None))
        movie.mux(sound.encode(None))
    bgr = np.stack([60 + x, 40 + y, 220 - x - y / 2], axis=-1)
    cv2.imwrite(str(folder / "still.png"), np.clip(bgr, 0, 255).astype(np.uint8))
    shots = [Shot(0, CUTS[0] - 1), Shot(CUTS[0], CUTS[1] - 1, Transition.cut(CUTS[0]))]
    shots.append(Shot(CUTS[1], FRAMES - 1, Transition.cut(CUTS[1])))
    write_shots(folder / "shots.csv", ShotList(str(folder / "plate.mov"), tuple(shots)))
    return folder


MakeJob = Callable[..., FarmJob]


@pytest.fixture
def make_job(material: Path, tmp_path: Path) -> MakeJob:
    """The job whose result has that name."""

    def make(result: str, *, chunk: int = 8, preroll: int | None = None, **fields: Any) -> FarmJob:
        request = {
            "input": str(material / "plate.mov"),
            "output": str(tmp_path / "farm" / result),
            "references": [{"path": str(material / "still.png"), "frame": 2, "weight": 1.0}],
            "hints": [{"frame": 4, "x": 30, "y": 20, "colour": [0.1, 0.2, 0.9]}],
            "model": "fake",
            "backend": "fake",
            "working_size": 64,
            "threads": 1,
            **fields,
        }
        return FarmJob("film", (Film("film", request, str(material / "shots.csv")),), chunk, preroll)

    return make


@pytest.fixture
def folder(tmp_path: Path) -> JobFolder:
    return JobFolder(tmp_path / "work")


@pytest.fixture
def planned(make_job: MakeJob, folder: JobFolder) -> Plan:
    """The plan of a movie."""
    return analyse(make_job("film.mov"), folder)
