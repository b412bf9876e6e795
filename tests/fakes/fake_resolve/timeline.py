"""A timeline: tracks of items that may not overlap, and a playhead."""

from __future__ import annotations

from fractions import Fraction
from math import floor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fake_resolve.gallery import GalleryStill
from fake_resolve.markers import Marked
from fake_resolve.media import shown_rate
from fake_resolve.pool import MediaPoolItem
from fake_resolve.timeline_item import TimelineItem
from fake_resolve.versions import Edition

if TYPE_CHECKING:
    from fake_resolve.application import Project

CLIP_INFO = {"mediaPoolItem", "startFrame", "endFrame", "mediaType", "trackIndex", "recordFrame"}


class Track:
    """Name, lock and items of a video track."""

    def __init__(self, name: str) -> None:
        self.name, self.locked, self.enabled = name, False, True
        self.items: list[TimelineItem] = []


class Timeline(Marked):
    """``start``: the timecode at which it begins, one hour unless told."""

    def __init__(
        self, edition: Edition, project: Project, name: str, rate: Fraction, start: str = "01:00:00:00"
    ) -> None:
        super().__init__(edition)
        self._project, self._name, self._rate, self._timecode = project, name, rate, start
        self._tracks = [Track("Video 1")]
        self._playhead = self._start_frame()

    def _start_frame(self) -> int:
        return self._frame_of(self._timecode)

    def _frame_of(self, timecode: str) -> int:
        hours, minutes, seconds, frames = (int(part) for part in timecode.replace(";", ":").split(":"))
        return ((hours * 60 + minutes) * 60 + seconds) * round(self._rate) + frames

    def _track_of(self, item: TimelineItem) -> int:
        for index, track in enumerate(self._tracks, 1):
            if any(one._id == item._id for one in track.items):
                return index
        return 0

    def _append(self, info: dict[str, Any]) -> TimelineItem | None:
        """Place a clip; None, without a word, where it would overlap, as the application does."""
        assert set(info) <= CLIP_INFO, f"AppendToTimeline knows no {set(info) - CLIP_INFO}"
        media: MediaPoolItem = info["mediaPoolItem"]
        assert media._file is not None
        base = media._file.first if self._edition.counts_from_number else 0
        first = int(info.get("startFrame", base)) - base
        after = int(info.get("endFrame", base + media._file.frames)) - base
        after += 1 if self._edition.end_frame_inclusive and "endFrame" in info else 0
        if not 0 <= first < after <= media._file.frames:
            return None
        track = self._tracks[int(info.get("trackIndex", 1)) - 1]
        duration = floor((after - first) * self._rate / media._rate)
        end = max((item.GetEnd() for item in track.items), default=self._start_frame())
        start = int(info.get("recordFrame", end))
        taken = any(item._start < start + duration and start < item.GetEnd() for item in track.items)
        if track.locked or taken or duration < 1:
            return None
        item = TimelineItem(self._edition, self, media, start, duration, first)
        track.items.append(item)
        track.items.sort(key=lambda one: one._start)
        return item

    def GetName(self) -> str:
        return self._name

    def GetUniqueId(self) -> str:
        return self._id

    def GetStartFrame(self) -> int:
        return self._start_frame()

    def GetEndFrame(self) -> int:
        return max((item.GetEnd() for track in self._tracks for item in track.items), default=self._start_frame())

    def GetStartTimecode(self) -> str:
        return self._timecode

    def GetSetting(self, settingName: str) -> Any:
        return {"timelineFrameRate": shown_rate(self._rate)}.get(settingName, "")

    def GetTrackCount(self, trackType: str) -> int:
        return len(self._tracks) if trackType == "video" else 0

    def AddTrack(self, trackType: str) -> bool:
        if trackType != "video":
            return False
        self._tracks.append(Track(f"Video {len(self._tracks) + 1}"))
        return True

    def DeleteTrack(self, trackType: str, trackIndex: int) -> bool:
        if trackType != "video" or not 1 <= trackIndex <= len(self._tracks):
            return False
        del self._tracks[trackIndex - 1]
        return True

    def GetTrackName(self, trackType: str, trackIndex: int) -> str:
        return self._tracks[trackIndex - 1].name

    def SetTrackName(self, trackType: str, trackIndex: int, name: str) -> bool:
        self._tracks[trackIndex - 1].name = name
        return True

    def GetIsTrackLocked(self, trackType: str, trackIndex: int) -> bool:
        return self._tracks[trackIndex - 1].locked

    def GetItemListInTrack(self, trackType: str, index: int) -> list[TimelineItem]:
        if trackType != "video" or not 1 <= index <= len(self._tracks):
            return []
        return list(self._tracks[index - 1].items)

    def DeleteClips(self, timelineItems: list[TimelineItem], Bool: bool = False) -> bool:
        gone = {item._id for item in timelineItems}
        found = False
        for track in self._tracks:
            found = found or any(item._id in gone for item in track.items)
            track.items = [item for item in track.items if item._id not in gone]
        return found

    def GetCurrentTimecode(self) -> str:
        whole = round(self._rate)
        seconds, frames = divmod(self._playhead, whole)
        return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}:{frames:02d}"

    def SetCurrentTimecode(self, timecode: str) -> bool:
        self._playhead = self._frame_of(timecode)
        return True

    def GetCurrentVideoItem(self) -> TimelineItem | None:
        for track in reversed(self._tracks):
            for item in track.items:
                if item._enabled and item._start <= self._playhead < item.GetEnd():
                    return item
        return None

    def GrabStill(self) -> GalleryStill | None:
        item = self.GetCurrentVideoItem()
        if item is None or item._media is None or item._media._file is None or self._edition.page != "color":
            return None
        index = item._offset + floor((self._playhead - item._start) * item._ratio())
        album = self._project._gallery._current
        album._stills.append(GalleryStill(self._edition, item._media._file.picture(index), ""))
        return album._stills[-1]

    def Export(self, fileName: str, exportType: Any, exportSubtype: Any) -> bool:
        if exportType != "otio":
            return False
        Path(fileName).write_text(_as_otio(self), encoding="utf-8")
        return True


def _as_otio(timeline: Timeline) -> str:
    """The timeline in OpenTimelineIO's JSON: clips, gaps and constant retimes."""
    import json

    def span(start: int, duration: int) -> dict[str, Any]:
        rate = float(timeline._rate)
        return {
            "OTIO_SCHEMA": "TimeRange.1",
            "start_time": {"OTIO_SCHEMA": "RationalTime.1", "rate": rate, "value": float(start)},
            "duration": {"OTIO_SCHEMA": "RationalTime.1", "rate": rate, "value": float(duration)},
        }

    tracks = []
    for track in timeline._tracks:
        children: list[dict[str, Any]] = []
        at = timeline._start_frame()
        for item in track.items:
            if item._start > at:
                children.append({"OTIO_SCHEMA": "Gap.1", "source_range": span(0, item._start - at)})
            warps = [{"OTIO_SCHEMA": "LinearTimeWarp.1", "time_scalar": float(item._speed)}] if item._speed != 1 else []
            children.append({
                "OTIO_SCHEMA": "Clip.2", "name": item._title, "effects": warps,
                "source_range": span(item._offset, item._duration),
            })  # fmt: skip
            at = item.GetEnd()
        tracks.append({"OTIO_SCHEMA": "Track.1", "kind": "Video", "name": track.name, "children": children})
    return json.dumps({"OTIO_SCHEMA": "Timeline.1", "tracks": {"OTIO_SCHEMA": "Stack.1", "children": tracks}})
