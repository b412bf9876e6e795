"""The shot after the one that is looked at: made ready while nothing else is wanted, so that it opens at once."""

from __future__ import annotations

from tinct.ui.models.document import Document
from tinct.ui.models.frames import VIEWS, Frames, Variant
from tinct.ui.models.playback import Playback
from tinct.ui.models.shot_list import ShotList
from tinct.ui.models.viewer import Viewer


class NextShot:
    """Its session is opened and its first frame made, once the viewer has rested for two looks."""

    def __init__(self, document: Document, shots: ShotList, viewer: Viewer, playback: Playback, frames: Frames):
        """After the current shot of ``shots``, as the list shows them."""
        self._document, self._shots, self._viewer = document, shots, viewer
        self._playback, self._frames = playback, frames
        self._rested: tuple[Variant, int] | None = None
        self._tried: tuple[Variant, int] | None = None

    def look(self) -> None:
        """Make the shot ready if this is the second look at the same frame of the same shot."""
        variant = self._viewer.variant
        is_idle = self._viewer.is_current and not self._playback.is_playing and not self._frames.is_busy
        rests = (variant, self._viewer.frame) if variant is not None and is_idle else None
        before, self._rested = self._rested, rests
        if rests is None or rests != before:
            return
        wanted = self._wanted()
        if wanted is not None and wanted != self._tried and not self._frames.has(*wanted):
            self._tried = wanted
            self._frames.ask_ahead(wanted[0], [wanted[1]], VIEWS, lambda seen: None, lambda error: None)

    def _wanted(self) -> tuple[Variant, int] | None:
        """The shot as it stands and the frame with which it opens; a shot without stills has no session."""
        current, ids = self._shots.current, [row.id for row in self._shots.rows()]
        if current is None or current.id not in ids[:-1]:
            return None
        shot = self._document.shot(ids[ids.index(current.id) + 1])
        if shot is None or not shot.stills:
            return None
        return Variant.of(self._document.project, shot), self._viewer.place(shot)
