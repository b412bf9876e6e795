"""What every object of the fake application has in common: names come and go with the version, as in the real one.

Measured on real Resolve by others (19.1.3 and 21.0): ``hasattr`` is true for every name, ``getattr`` gives None for a
method that the version lacks, and only ``dir`` tells. A name that no version has is an AttributeError here, so that a
slip of the pen cannot pass.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

SINCE: dict[str, tuple[int, int]] = {
    "MediaPool.GetSelectedClips": (19, 0),
    "TimelineItem.GetSourceStartFrame": (19, 0),
    "TimelineItem.GetSourceEndFrame": (19, 0),
    "TimelineItem.GetTrackTypeAndIndex": (19, 0),
}
"""Methods that came after 18.5, by the stubs of 18.5.0, 18.6.6, 19.0, 19.1, 20.0, 20.2.2 and 21.0.0."""


@dataclass
class Edition:
    """The application that is played: its product and version, and where public reports of real ones differ.

    ``end_frame_inclusive``: whether ``endFrame`` of `AppendToTimeline` is the last frame or the one after it.
    ``counts_from_number``: whether frames of a numbered sequence are given by their numbers there.
    ``offset_in_source_frames``: what `GetLeftOffset` counts where the rates differ. ``gallery_open``: `ExportStills`
    fails while the gallery is closed. ``calls``: names of all methods that were called, in order.
    """

    version: tuple[int, int, int] = (19, 1, 3)
    studio: bool = True
    end_frame_inclusive: bool = False
    counts_from_number: bool = False
    offset_in_source_frames: bool = False
    gallery_open: bool = True
    page: str = "edit"
    calls: list[str] = field(default_factory=list)

    @property
    def product(self) -> str:
        return "DaVinci Resolve Studio" if self.studio else "DaVinci Resolve"


class ResolveObject:
    """An object of the application. Two of them are told apart by `GetUniqueId` alone, so ``==`` is an error."""

    _made = 0

    def __init__(self, edition: Edition) -> None:
        self._edition = edition
        ResolveObject._made += 1
        self._id = f"{type(self).__name__.lower()}-{ResolveObject._made:06d}"

    def __getattribute__(self, name: str) -> Any:
        found = object.__getattribute__(self, name)
        if name.startswith("_"):
            return found
        if SINCE.get(f"{type(self).__name__}.{name}", (0, 0)) > self._edition.version[:2]:
            return None
        if callable(found):
            self._edition.calls.append(f"{type(self).__name__}.{name}")
        return found

    def __dir__(self) -> Iterable[str]:
        kind, version = type(self).__name__, self._edition.version[:2]
        public = (name for name in super().__dir__() if not name.startswith("_"))
        return [name for name in public if SINCE.get(f"{kind}.{name}", (0, 0)) <= version]

    def __eq__(self, other: object) -> bool:
        raise AssertionError("objects of the application are told apart by GetUniqueId")

    def __hash__(self) -> int:
        return id(self)
