"""An item on a timeline: a stretch of a media pool item at a place, with takes."""

from __future__ import annotations

from fractions import Fraction
from math import floor
from typing import TYPE_CHECKING, Any

from fake_resolve.markers import Coloured
from fake_resolve.pool import MediaPoolItem
from fake_resolve.versions import Edition

if TYPE_CHECKING:
    from fake_resolve.timeline import Timeline

TRANSFORM = {"Pan": 0.0, "Tilt": 0.0, "ZoomX": 1.0, "ZoomY": 1.0, "CropLeft": 0.0, "Opacity": 100.0, "Scaling": 0}


class TimelineItem(Coloured):
    """``offset``: the first source picture that is shown, 0 for the file's first. ``speed``: 2 plays twice as fast."""

    def __init__(
        self, edition: Edition, timeline: Timeline, media: MediaPoolItem | None, start: int, duration: int, offset: int
    ) -> None:
        super().__init__(edition)
        self._timeline, self._media = timeline, media
        self._start, self._duration, self._offset = start, duration, offset
        self._speed = Fraction(1)
        self._enabled = True
        self._title = media._name if media else "Solid Color"
        self._grade = "none"
        self._properties: dict[str, Any] | None = dict(TRANSFORM) if media else None
        self._takes: list[dict[str, Any]] = []
        self._take = 0

    def _ratio(self) -> Fraction:
        """Source frames to a frame of the timeline."""
        assert self._media is not None
        return self._media._rate / self._timeline._rate * self._speed

    def GetName(self) -> str:
        return self._title

    def GetUniqueId(self) -> str:
        return self._id

    def GetStart(self) -> int:
        return self._start

    def GetEnd(self) -> int:
        return self._start + self._duration

    def GetDuration(self) -> int:
        return self._duration

    def GetLeftOffset(self) -> int:
        if self._media is None:
            return 0
        counted = self._speed if self._edition.offset_in_source_frames else self._ratio()
        return floor(self._offset / abs(counted))

    def GetSourceStartFrame(self) -> int:
        if self._media is None:
            return 0
        span = floor(self._duration * abs(self._ratio()))
        return self._offset + (span if self._speed < 0 else 0)

    def GetSourceEndFrame(self) -> int:
        """One past the last where the rates are the same, else the last: measured on 19.1.3."""
        if self._media is None:
            return 0
        if self._speed < 0:
            return self._offset
        end = self._offset + floor(self._duration * self._ratio())
        return end if self._media._rate == self._timeline._rate else end - 1

    def GetMediaPoolItem(self) -> MediaPoolItem | None:
        return self._media

    def GetTrackTypeAndIndex(self) -> list[Any]:
        return ["video", self._timeline._track_of(self)]

    def GetProperty(self, propertyKey: str | None = None) -> Any:
        if self._properties is None:
            return None
        return dict(self._properties) if propertyKey is None else self._properties.get(propertyKey)

    def SetProperty(self, propertyKey: str, propertyValue: Any) -> bool:
        if self._properties is None or propertyKey not in TRANSFORM:
            return False
        self._properties[propertyKey] = propertyValue
        return True

    def SetClipEnabled(self, Bool: bool) -> bool:
        self._enabled = bool(Bool)
        return True

    def GetClipEnabled(self) -> bool:
        return self._enabled

    def CopyGrades(self, tgtTimelineItems: list[TimelineItem]) -> bool:
        for item in tgtTimelineItems:
            item._grade = self._grade
        return True

    def AddTake(self, mediaPoolItem: MediaPoolItem, startFrame: int | None = None, endFrame: int | None = None) -> bool:
        file = mediaPoolItem._file
        if file is None or self._media is None:
            return False
        if not self._takes:
            source = self._media
            self._takes.append({
                "startFrame": self._offset, "endFrame": self._offset + self._duration - 1, "mediaPoolItem": source,
            })  # fmt: skip
            self._take = 1
        base = file.first if self._edition.counts_from_number else 0
        start = base if startFrame is None else startFrame
        end = base + file.frames - 1 if endFrame is None else endFrame
        if not base <= start <= end <= base + file.frames:
            return False
        self._takes.append({"startFrame": start, "endFrame": end, "mediaPoolItem": mediaPoolItem})
        return True

    def GetTakesCount(self) -> int:
        return len(self._takes)

    def GetSelectedTakeIndex(self) -> int:
        return self._take

    def GetTakeByIndex(self, idx: int) -> dict[str, Any] | None:
        return dict(self._takes[idx - 1]) if 1 <= idx <= len(self._takes) else None

    def SelectTakeByIndex(self, idx: int) -> bool:
        if not 1 <= idx <= len(self._takes):
            return False
        take = self._takes[idx - 1]
        base = take["mediaPoolItem"]._file.first if self._edition.counts_from_number and idx > 1 else 0
        self._take, self._media, self._offset = idx, take["mediaPoolItem"], take["startFrame"] - base
        self._title = take["mediaPoolItem"]._name
        return True

    def DeleteTakeByIndex(self, idx: int) -> bool:
        if not 1 <= idx <= len(self._takes) or idx == self._take:
            return False
        del self._takes[idx - 1]
        self._take -= 1 if self._take > idx else 0
        return True

    def FinalizeTake(self) -> bool:
        if not self._takes:
            return False
        self._takes, self._take = [], 0
        return True
