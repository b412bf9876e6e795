"""The record of a finished chunk: a hash of each frame, and all that the film's report needs of it."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import av

from tinct.runtime.confidence_curve import FrameConfidence
from tinct.runtime.media.base import Piece
from tinct.runtime.media.codecs import MOVIE_SUFFIXES

NAME = "record.json"
THUMBNAIL = "thumbnail.jpg"
SCHEMA = 1


@dataclass(frozen=True)
class ChunkRecord:
    """What lies beside a chunk's files.

    ``identity``: of the plan. ``pieces``: its files in order. ``hashes``: SHA-256 of each frame as it is stored, by
    the name of its file: one of an image file, one for each packet of a movie, in decoding order. ``targets``: where
    the files of a sequence go, relative to the film's output folder. ``frames``: confidence of each. ``tally``: see
    `Tally`. ``start``: ``shot``, ``checkpoint`` or ``preroll``. ``lost`` and ``followed``: hints by their place in the
    request, with the last frame in which they were found. ``seconds``: by what took them.
    """

    identity: str
    chunk: Mapping[str, int]
    pieces: tuple[Piece, ...]
    hashes: Mapping[str, Sequence[str]]
    targets: Mapping[str, str]
    frames: tuple[FrameConfidence, ...]
    tally: Mapping[str, Any]
    backend: str
    precision: str
    model: str
    start: str
    host: str
    seconds: Mapping[str, float] = field(default_factory=dict)
    lost: tuple[tuple[int, int], ...] = ()
    followed: tuple[tuple[int, int], ...] = ()
    attempts: int = 1

    def to_json(self) -> str:
        """The record as text."""
        return json.dumps({"schema": SCHEMA, **asdict(self)}, sort_keys=True) + "\n"


def read_record(folder: Path) -> ChunkRecord | None:
    """The record in a chunk's folder; None where there is none that can be read."""
    try:
        document = json.loads((folder / NAME).read_bytes())
        if document.pop("schema") != SCHEMA:
            return None
        document["pieces"] = tuple(Piece(**piece) for piece in document["pieces"])
        document["frames"] = tuple(FrameConfidence(**frame) for frame in document["frames"])
        for name in ("lost", "followed"):
            document[name] = tuple(map(tuple, document[name]))
        return ChunkRecord(**document)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def is_intact(folder: Path, record: ChunkRecord) -> bool:
    """Whether the files of a chunk are what its record says, every frame of them."""
    for piece in record.pieces:
        path = folder / piece.name
        try:
            if path.stat().st_size != piece.size or list(stored_hashes(path)) != list(record.hashes[piece.name]):
                return False
        except (OSError, KeyError, av.error.FFmpegError):
            return False
    return True


def stored_hashes(path: Path) -> Iterator[str]:
    """SHA-256 of each frame in a file: of its bytes, or of each packet of a movie.

    Raises:
        OSError, av.error.FFmpegError: it cannot be read.
    """
    if path.suffix.lower() not in MOVIE_SUFFIXES:
        with open(path, "rb") as file:
            yield hashlib.file_digest(file, "sha256").hexdigest()
        return
    with av.open(str(path)) as movie:
        for packet in movie.demux(movie.streams.video[0]):
            if packet.size:
                yield packet_hash(packet)


def packet_hash(packet: Any) -> str:
    """SHA-256 of a packet's bytes."""
    return hashlib.sha256(bytes(packet)).hexdigest()
