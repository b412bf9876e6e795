"""Markers, flags and the colour of clips, as media pool items, timeline items and timelines have them."""

from __future__ import annotations

from typing import Any

from fake_resolve.versions import Edition, ResolveObject

MARKER_COLOURS = (
    "Blue", "Cyan", "Green", "Yellow", "Red", "Pink", "Purple", "Fuchsia", "Rose", "Lavender", "Sky", "Mint", "Lemon",
    "Sand", "Cocoa", "Cream",
)  # fmt: skip
CLIP_COLOURS = (
    "Orange", "Apricot", "Yellow", "Lime", "Olive", "Green", "Teal", "Navy", "Blue", "Purple", "Violet", "Pink", "Tan",
    "Beige", "Brown", "Chocolate",
)  # fmt: skip


class Marked(ResolveObject):
    """Markers by frame; one a frame."""

    def __init__(self, edition: Edition) -> None:
        super().__init__(edition)
        self._markers: dict[float, dict[str, Any]] = {}

    def AddMarker(
        self, frameId: float, color: str, name: str, note: str, duration: float, customData: str | None = None
    ) -> bool:
        if color not in MARKER_COLOURS or frameId in self._markers or duration < 1:
            return False
        self._markers[float(frameId)] = {
            "color": color, "name": name, "note": note, "duration": float(duration), "customData": customData or "",
        }  # fmt: skip
        return True

    def GetMarkers(self) -> dict[float, dict[str, Any]]:
        return {frame: dict(marker) for frame, marker in sorted(self._markers.items())}

    def UpdateMarkerCustomData(self, frameId: float, customData: str) -> bool:
        if frameId not in self._markers:
            return False
        self._markers[frameId]["customData"] = customData
        return True

    def DeleteMarkerAtFrame(self, frameNum: float) -> bool:
        return self._markers.pop(float(frameNum), None) is not None

    def DeleteMarkerByCustomData(self, customData: str) -> bool:
        for frame, marker in list(self._markers.items()):
            if marker["customData"] == customData:
                del self._markers[frame]
                return True
        return False


class Coloured(Marked):
    """What a person sets on a clip with the context menu."""

    def __init__(self, edition: Edition) -> None:
        super().__init__(edition)
        self._colour = ""

    def GetClipColor(self) -> str:
        return self._colour

    def SetClipColor(self, colorName: str) -> bool:
        if colorName not in CLIP_COLOURS:
            return False
        self._colour = colorName
        return True

    def ClearClipColor(self) -> bool:
        self._colour = ""
        return True
