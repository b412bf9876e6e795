"""The interfaces of plate readers and result writers."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Self

from tinct.runtime.media.plate import PlateFrame, PlateInfo, ResultFrame


class PlateReader(ABC):
    """Reads a plate, in order or at any frame. A context manager; not thread-safe."""

    NAME: ClassVar[str]
    info: PlateInfo

    @abstractmethod
    def frames(self) -> Iterator[PlateFrame]:
        """Yield every frame of ``info.frames`` in order.

        Raises:
            MediaError: a frame cannot be decoded (its number is in the message).
        """

    @abstractmethod
    def read(self, number: int) -> PlateFrame:
        """Return the frame with the plate's own ``number``, exactly.

        Raises:
            FrameRangeError: the plate has no such frame.
            MediaError: it cannot be decoded.
        """

    @abstractmethod
    def close(self) -> None:
        """Release files; harmless when called twice."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


@dataclass(frozen=True)
class Piece:
    """A staged file that is complete and on disk: its name, its size in bytes, and how many frames it holds."""

    name: str
    size: int
    frames: int = 1


class ResultWriter(ABC):
    """Writes a result under temporary names and gives it its final name on `commit`.

    A context manager: leaving it without `commit` discards what was written and leaves what was there before untouched.
    A writer that was given a staging folder leaves that to its owner, who may open another writer on what is in it.
    """

    NAME: ClassVar[str]

    @abstractmethod
    def write(self, frame: ResultFrame) -> None:
        """Append ``frame``; frames come in the plate's order.

        Raises:
            OutputError: disk full, not writable, refused by the encoder.
        """

    @abstractmethod
    def settle(self) -> tuple[Piece, ...]:
        """Bring what was written since the last call to disk, in files that need nothing that follows.

        Where a movie is settled is part of the result (its groups of pictures end there): settle at the same frames,
        and the same frames give the same bytes.

        Raises:
            OutputError: disk full, not writable, refused by the encoder.
        """

    @abstractmethod
    def finish(self) -> Mapping[str, Path]:
        """Complete the staged files (flush, join, audio); return the place of each by its name in the staging folder.

        Raises:
            OutputError: frames are missing, disk full, not writable.
        """

    @abstractmethod
    def commit(self) -> None:
        """Finish the files and rename them to their final names."""

    @abstractmethod
    def discard(self) -> None:
        """Remove temporary files; harmless after `commit` and when called twice."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.discard()
