"""What is in a data set: sizes, hours, light, colour and motion, in all and by source."""

from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from tinct.training.colour import srgb_to_lab
from tinct.training.data.clip_store import DataSetError
from tinct.training.data.inspection import as_source, data_files
from tinct.training.data.manifest import JSON_NAME, read_manifest
from tinct.training.data.shot_figures import FrameFigures, frame_figures, reduced, shot_figures
from tinct.training.data.shot_filter import FilterConfig
from tinct.training.data.source_frames import Picture, frame_rate, read_frames

BINS = 10
LARGEST_CHROMA = 100.0
LOOK_EVERY = 4
"""Light, colour and motion are taken of each 4th frame."""


@dataclass(frozen=True, eq=False)
class FileFacts:
    """Facts of one file. ``size``: (height, width). ``seconds``: 0 for a photograph. ``lightness`` and ``chroma``:
    shares of the pixels in 10 equal bins of L* 0..100 and of the chroma (distance from grey in ab) 0..100, what lies
    above in the last. ``motion``: mean length of DIS flow between neighbouring frames in percent of the width; not a
    number for a photograph."""

    source: str
    clip: bool
    frames: int
    seconds: float
    size: tuple[int, int]
    grey: bool
    lightness: NDArray[np.float64]
    chroma: NDArray[np.float64]
    motion: float


@dataclass(frozen=True)
class Summary:
    """``share_grey``: of the files. ``lightness`` and ``chroma``: means of the files' histograms. ``motion``: mean of
    the clips' motion in percent of the width a frame, None without clips."""

    clips: int
    photos: int
    frames: int
    hours: float
    share_grey: float
    motion: float | None
    sizes: dict[str, int]
    lightness: list[float]
    chroma: list[float]


@dataclass(frozen=True)
class Statistics:
    """The summary of all files, of those of each source, and the files that could not be read."""

    total: Summary
    by_source: dict[str, Summary]
    unreadable: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Everything as JSON values."""
        return asdict(self)


def statistics(folder: Path, *, threads: int | None = None) -> Statistics:
    """Decode and sum up every file under ``folder``. A file's source is the imported folder that the manifest names,
    else the first folder on its way.

    Raises:
        DataSetError: there is no file that can be read, or the manifest cannot be read.
    """
    files = data_files(folder)
    origin = _origins(folder)

    def attempt(path: Path) -> FileFacts | str:
        name = path.relative_to(folder).as_posix()
        fallback = name.split("/")[0] if "/" in name else "."
        try:
            return file_facts(path, origin.get(name, fallback))
        except DataSetError as error:
            return f"{name}: {error}"

    with ThreadPoolExecutor(threads) as pool:
        results = list(pool.map(attempt, files))
    facts = [result for result in results if isinstance(result, FileFacts)]
    unreadable = tuple(result for result in results if isinstance(result, str))
    if not facts:
        raise DataSetError(f"no file of {folder} can be read ({unreadable[0]})")
    names = sorted({one.source for one in facts})
    by_source = {name: summary([one for one in facts if one.source == name]) for name in names}
    return Statistics(summary(facts), by_source, unreadable)


def file_facts(path: Path, source: str) -> FileFacts:
    """The facts of one clip or photograph.

    Raises:
        DataSetError: it cannot be read.
    """
    kind = as_source(path)
    seen: list[FrameFigures] = []
    light, chroma = np.zeros(BINS), np.zeros(BINS)
    lengths: list[float] = []
    count, size, before = 0, (0, 0), None
    for number, frame in enumerate(read_frames(kind)):
        count, size = number + 1, frame.shape[:2]
        if number % LOOK_EVERY > 1:
            continue
        small = reduced(frame)
        if number % LOOK_EVERY == 0:
            seen.append(frame_figures(small))
            shares = _shares(small)
            light, chroma = light + shares[0], chroma + shares[1]
        elif before is not None:
            lengths.append(_motion(before, small))
        before = small
    clip = kind.kind == "movie"
    return FileFacts(
        source=source,
        clip=clip,
        frames=count,
        seconds=float(count / frame_rate(kind)) if clip else 0.0,
        size=(size[0], size[1]),
        grey=shot_figures(seen).colour < FilterConfig().colour,
        lightness=light / len(seen),
        chroma=chroma / len(seen),
        motion=float(np.mean(lengths)) if lengths else float("nan"),
    )


def summary(facts: Sequence[FileFacts]) -> Summary:
    """The facts of some files in one."""
    clips = [one for one in facts if one.clip]
    moving = [one.motion for one in clips if not np.isnan(one.motion)]
    sizes = Counter(f"{width}x{height}" for height, width in (one.size for one in facts))
    return Summary(
        clips=len(clips),
        photos=len(facts) - len(clips),
        frames=sum(one.frames for one in facts),
        hours=round(sum(one.seconds for one in facts) / 3600, 4),
        share_grey=round(sum(one.grey for one in facts) / len(facts), 4),
        motion=round(float(np.mean(moving)), 3) if moving else None,
        sizes=dict(sizes.most_common()),
        lightness=_mean(one.lightness for one in facts),
        chroma=_mean(one.chroma for one in facts),
    )


def _mean(histograms: Iterable[NDArray[np.float64]]) -> list[float]:
    return np.mean(list(histograms), axis=0).round(4).tolist()


def _shares(frame: Picture) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    lab = srgb_to_lab(frame.astype(np.float32) / np.float32(255.0)).reshape(-1, 3)
    chroma = np.minimum(np.hypot(lab[:, 1], lab[:, 2]), LARGEST_CHROMA)
    light, _ = np.histogram(lab[:, 0].clip(0, 100), BINS, (0, 100))
    colour, _ = np.histogram(chroma, BINS, (0, LARGEST_CHROMA))
    return light / len(lab), colour / len(lab)


def _motion(before: Picture, frame: Picture) -> float:
    earlier, later = (cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY) for picture in (before, frame))
    flow = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_FAST).calc(earlier, later, None)
    return float(np.linalg.norm(flow, axis=-1).mean() / frame.shape[1] * 100)


def _origins(folder: Path) -> dict[str, str]:
    """The imported folder that each file of the data set comes from."""
    path = folder / JSON_NAME
    rows = read_manifest(path) if path.exists() else ()
    return {row.file: row.source.split("/")[0] for row in rows if row.file}
