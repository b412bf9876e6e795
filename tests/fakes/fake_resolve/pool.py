"""The media pool: folders, and items that stand for real files."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fake_resolve.markers import Coloured
from fake_resolve.media import MediaFile, look_at_movie, look_at_sequence, shown_rate
from fake_resolve.versions import Edition, ResolveObject

if TYPE_CHECKING:
    from fake_resolve.application import Project
    from fake_resolve.timeline_item import TimelineItem

SETTABLE = ("FPS", "Input Color Space", "Input LUT", "Data Level", "PAR", "IDT", "H-FLIP", "V-FLIP", "Field Dominance")


class MediaPoolItem(Coloured):
    """A clip: a real file, or a compound clip and the like, which has none."""

    def __init__(
        self, edition: Edition, name: str, file: MediaFile | None, rate: Fraction, kind: str = "Video"
    ) -> None:
        super().__init__(edition)
        self._name, self._kind = name, kind
        self._look(file, rate)

    def _look(self, file: MediaFile | None, rate: Fraction) -> None:
        self._file, self._rate = file, rate
        frames, first = (file.frames, file.first) if file else (0, 0)
        self._properties: dict[str, Any] = {
            "Clip Name": self._name, "File Path": file.path if file else "", "Type": self._kind,
            "FPS": shown_rate(rate), "Frames": str(frames), "Start": str(first), "End": str(first + frames - 1),
            "Start TC": (file.timecode if file else None) or "00:00:00:00", "Online Status": "Online",
            "Field Dominance": "Auto", "Data Level": "Auto", "PAR": "Square", "Input Color Space": "Rec.709 (Scene)",
            "Resolution": f"{file.width}x{file.height}" if file else "",
        }  # fmt: skip

    def GetName(self) -> str:
        return self._name

    def GetUniqueId(self) -> str:
        return self._id

    def GetMediaId(self) -> str:
        return f"media-{self._id}"

    def GetClipProperty(self, propertyName: str | None = None) -> Any:
        if not propertyName:
            return dict(self._properties)
        return self._properties.get(propertyName, "")

    def SetClipProperty(self, propertyName: str, propertyValue: Any) -> bool:
        if propertyName not in SETTABLE:
            return False
        self._properties[propertyName] = propertyValue
        if propertyName == "FPS":
            shown = {23.976: Fraction(24000, 1001), 29.97: Fraction(30000, 1001), 59.94: Fraction(60000, 1001)}
            self._rate = shown.get(round(float(propertyValue), 3), Fraction(str(propertyValue)))
            self._properties["FPS"] = shown_rate(self._rate)
        return True

    def ReplaceClip(self, filePath: str) -> bool:
        file = _named(filePath)
        if file is None:
            return False
        kept = {name: self._properties[name] for name in SETTABLE if name in self._properties and name != "FPS"}
        self._look(file, file.rate or self._rate)
        self._properties.update(kept)
        return True


class Folder(ResolveObject):
    """A bin."""

    def __init__(self, edition: Edition, name: str) -> None:
        super().__init__(edition)
        self._name = name
        self._clips: list[MediaPoolItem] = []
        self._folders: list[Folder] = []

    def GetName(self) -> str:
        return self._name

    def GetUniqueId(self) -> str:
        return self._id

    def GetClipList(self) -> list[MediaPoolItem]:
        return list(self._clips)

    def GetSubFolderList(self) -> list[Folder]:
        return list(self._folders)


class MediaPool(ResolveObject):
    """The pool of a project; imports land in the current folder."""

    def __init__(self, edition: Edition, project: Project) -> None:
        super().__init__(edition)
        self._project = project
        self._root = self._current = Folder(edition, "Master")
        self._selected: list[MediaPoolItem] = []

    def GetRootFolder(self) -> Folder:
        return self._root

    def GetCurrentFolder(self) -> Folder:
        return self._current

    def SetCurrentFolder(self, folder: Folder) -> bool:
        self._current = folder
        return True

    def AddSubFolder(self, folder: Folder, name: str) -> Folder | None:
        if any(one._name == name for one in folder._folders):
            return None
        folder._folders.append(Folder(self._edition, name))
        return folder._folders[-1]

    def GetSelectedClips(self) -> list[MediaPoolItem]:
        return list(self._selected)

    def ImportMedia(self, items: list[Any]) -> list[MediaPoolItem]:
        made = []
        for item in items:
            file = _of_clip_info(item) if isinstance(item, dict) else _named(item)
            if file is not None:
                rate = file.rate or self._project._rate
                made.append(MediaPoolItem(self._edition, Path(file.path).name, file, rate))
        self._current._clips.extend(made)
        return made

    def AppendToTimeline(self, clipInfo: list[dict[str, Any]]) -> list[TimelineItem]:
        timeline = self._project._current
        if timeline is None:
            return []
        items = [timeline._append(info) for info in clipInfo]
        return [item for item in items if item is not None]

    def DeleteClips(self, clips: list[MediaPoolItem]) -> bool:
        gone = {clip._id for clip in clips}
        for folder in (self._root, *self._root._folders):
            folder._clips = [clip for clip in folder._clips if clip._id not in gone]
        return True


def _of_clip_info(info: dict[str, Any]) -> MediaFile | None:
    unknown = set(info) - {"FilePath", "StartIndex", "EndIndex"}
    assert not unknown, f"ImportMedia knows no {unknown}"
    return look_at_sequence(info["FilePath"], info["StartIndex"], info["EndIndex"])


def _named(path: str) -> MediaFile | None:
    """The media at an absolute path, as a person would drop it: one file of a sequence stands for all of it."""
    file = Path(path)
    if not file.is_absolute() or not file.is_file():
        return None
    numbered = re.fullmatch(r"(.*?)(\d+)(\.(?:exr|dpx|tif|tiff|png|jpg))", file.name)
    if numbered is None:
        return look_at_movie(path)
    found = sorted(
        int(match[1])
        for other in file.parent.iterdir()
        if (match := re.fullmatch(re.escape(numbered[1]) + r"(\d+)" + re.escape(numbered[3]), other.name))
    )
    pattern = f"{file.parent}/{numbered[1]}%0{len(numbered[2])}d{numbered[3]}"
    return look_at_sequence(pattern, found[0], found[-1])
