"""Small pictures of stills and frames, made by the worker when they come into view and kept."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import NamedTuple

from tinct.ui.lane import Lane, Stale
from tinct.ui.models.connection import Connect
from tinct.ui.picture import Kept, Picture
from tinct.ui.signal import Signal

KEPT_BYTES = 64 << 20


class Wanted(NamedTuple):
    """A small picture of the file ``path``, or of ``frame`` of the plate there; see `Client.thumbnail`."""

    path: str
    size: int
    frame: int | None = None
    crop: tuple[float, float, float, float] | None = None
    turn: int = 0


class Thumbnails:
    """``came``: a picture, or the reason why there is none, is there now."""

    def __init__(self, lane: Lane, connect: Connect, kept_bytes: int = KEPT_BYTES):
        """Made in ``lane``, which lets wishes go that have waited too long."""
        self.came = Signal()
        self._lane, self._connect = lane, connect
        self._kept = Kept(kept_bytes)
        self._asked: set[Hashable] = set()
        self._problems: dict[Wanted, str] = {}

    @property
    def held_bytes(self) -> int:
        """Bytes of what is kept."""
        return self._kept.held_bytes

    @property
    def is_busy(self) -> bool:
        """Whether pictures are being made or wait for it."""
        return self._lane.is_busy

    def get(self, wanted: Wanted) -> Picture | None:
        """The picture, or None while it is made (``came`` tells when) or where it cannot be."""
        picture: Picture | None = self._kept.get(wanted)
        if picture is None and wanted not in self._problems and wanted not in self._asked:
            self._ask(wanted)
        return picture

    def problem(self, wanted: Wanted) -> str:
        """Why there is no picture; empty where nothing is known to be wrong."""
        return self._problems.get(wanted, "")

    def forget(self, path: str) -> None:
        """The file has changed: make its pictures anew."""
        self._problems = {wanted: text for wanted, text in self._problems.items() if wanted.path != path}
        self._kept.drop(lambda wanted: wanted.path == path)
        self.came.emit()

    def dropped(self, wanted: Hashable) -> None:
        """The lane has let go of a wish: it is made when it is next asked for."""
        self._asked.discard(wanted)

    def _ask(self, wanted: Wanted) -> None:
        def work(stale: Stale) -> Iterator[Picture]:
            client = self._connect("thumbnails")
            yield Picture.of(
                client.thumbnail(wanted.path, wanted.size, frame=wanted.frame, crop=wanted.crop, turn=wanted.turn)
            )

        self._asked.add(wanted)
        self._lane.ask(wanted, work, lambda picture: self._take(wanted, picture), lambda why: self._fail(wanted, why))

    def _take(self, wanted: Wanted, picture: Picture) -> None:
        self._asked.discard(wanted)
        self._kept.put(wanted, picture, len(picture.data))
        self.came.emit()

    def _fail(self, wanted: Wanted, error: Exception) -> None:
        self._asked.discard(wanted)
        self._problems[wanted] = str(error)
        self.came.emit()
