"""Writes a chunk: the frames in pieces that a join can take, and the record beside them."""

import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import ClassVar

import cv2
import numpy as np

from tinct.runtime.confidence_curve import FrameConfidence
from tinct.runtime.errors import OutputError
from tinct.runtime.farm.plan import Chunk
from tinct.runtime.farm.record import NAME, THUMBNAIL, ChunkRecord, stored_hashes
from tinct.runtime.media import ResultFrame, ResultWriter
from tinct.runtime.media.base import Piece
from tinct.runtime.media.codecs import MOVIE_SUFFIXES
from tinct.runtime.media.staging import sync_file, sync_folder, writing_to
from tinct.runtime.session import StepResult

_CURVE = "curve-"
THUMBNAIL_WIDTH = 160


class ChunkWriter(ResultWriter):
    """Hands frames to the writer of the result, and finishes with that writer's pieces as they are.

    ``note`` must hear of each frame before it is written.
    """

    NAME: ClassVar[str] = "chunk"

    def __init__(
        self,
        writer: ResultWriter,
        chunk: Chunk,
        *,
        output: Path,
        staging: Path,
        target: Path,
        done: Sequence[Piece],
        record: Callable[[], ChunkRecord],
    ) -> None:
        """Go on after the pieces ``done``.

        Args:
            writer: of the result, working in the folder ``staging``.
            chunk: whose frames these are.
            output: of the whole film.
            staging: where pieces lie while they are made.
            target: the folder they go to.
            done: pieces of an earlier attempt.
            record: gives the record, but for pieces, hashes, targets and frames.
        """
        self._writer, self._chunk = writer, chunk
        self._output, self._staging, self._target = output, staging, target
        self._record = record
        self._pieces = [piece for piece in done if _is_picture(piece)]
        self._others = [piece for piece in done if not _is_picture(piece)]
        self._frames: list[FrameConfidence] = []
        self._thumbnail: np.ndarray | None = None

    def note(self, frame: ResultFrame, step: StepResult) -> None:
        """Keep what the record says of a frame."""
        self._frames.append(FrameConfidence.of(frame.number, step.confidence, starts=step.was_reset))
        if frame.number == (self._chunk.first + self._chunk.last) // 2:
            height, width = frame.rgb.shape[:2]
            size = (THUMBNAIL_WIDTH, max(1, round(height * THUMBNAIL_WIDTH / width)))
            self._thumbnail = cv2.resize(np.nan_to_num(frame.rgb), size, interpolation=cv2.INTER_AREA)

    def write(self, frame: ResultFrame) -> None:
        """Append ``frame``."""
        self._writer.write(frame)

    def settle(self) -> tuple[Piece, ...]:
        """Bring what was written since the last call to disk, and what is known of those frames."""
        pieces = self._writer.settle()
        self._pieces += pieces
        others = []
        if self._frames:
            curve = json.dumps([asdict(frame) for frame in self._frames]).encode()
            others.append(self._keep(f"{_CURVE}{self._frames[0].number}.json", curve))
        if self._thumbnail is not None:
            codes = np.rint(np.clip(self._thumbnail[..., ::-1], 0, 1) * 255).astype(np.uint8)
            others.append(self._keep(THUMBNAIL, cv2.imencode(".jpg", codes)[1].tobytes()))
        self._frames, self._thumbnail = [], None
        self._others += others
        return (*pieces, *others)

    def finish(self) -> Mapping[str, Path]:
        """The record, and the pieces as they are."""
        self.settle()
        movie = self._output.suffix.lower() in MOVIE_SUFFIXES and not self._output.is_dir()
        if sum(piece.frames for piece in self._pieces) < self._chunk.frames:
            raise OutputError(f"the chunk {self._chunk.name} lacks frames; start it afresh")
        record = self._record()
        folder = self._output if self._output.is_dir() or not self._output.suffix else self._output.parent
        targets = {} if movie else self._writer.finish()
        facts = {
            **vars(record),
            "pieces": tuple(self._pieces),
            "hashes": {piece.name: list(stored_hashes(self._staging / piece.name)) for piece in self._pieces},
            "targets": {name: os.path.relpath(place, folder) for name, place in targets.items()},
            "frames": self._curve(),
        }
        self._others.append(self._keep(NAME, ChunkRecord(**facts).to_json().encode()))
        kept = [NAME, *(piece.name for piece in self._others if piece.name == THUMBNAIL)]
        return {name: self._target / name for name in (*(piece.name for piece in self._pieces), *kept)}

    def commit(self) -> None:
        """A chunk is published by whoever owns its folder."""
        raise OutputError("a chunk is not published by its writer")

    def discard(self) -> None:
        """Let the result's writer go."""
        self._writer.discard()

    def _curve(self) -> tuple[FrameConfidence, ...]:
        """All frames in order; what a later attempt said of one counts."""
        found = {}
        for piece in self._others:
            if piece.name.startswith(_CURVE):
                for entry in json.loads((self._staging / piece.name).read_bytes()):
                    found[entry["number"]] = FrameConfidence(**entry)
        return tuple(found[number] for number in sorted(found))

    def _keep(self, name: str, data: bytes) -> Piece:
        path = self._staging / name
        with writing_to(path):
            path.write_bytes(data)
            sync_file(path)
            sync_folder(self._staging)
        return Piece(name, len(data), frames=0)


def _is_picture(piece: Piece) -> bool:
    return not piece.name.startswith(_CURVE) and piece.name not in (THUMBNAIL, NAME)
