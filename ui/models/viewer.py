"""What the viewer shows of the current shot: frame, way of looking, comparison, place in the picture."""

from __future__ import annotations

import dataclasses
from typing import Any, NamedTuple

from tinct.runtime.project import Project, ProjectShot, ProjectStill
from tinct.ui.models.confidence import Confidence
from tinct.ui.models.document import Document
from tinct.ui.models.frames import VIEWS, Frames, PixelFacts, SeenFrame, Variant
from tinct.ui.models.messages import Messages
from tinct.ui.models.shot_list import ShotList
from tinct.ui.picture import Picture
from tinct.ui.signal import Signal

MODES = ("result", "plate", "still", "confidence", "chroma")
VIEW_OF = {"result": "view", "plate": "plate_view", "confidence": "confidence_view", "chroma": "chroma_view"}
COMPARISONS = ("off", "wipe", "side by side", "difference")
AGAINST = ("plate", "still", "other stills")
ZOOMS = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
ABOUT = "viewer"


class Shown(NamedTuple):
    """What is to be drawn: a picture, the one that it is compared with, and how the frame's size is given."""

    picture: Picture | None
    against: Picture | None
    width: int
    height: int


class Viewer:
    """``changed``: the picture, or how it is shown; ``moved``: another frame; ``pixel``: facts of a pixel came;
    ``came``: a frame of the current shot as a pass gives it; ``asked``: a frame is wanted, and nothing that was before;
    ``failed``: why a frame could not be made.

    ``zoom``: screen pixels for a plate's pixel, 0 for as large as there is room; ``centre``: point of the picture in
    the middle of the screen, as shares of it; ``wipe``: where the wipe's edge is, 0..1.
    """

    def __init__(self, document: Document, shots: ShotList, frames: Frames, confidence: Confidence, messages: Messages):
        """Show the current shot of ``shots`` in the frames that ``frames`` gives."""
        self.changed, self.moved, self.pixel, self.failed = Signal(), Signal(), Signal(), Signal()
        self.came, self.asked = Signal(), Signal()
        self.mode, self.comparison, self.against = "result", "off", "plate"
        self.wipe, self.zoom, self.centre = 0.5, 0.0, (0.5, 0.5)
        self.drawn_scale = 1.0
        """Screen pixels for a plate's pixel, as the view has drawn it."""
        self.still: Picture | None = None
        """The still that is looked at or compared with, as it came from the worker."""
        self._document, self._shots, self._frames = document, shots, frames
        self._confidence, self._messages = confidence, messages
        self._frame = 0
        self._seen: SeenFrame | None = None
        self._seen_other: SeenFrame | None = None
        self._other: tuple[ProjectStill, ...] | None = None
        self._variant: Variant | None = None
        self._places: dict[str, int] = {}
        self._problem = ""
        shots.chosen.connect(self._another_shot)
        document.changed.connect(self._another_project)
        self._another_shot()

    # Where it stands

    @property
    def frame(self) -> int:
        """The plate's own number of the frame."""
        return self._frame

    @property
    def variant(self) -> Variant | None:
        """The current shot as it stands."""
        return self._variant

    @property
    def range(self) -> tuple[int, int]:
        """First and last frame of the shot; (0, 0) without one."""
        shot = self._shots.current
        return (0, 0) if shot is None else (shot.first, shot.last)

    @property
    def seen(self) -> SeenFrame | None:
        """The newest frame that came, which may be the one before."""
        return self._seen

    @property
    def is_current(self) -> bool:
        """Whether what is shown is the frame that is wanted, as a pass over the shot gives it."""
        seen = self._seen
        if seen is None or seen.preview or not seen.shows(self.views):
            return False
        return (seen.number, seen.variant) == (self._frame, self.variant)

    @property
    def views(self) -> tuple[str, ...]:
        """Names of the pictures of a frame that are looked at."""
        looked_at = {VIEW_OF.get(self.mode, "view")}
        if self.comparison != "off":
            looked_at.add(VIEW_OF.get(self.against, "view"))
        return tuple(name for name in VIEWS if name in looked_at)

    @property
    def mark(self) -> str:
        """What must be said of the picture beside it: empty where it is the right one."""
        if self._problem:
            return self._problem
        seen = self._seen
        if self._shots.current is None:
            return ""
        if self.is_current:
            return ""
        is_of_frame = seen is not None and (seen.number, seen.variant) == (self._frame, self.variant)
        return "preview" if is_of_frame and seen is not None and seen.preview else "rendering"

    def go_to(self, frame: int) -> None:
        """Show a frame of the shot; outside of it the nearest."""
        first, last = self.range
        frame = min(max(int(frame), first), last)
        if frame != self._frame:
            self._move(frame)
            self.ask()

    def step(self, by: int) -> None:
        """Go on by so many frames."""
        self.go_to(self._frame + by)

    def go_to_next(self, frames: list[int], forward: bool = True) -> None:
        """The next of ``frames``, or the one before."""
        beyond = [one for one in sorted(frames) if (one > self._frame if forward else one < self._frame)]
        if beyond:
            self.go_to(beyond[0] if forward else beyond[-1])

    def show(self, seen: SeenFrame) -> None:
        """Go to a frame of the shot that has been made; nothing is asked for, and what is under way goes on."""
        if seen.variant == self.variant:
            self._move(seen.number)
            self._take(seen)

    def note(self, seen: SeenFrame) -> None:
        """Remember what a frame of the current shot, as a pass gives it, tells of the shot."""
        shot = self._shots.current
        if shot is not None and seen.variant == self.variant and not seen.preview:
            if seen.confidence is not None:
                self._confidence.note(shot.id, seen.variant, seen.number, seen.confidence)
            self.came.emit(seen)

    def place(self, shot: ProjectShot) -> int:
        """The frame of a shot that is shown when it is opened: the one that was left."""
        return min(max(self._places.get(shot.id, shot.first), shot.first), shot.last)

    # How it is looked at

    def look(self, mode: str) -> None:
        """One of `MODES`."""
        assert mode in MODES
        self.mode = mode
        self._ask_missing()
        self.changed.emit()

    def compare(self, comparison: str, against: str | None = None) -> None:
        """One of `COMPARISONS`, against one of `AGAINST`; None leaves that."""
        assert comparison in COMPARISONS
        self.comparison = comparison
        if against is not None:
            assert against in AGAINST
            self.against = against
        self._ask_missing()
        self.changed.emit()
        if comparison != "off" and self.against == "other stills":
            self._ask_other()

    def set_wipe(self, share: float) -> None:
        """Move the wipe's edge."""
        self.wipe = min(max(share, 0.0), 1.0)
        self.changed.emit()

    def set_zoom(self, zoom: float, centre: tuple[float, float] | None = None) -> None:
        """Another size, and another middle; 0 fits the picture in."""
        self.zoom = zoom if zoom == 0 else min(max(zoom, 0.02), 64.0)
        if centre is not None or zoom == 0:
            x, y = centre if centre is not None and zoom else (0.5, 0.5)
            self.centre = min(max(x, 0.0), 1.0), min(max(y, 0.0), 1.0)
        self.changed.emit()

    def zoom_by(self, factor: float) -> None:
        """Larger or smaller, from the size at which the picture was drawn last."""
        self.set_zoom((self.zoom or self.drawn_scale) * factor)

    def keep_other_stills(self) -> None:
        """The stills as they stand are the other set from now on, to compare what follows with."""
        shot = self._shots.current
        self._other = None if shot is None else shot.stills
        self._seen_other = None
        self._messages.note(
            "These stills are kept to compare with: change them, then compare with other stills.", ABOUT
        )
        self.changed.emit()

    def swap_other_stills(self) -> None:
        """The other set takes the place of the shot's stills, and those become the other set."""
        shot = self._shots.current
        if shot is None or self._other is None:
            return
        other, self._other = self._other, shot.stills
        self._document.edit_shots("Swap stills", [shot.id], lambda one: dataclasses.replace(one, stills=other))

    @property
    def has_other_stills(self) -> bool:
        """Whether there is another set to compare with."""
        return self._other is not None

    def shown(self) -> Shown:
        """What is to be drawn now."""
        seen = self._seen
        if seen is None:
            return Shown(None, None, 0, 0)
        picture = self._picture(self.mode, seen)
        against = None
        if self.comparison != "off":
            if self.against == "other stills":
                other = self._seen_other
                if other is not None and other.number == seen.number:
                    against = self._picture("result", other)
            else:
                against = self._picture(self.against, seen)
        return Shown(picture, against, seen.plate.width, seen.plate.height)

    def show_still(self, picture: Picture | None) -> None:
        """The chosen still, for looking at it and comparing."""
        self.still = picture
        self.changed.emit()

    def read_pixel(self, x: int, y: int) -> None:
        """Ask for the facts of a plate's pixel; ``pixel`` tells them."""
        variant = self.variant
        if variant is not None and self.is_current:
            self._frames.ask_pixel(variant, self._frame, x, y, self._tell_pixel)

    def colour_at(self, x: int, y: int) -> tuple[float, float, float] | None:
        """The screen's colour at a plate's pixel of what is looked at, 0..1."""
        shown = self.shown()
        picture = shown.picture
        if picture is None or not (0 <= x < shown.width and 0 <= y < shown.height):
            return None
        values = picture.pixel(x * picture.width // shown.width, y * picture.height // shown.height)
        red, green, blue = (values if len(values) == 3 else values * 3)[:3]
        return red / 255, green / 255, blue / 255

    # Frames come and go

    def ask(self) -> None:
        """Have the frame made, unless it is at hand."""
        variant = self.variant
        self.asked.emit()
        if variant is None:
            self._seen = None
            self.changed.emit()
            return
        self._frames.ask(variant, self._frame, self._take, self.fail)

    def _move(self, frame: int) -> None:
        self._frame = frame
        shot = self._shots.current
        if shot is not None:
            self._places[shot.id] = frame
        self.moved.emit()

    def _ask_missing(self) -> None:
        """A frame that was made for playing has the pictures that were looked at then."""
        if self._seen is not None and not self._seen.shows(self.views):
            self.ask()

    def _ask_other(self) -> None:
        shot = self._shots.current
        if shot is not None and self._other is not None and self.is_current:
            variant = Variant.of(self._document.project, shot, self._other)
            self._frames.ask(variant, self._frame, self._take_other, self.fail, other=True)

    def _take(self, seen: SeenFrame) -> None:
        if seen.variant != self.variant:
            return
        self.note(seen)
        if seen.number == self._frame or not self.is_current:
            self._seen, self._problem = seen, ""
            self._messages.settle(ABOUT)
            self.changed.emit()
        if self.is_current and self.comparison != "off" and self.against == "other stills":
            self._ask_other()

    def _take_other(self, seen: SeenFrame) -> None:
        self._seen_other = seen
        self.changed.emit()

    def fail(self, error: Exception) -> None:
        """Frames cannot be made: say why."""
        self._problem = str(error)
        self._messages.problem(str(error), ABOUT)
        self.changed.emit()
        self.failed.emit(error)

    def _tell_pixel(self, facts: PixelFacts) -> None:
        self.pixel.emit(facts)

    def _picture(self, mode: str, seen: SeenFrame) -> Picture | None:
        if mode == "still":
            return self.still
        return seen.pictures.get(VIEW_OF[mode], seen.pictures.get("plate_view"))

    def look_at_files(self) -> None:
        """Whether stills or mask were changed on disk; if so, the frame is made anew."""
        before, after = self._variant, self._variant_now()
        if before != after:
            self._variant = after
            self.ask()
            self.changed.emit()

    def _variant_now(self) -> Variant | None:
        shot = self._shots.current
        return None if shot is None else Variant.of(self._document.project, shot)

    def _another_shot(self) -> None:
        self._variant = self._variant_now()
        shot = self._shots.current
        self._seen = self._seen_other = self._other = None
        self._problem = ""
        self._frame = 0 if shot is None else self.place(shot)
        self.moved.emit()
        self.ask()

    def _another_project(self, before: Project, after: Project) -> None:
        first, last = self.range
        was = self._variant, self._frame
        self._frame = min(max(self._frame, first), last)
        self._variant = self._variant_now()
        if was != (self._variant, self._frame):
            self._problem = ""
            self.ask()
        self.changed.emit()


def screen_colour(colour: Any) -> str:
    """Three numbers 0..1 as ``#rrggbb``."""
    return "#" + "".join(f"{round(255 * min(max(float(part), 0.0), 1.0)):02x}" for part in colour)
