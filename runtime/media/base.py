"""The interfaces of plate readers and result writers."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
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


class ResultWriter(ABC):
    """Writes a result under a temporary name and gives it its final name on `commit`.

    A context manager: leaving it without `commit` discards what was written and leaves what was there before untouched.
    """

    NAME: ClassVar[str]

    @abstractmethod
    def write(self, frame: ResultFrame) -> None:
        """Append ``frame``; frames come in the plate's order.

        Raises:
            OutputError: disk full, not writable, refused by the encoder.
        """

    @abstractmethod
    def commit(self) -> None:
        """Finish the files (flush, audio) and rename them to their final names."""

    @abstractmethod
    def discard(self) -> None:
        """Remove temporary files; harmless after `commit` and when called twice."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.discard()
