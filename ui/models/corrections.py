"""Colours at single points: picked from a picture, put on the frame, moved and taken away; and a shot begun again."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import NamedTuple

from tinct.runtime.project import ProjectHint
from tinct.ui.models.document import Document
from tinct.ui.models.frames import SeenFrame, Variant
from tinct.ui.models.shot_list import ShotList
from tinct.ui.models.viewer import Viewer
from tinct.ui.signal import Signal

Colour = tuple[float, float, float]
TOOLS = ("look", "pick", "hint", "crop")
REACH = 12.0
"""A click this near to a hint, in pixels of the screen, means that hint."""


class HintShown(NamedTuple):
    """A hint and its place in the shot's tuple.

    ``is_here``: it was put on the frame that is shown. ``at``: where it is in that frame, in plate pixels, None where
    that is not known or it was lost. ``track``: where it was seen, by frame. ``end``: the frame after which it was
    lost, None while it was not.
    """

    place: int
    hint: ProjectHint
    is_here: bool
    at: tuple[float, float] | None
    track: Mapping[int, tuple[float, float]]
    end: int | None


class Corrections:
    """``changed``: another tool, colour or set of hints. ``tool``: what a click in the viewer does, of `TOOLS`."""

    def __init__(self, document: Document, shots: ShotList, viewer: Viewer):
        """On the frame of ``viewer``."""
        self.changed = Signal()
        self.tool = "look"
        self.colour: Colour = (0.80, 0.62, 0.50)
        self._document, self._shots, self._viewer = document, shots, viewer
        self._chosen: int | None = None
        self._variant: Variant | None = None
        self._tracks: dict[int, dict[int, tuple[float, float]]] = {}
        self._ends: dict[int, int] = {}
        document.changed.connect(lambda before, after: self.changed.emit())
        viewer.moved.connect(self.changed.emit)
        viewer.came.connect(self._note)

    def use(self, tool: str) -> None:
        """One of `TOOLS`; the one that is in use is put away."""
        assert tool in TOOLS
        self.tool = "look" if tool == self.tool else tool
        self.changed.emit()

    def put_away(self) -> None:
        """No tool and no hint is chosen."""
        self.tool, self._chosen = "look", None
        self.changed.emit()

    def set_colour(self, colour: Colour) -> None:
        """The colour of the next hint, sRGB 0..1; of the chosen one too."""
        self.colour = colour
        shot = self._shots.current
        if self._chosen is not None and shot is not None and self._chosen < len(shot.hints):
            self._replace("Colour of hint", self._chosen, shot.hints[self._chosen]._replace(colour=colour))
        self.changed.emit()

    def hints(self) -> list[HintShown]:
        """The hints of the shot, with what is known of their ways."""
        shot = self._shots.current
        if shot is None:
            return []
        return [self._shown(place, hint) for place, hint in enumerate(shot.hints)]

    def _shown(self, place: int, hint: ProjectHint) -> HintShown:
        frame = self._viewer.frame
        is_known = self._variant == self._viewer.variant
        track = {hint.frame: (hint.x, hint.y), **(self._tracks.get(place, {}) if is_known else {})}
        end = self._ends.get(place) if is_known else None
        return HintShown(place, hint, hint.frame == frame, track.get(frame), dict(sorted(track.items())), end)

    def _note(self, seen: SeenFrame) -> None:
        """Remember where the hints are in a frame, for as long as nothing is changed that they depend on."""
        if seen.variant != self._variant:
            self._variant, self._tracks, self._ends = seen.variant, {}, {}
        for one in seen.hints:
            if one.x is None or one.y is None:
                self._ends[one.place] = one.last
            else:
                self._tracks.setdefault(one.place, {})[seen.number] = (one.x, one.y)
        if seen.hints:
            self.changed.emit()

    @property
    def chosen(self) -> int | None:
        """Place of the chosen hint in the shot's tuple."""
        return self._chosen

    def choose(self, index: int | None) -> None:
        """Choose a hint, or none."""
        self._chosen = index
        self.changed.emit()

    def near(self, x: float, y: float, scale: float) -> int | None:
        """The hint of this frame near a plate's pixel, at ``scale`` screen pixels for each."""
        here = [
            (max(abs(one.hint.x - x), abs(one.hint.y - y)) * scale, one.place) for one in self.hints() if one.is_here
        ]
        near = min(here, default=None)
        return near[1] if near is not None and near[0] <= REACH else None

    def click(self, x: float, y: float, scale: float = 1.0) -> None:
        """A click on the plate's pixel ``x``, ``y`` of what is shown."""
        if self.tool == "pick":
            colour = self._viewer.colour_at(int(x), int(y))
            if colour is not None:
                self.tool = "hint"
                self.set_colour(colour)
            return
        near = self.near(x, y, scale)
        if near is not None or self.tool != "hint":
            self.choose(near)
            return
        self.add(x, y)

    def add(self, x: float, y: float) -> None:
        """A hint of the colour in hand at a plate's pixel of this frame."""
        shot, shown = self._shots.current, self._viewer.shown()
        if shot is None or not (0 <= x <= shown.width - 1 and 0 <= y <= shown.height - 1):
            return
        hint = ProjectHint(self._viewer.frame, round(float(x), 1), round(float(y), 1), self.colour)
        self._document.edit_shots("Add hint", [shot.id], lambda one: dataclasses.replace(one, hints=(*one.hints, hint)))
        self.choose(len(shot.hints))

    def move(self, index: int, x: float, y: float) -> None:
        """Put a hint at another pixel of its frame."""
        shot, shown = self._shots.current, self._viewer.shown()
        if shot is None or not 0 <= index < len(shot.hints):
            return
        x, y = min(max(x, 0.0), shown.width - 1.0), min(max(y, 0.0), shown.height - 1.0)
        self._replace("Move hint", index, shot.hints[index]._replace(x=round(x, 1), y=round(y, 1)), ("move", index))

    def remove(self, index: int | None = None) -> None:
        """Take a hint away; None: the chosen one."""
        at, shot = self._chosen if index is None else index, self._shots.current
        if at is None or shot is None or at >= len(shot.hints):
            return
        hints = shot.hints[:at] + shot.hints[at + 1 :]
        self._document.edit_shots("Remove hint", [shot.id], lambda one: dataclasses.replace(one, hints=hints))
        self.choose(None)

    def reset_shots(self) -> None:
        """The selected shots have no hints, no mask and no parameters of their own any more; their stills stay."""
        self._document.edit_shots(
            "Reset corrections",
            self._shots.selected,
            lambda one: dataclasses.replace(one, hints=(), mask=None, parameters={}),
        )

    def _replace(self, label: str, index: int, hint: ProjectHint, merge: object = None) -> None:
        shot = self._shots.current
        assert shot is not None
        hints = (*shot.hints[:index], hint, *shot.hints[index + 1 :])
        self._document.edit_shots(label, [shot.id], lambda one: dataclasses.replace(one, hints=hints), merge)
