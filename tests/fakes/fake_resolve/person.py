"""A person at work in Resolve: real movies, sequences and stills, a project with a timeline, a click on the menu."""

from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np

from fake_resolve.application import Installation, Project
from fake_resolve.pool import MediaPoolItem
from fake_resolve.timeline import Timeline
from fake_resolve.timeline_item import TimelineItem
from tinct.plugin.client import Client
from tinct.plugin.params import StillInForce, format_stills, validated
from tinct.plugin.resolve.colour_clips import colour_clips
from tinct.plugin.resolve.job import Job
from tinct.plugin.resolve.project_folder import ProjectFolder, folder_of
from tinct.plugin.resolve.settings import Settings, write_settings

HEIGHT, WIDTH = 64, 96


def grey_frame(number: int) -> np.ndarray:
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    frame: np.ndarray = np.rint((0.5 + 0.4 * np.sin((x + 2 * number) / 9) * np.cos(y / 7)) * 255).astype(np.uint8)
    return frame


def write_movie(path: Path, frames: int, rate: Fraction = Fraction(24), timecode: str | None = None) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1" if path.suffix == ".mkv" else "prores_ks", rate=rate)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv422p10le"
        if timecode:
            container.metadata["timecode"] = timecode
        for number in range(frames):
            grey = np.repeat(grey_frame(number)[:, :, None], 3, axis=2)
            frame = av.VideoFrame.from_ndarray(grey, format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def write_sequence(folder: Path, first: int, frames: int, name: str = "shot") -> str:
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(first, first + frames):
        cv2.imwrite(str(folder / f"{name}.{number:04d}.png"), grey_frame(number - first))
    return str(folder / f"{name}.%04d.png")


def write_still(path: Path, turn: int = 0) -> Path:
    grey = grey_frame(0).astype(float)
    still = np.stack([grey, 255 - grey * 0.8 - turn / 2, grey * 0.35 + turn], axis=-1)
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), still.clip(0, 255).astype(np.uint8))
    return path


@dataclass
class Studio:
    """A person at work: the application, a project with a timeline, and what the scripts said."""

    folder: Path
    app: Installation
    project: Project
    timeline: Timeline
    client: Client
    said: list[str] = field(default_factory=list)

    @property
    def tinct(self) -> ProjectFolder:
        return folder_of(self.project)

    def set(self, *stills: Path, **choices: Any) -> None:
        """Write the settings' file as a person would: small, on the fake backend."""
        values = {"model": "fake", "backend": "fake", "workingSize": 64, **choices.pop("parameters", {})}
        values["stills"] = format_stills(StillInForce(str(path)) for path in stills)
        settings = {"handles": 2, "parameters": validated(values), **choices}
        write_settings(self.tinct.settings, Settings(**settings))

    def bring(self, *media: object) -> MediaPoolItem:
        """Import a movie, or a sequence given as pattern, first and last number."""
        pool = self.project.GetMediaPool()
        if len(media) == 1:
            return pool.ImportMedia([str(media[0])])[0]
        pattern, first, last = media
        return pool.ImportMedia([{"FilePath": pattern, "StartIndex": first, "EndIndex": last}])[0]

    def cut_in(self, clip: MediaPoolItem, offset: int, duration: int, at: int = 0, track: int = 1) -> TimelineItem:
        """Put a clip on the timeline; ``offset`` and ``at`` count from 0."""
        start = self.timeline.GetStartFrame() + at
        item = TimelineItem(self.app.edition, self.timeline, clip, start, duration, offset)
        while len(self.timeline._tracks) < track:
            self.timeline.AddTrack("video")
        self.timeline._tracks[track - 1].items.append(item)
        return item

    def choose(self, *items: TimelineItem) -> None:
        for item in items:
            item.SetClipColor("Purple")

    def colour(self) -> Job | None:
        """The menu's *Colour selected clips*, with the work in this process."""
        return colour_clips(self.app.resolve, self.said.append, client=self.client)

    def on_track(self, name: str = "Tinct") -> list[TimelineItem]:
        """Items of the track with that name."""
        return [item for track in self.timeline._tracks if track.name == name for item in track.items]

    def results(self) -> list[Path]:
        return sorted(path for path in Path(self.tinct.results).rglob("*") if path.is_file() and "/." not in str(path))


def pictures(item: TimelineItem) -> list[np.ndarray]:
    """What the timeline shows for ``item``, frame by frame, where the rates are the same."""
    assert item._media is not None
    assert item._media._file is not None
    return [item._media._file.picture(item._offset + index) for index in range(item._duration)]


def is_coloured(picture: np.ndarray) -> bool:
    return float(np.ptp(picture.astype(int), axis=-1).mean()) > 3


def shows(picture: np.ndarray, number: int) -> bool:
    """Whether the luminance is that of the plate's frame ``number``, and of no frame beside it."""
    closest = []
    for weights in ((0.0722, 0.7152, 0.2126), (0.114, 0.587, 0.299)):  # pictures are BT.709, movies come as BT.601
        errors = [np.abs(picture @ np.array(weights) - grey_frame(number + step)).mean() for step in (-1, 0, 1)]
        closest.append((errors[1], int(np.argmin(errors)) == 1))
    error, is_it = min(closest)
    return is_it and error < 4
