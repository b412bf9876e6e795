"""The panel as a whole: its models, what they work with, and how footage comes in."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import Any

from tinct.plugin.client import Client, WorkerRefused
from tinct.runtime.project import (
    OutputSettings,
    Project,
    ProjectShot,
    new_id,
    read_record,
    shot_state,
    unique_name,
)
from tinct.ui.lane import Lane, Post, Stale
from tinct.ui.models.confidence import Confidence
from tinct.ui.models.connection import Connections
from tinct.ui.models.corrections import Corrections
from tinct.ui.models.document import Document
from tinct.ui.models.farm_jobs import FarmJobs
from tinct.ui.models.frames import Frames, Variant
from tinct.ui.models.library import Library
from tinct.ui.models.media_files import MediaFiles
from tinct.ui.models.messages import Messages
from tinct.ui.models.next_shot import NextShot
from tinct.ui.models.painting import Painting
from tinct.ui.models.parameters import Parameters
from tinct.ui.models.playback import Playback
from tinct.ui.models.processes import Processes
from tinct.ui.models.project_file import ProjectFile, empty_project
from tinct.ui.models.render_queue import RenderQueue
from tinct.ui.models.shot_list import ShotList
from tinct.ui.models.stills import PICTURES, Stills
from tinct.ui.models.thumbnails import Thumbnails
from tinct.ui.models.unsaved import LeftProject
from tinct.ui.models.viewer import Viewer
from tinct.ui.signal import Signal

MOST_THUMBNAILS = 200
"""Small pictures that wait at most: a few screens full."""


class Panel:
    """All models over one document. ``opening``: footage is being read: how much of it, 0..1, or None at the end."""

    def __init__(
        self,
        post: Post,
        connections: Connections | None = None,
        view_size: int = 960,
        detector: str | None = None,
        processes: Processes | None = None,
    ):
        """An empty project.

        Args:
            post: has a call made by the UI thread.
            connections: to the worker; None: to that of the user.
            view_size: longest side of the viewer's pictures, in pixels.
            detector: of shots, by its name; None: the worker's best.
            processes: starts Tinct; None: as it is installed.
        """
        self.opening = Signal()
        self._post, self._detector = post, detector
        processes = processes or Processes()
        self._connections = connect = Connections(Client) if connections is None else connections
        self._frame_lane = Lane("frames", post, waiting=3)
        self._thumbnail_lane = Lane(
            "thumbnails", post, MOST_THUMBNAILS, lambda key: self.thumbnails.dropped(key), [self._frame_lane]
        )
        self._rank_lane = Lane("ranking", post)
        self._media_lane = Lane("media", post, waiting=16)
        self.messages = Messages()
        self.document = Document(empty_project())
        self.file = ProjectFile(self.document, self.messages, post)
        self.confidence = Confidence()
        self.thumbnails = Thumbnails(self._thumbnail_lane, connect)
        self.queue = RenderQueue(self.document, self.messages, post, processes)
        self.farm = FarmJobs(self.document, self.messages, post, processes)
        self.shots = ShotList(self.document, rendered_facts, self.confidence.mean_of_shot)
        self.frames = Frames(self._frame_lane, connect, view_size)
        self.viewer = Viewer(self.document, self.shots, self.frames, self.confidence, self.messages)
        self.playback = Playback(self.viewer, self.shots, self.frames, lambda: self.rate)
        self.next_shot = NextShot(self.document, self.shots, self.viewer, self.playback, self.frames)
        self.stills = Stills(self.document, self.shots, self.messages)
        self.library = Library(self.document, self.viewer, self.messages, self._rank_lane, connect, post)
        self.parameters = Parameters(self.document, self.shots, self.messages)
        self.corrections = Corrections(self.document, self.shots, self.viewer)
        self.painting = Painting(
            self.document, self.shots, self.viewer, self.frames, self.thumbnails, self.messages, self._media_lane
        )
        self.media = MediaFiles(self.document, self.messages, self._media_lane, processes)
        self.queue.rendered.connect(lambda id: self.shots.refresh([id]))
        self.farm.rendered.connect(lambda id: self.shots.refresh([id]))
        self.queue.progressed.connect(self._note_progress)
        self.confidence.noted.connect(self.shots.refresh_confidence)
        self.viewer.failed.connect(self.stills.refuse)
        self._ranked_shot = ""
        self.viewer.changed.connect(self._rank_new_shot)

    def open(self, path: str) -> None:
        """Open a project's file, or a clip in a project of its own."""
        if path.endswith(".tinct"):
            self.file.open(path)
        else:
            self.add_clip(path)

    def offer_recovery(self) -> None:
        """Say so if a project was left that was never saved."""

        def work(stale: Stale) -> Iterator[Any]:
            yield self.file.left()

        def done(left: list[LeftProject]) -> None:
            if left:
                more = f", and {len(left) - 1} older" if len(left) > 1 else ""
                self.messages.note(
                    f"A project that was never saved was left: {left[0].text}{more}. Ctrl+Shift+O has it back.",
                    "unsaved",
                )

        self._media_lane.ask(("left",), work, done, lambda error: None)

    def recover(self) -> None:
        """Open the newest project that was left and never saved."""
        left = self.file.left()
        self.messages.settle("unsaved")
        if left:
            self.file.recover(left[0])
        else:
            self.messages.note("There is no project that was never saved.", "unsaved")

    def take_files(self, paths: Iterable[str]) -> None:
        """What was dropped on the panel: projects and clips are opened, pictures are stills of the current shot, from
        its first frame on or, if it has some, from the one that is shown, and a folder is a library."""
        pictures = []
        for path in paths:
            if os.path.isdir(path):
                self.library.use(path)
            elif path.lower().endswith(PICTURES) and self.shots.current is not None:
                pictures.append(path)
            else:
                self.open(path)
        if pictures:
            self.use_stills(pictures)

    def use_stills(self, paths: Iterable[str]) -> None:
        """Pictures in force from the shot's start or, if it has stills, from the frame that is shown."""
        self.stills.add(paths, self.viewer.frame if self.stills.in_use() else None)

    @property
    def rate(self) -> Fraction:
        """Frames a second of the project, of the plate that is seen, or of film."""
        seen = self.viewer.seen
        rate = self.document.project.rate or (None if seen is None else seen.plate.rate)
        return Fraction(rate or 24)

    def set_output(self, folder: str) -> None:
        """Results go into ``folder``."""
        project = self.document.project
        output = dataclasses.replace(project.output, folder=os.path.abspath(folder))
        self.document.edit("Output folder", dataclasses.replace(project, output=output))
        self.shots.refresh()

    def place_for_pasted(self) -> str:
        """A free name for a picture that was pasted, beside the project; empty where none can be written."""
        path = self.document.path
        beside = self.document.project.output.folder if path is None else os.path.dirname(path)
        folder = os.path.join(beside, "pasted")
        try:
            os.makedirs(folder, exist_ok=True)
        except OSError as error:
            self.messages.problem(f"What was pasted cannot be kept in {folder}: {error.strerror}", "stills")
            return ""
        number = 1
        while os.path.exists(os.path.join(folder, f"pasted_{number:03d}.png")):
            number += 1
        return os.path.join(folder, f"pasted_{number:03d}.png")

    def add_clip(self, path: str) -> None:
        """Find the shots of a clip and add them to the project; ``opening`` tells how far that is."""
        whole = os.path.abspath(path)
        connect = self._connections

        def work(stale: Stale) -> Iterator[Any]:
            client = connect("media")
            facts = client.probe(whole)
            found = client.find_shots(
                whole,
                detector=self._detector,
                cancelled=stale,
                progress=lambda news: self._post(lambda: self.opening.emit(news["done"] / max(news["total"], 1))),
            )
            yield facts, found

        self.opening.emit(0.0)
        self._media_lane.ask(("clip", whole), work, lambda got: self._take_clip(whole, *got), self._fail_clip)

    def look_at_files(self) -> None:
        """What has changed on disk since the last look: jobs of farms, painted frames, stills, masks."""
        self.farm.look()
        self.painting.look()
        self.viewer.look_at_files()
        self.stills.look_at_files()

    def close(self) -> None:
        """Stop all work, keep what is open and leave the worker. What is queued goes on."""
        self.playback.stop()
        self.queue.close()
        self.farm.close()
        for lane in (self._frame_lane, self._thumbnail_lane, self._rank_lane, self._media_lane):
            lane.close()
        self.frames.close()
        self.file.close()
        self._connections.close()

    def _take_clip(self, path: str, facts: Any, found: list[tuple[int, int]]) -> None:
        before = self.document.project
        stem = os.path.basename(path).split(".")[0].rstrip("_%#") or "clip"
        shots: list[ProjectShot] = []
        for number, (first, last) in enumerate(found, 1):
            taken = [shot.name for shot in (*before.shots, *shots)]
            name = unique_name(stem if len(found) == 1 else f"{stem}_{10 * number:03d}", taken)
            shots.append(ProjectShot(id=new_id(), name=name, source=path, first=first, last=last))
        if before.shots or self.document.path is not None:
            self.document.edit(f"Add {os.path.basename(path)}", before.with_shots(shots))
        else:
            output = OutputSettings(os.path.join(os.path.dirname(path), stem + "_tinct"))
            self.file.new(Project(name=stem, output=output, shots=tuple(shots), rate=facts.rate))
        self.opening.emit(None)
        self.shots.choose([shots[0].id])

    def _fail_clip(self, error: Exception) -> None:
        self.opening.emit(None)
        text = str(error)
        self.messages.problem(
            text if isinstance(error, WorkerRefused) else f"The clip cannot be opened: {text}", "clip"
        )

    def _rank_new_shot(self) -> None:
        """A shot that has come into view is ranked once its picture is there; other frames when they are asked for."""
        shot = self.shots.current
        if shot is not None and shot.id != self._ranked_shot and self.viewer.is_current:
            self._ranked_shot = shot.id
            self.library.rank()

    def _note_progress(self, project: Project, id: str, frame: int, confidence: float) -> None:
        shot = next((shot for shot in project.shots if shot.id == id), None)
        if shot is not None:
            self.confidence.note(id, Variant.of(project, shot), frame, confidence)


def rendered_facts(project: Project, shot: ProjectShot) -> tuple[str, float | None]:
    """The state of a shot, and the mean confidence of its last render, None where there is none."""
    record = read_record(project, shot)
    sure = None if record is None or record.error else record.confidence
    return shot_state(project, shot, record), sure
