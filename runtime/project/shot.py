"""A shot of a project: which frames of which plate, and what it is coloured from."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from tinct.runtime.errors import ProjectError
from tinct.runtime.project.names import check_id, check_name
from tinct.runtime.project.settings import check_settings

TURNS = (0, 90, 180, 270)
MOST_FRAMES = 10_000_000
"""More frames than this in one shot are taken for a slip."""
LEAST_SIDE = 0.01
"""Least width and height of a crop, as part of the still's."""


class ProjectHint(NamedTuple):
    """A wanted colour at a pixel: the plate's own frame, x and y in plate pixels from the top left, and the colour as
    sRGB-encoded red, green and blue, 0..1."""

    frame: int
    x: float
    y: float
    colour: tuple[float, float, float]


@dataclass(frozen=True)
class ProjectStill:
    """A still of a shot.

    ``frame``: the plate's own, from which it is in force; None: from the shot's start. ``weight``: how much it counts
    beside the others of its set, above 0. ``crop``: left, top, right and bottom of the part that counts, as parts
    (0..1) of the upright still before it is turned; None: all. ``turn``: degrees clockwise by which the part is turned.
    ``extra``: what a later version of the format has beside, kept for it.
    """

    path: str
    frame: int | None = None
    weight: float = 1.0
    crop: tuple[float, float, float, float] | None = None
    turn: int = 0
    extra: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse what cannot be.

        Raises:
            ProjectError: no path, a weight that is not above 0, a crop without a picture in it, or another turn.
        """
        check_path("path", self.path)
        if not 0 < self.weight < math.inf:
            raise ProjectError(f"weight is {self.weight:g} and must be above 0")
        if self.turn not in TURNS:
            raise ProjectError(f"turn is {self.turn} and must be 0, 90, 180 or 270")
        if self.crop is not None:
            left, top, right, bottom = self.crop
            fits = 0 <= left < right <= 1 and 0 <= top < bottom <= 1
            if not fits or min(right - left, bottom - top) < LEAST_SIDE:
                raise ProjectError(
                    f"crop is {list(self.crop)} and must be left, top, right and bottom as parts of the still, 0 to 1, "
                    f"at least {LEAST_SIDE} apart"
                )


@dataclass(frozen=True)
class ProjectShot:
    """A shot.

    ``id``: the same through renaming and reordering. ``name``: the output is called after it. ``source``: the plate, a
    movie, a sequence's pattern or one picture. ``first``, ``last``: its frames, the plate's own numbers, both in it;
    ``handle_in``, ``handle_out``: how many frames before and after them are rendered too. ``stills`` and ``hints``:
    what it is coloured from. ``parameters``: those that differ from the project's. ``mask``: a picture, sequence or
    movie that limits where colour goes.
    """

    id: str
    name: str
    source: str
    first: int
    last: int
    handle_in: int = 0
    handle_out: int = 0
    stills: tuple[ProjectStill, ...] = ()
    hints: tuple[ProjectHint, ...] = ()
    parameters: Mapping[str, Any] = field(default_factory=dict)
    mask: str | None = None
    note: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse what cannot be.

        Raises:
            ProjectError: a field that holds what it must not; the message names it.
        """
        check_id(self.id)
        check_name(self.name)
        check_path("source", self.source)
        if self.mask is not None:
            check_path("mask", self.mask)
        if self.last < self.first:
            raise ProjectError(f"last is {self.last} and must be {self.first}, the first frame, or more")
        for name in ("handle_in", "handle_out"):
            if getattr(self, name) < 0:
                raise ProjectError(f"{name} is {getattr(self, name)} and must be 0 or more")
        if self.frames + self.handle_in + self.handle_out > MOST_FRAMES:
            raise ProjectError(f"last is {self.last}, which makes more than {MOST_FRAMES} frames; check the numbers")
        object.__setattr__(self, "parameters", check_settings(self.parameters))
        for index, hint in enumerate(self.hints):
            _check_hint(f"hints[{index}]", hint)

    @property
    def frames(self) -> int:
        """How many frames it spans, handles left out."""
        return self.last - self.first + 1

    @property
    def rendered_range(self) -> tuple[int, int]:
        """First and last frame to render, handles among them."""
        return self.first - self.handle_in, self.last + self.handle_out

    def with_still(self, still: ProjectStill) -> ProjectShot:
        """With ``still`` too, in place of the same file at the same frame; in the order of their frames."""
        others = [one for one in self.stills if (one.path, one.frame) != (still.path, still.frame)]
        ordered = sorted([*others, still], key=lambda one: -math.inf if one.frame is None else one.frame)
        return replace(self, stills=tuple(ordered))

    def without_still(self, still: ProjectStill) -> ProjectShot:
        """Without ``still``."""
        return replace(self, stills=tuple(one for one in self.stills if one != still))


def check_path(name: str, path: str) -> None:
    """Refuse a path that is none.

    Raises:
        ProjectError: ``path`` is empty or has a zero byte in it; the message calls it ``name``.
    """
    if not path or "\0" in path:
        raise ProjectError(f"{name} is {path[:80]!r} and must be a path")


def _check_hint(place: str, hint: ProjectHint) -> None:
    if not (math.isfinite(hint.x) and math.isfinite(hint.y)):
        raise ProjectError(f"{place} is at {hint.x:g},{hint.y:g} and must be at a pixel")
    colour: tuple[float, ...] = hint.colour
    if len(colour) != 3 or not all(0 <= part <= 1 for part in colour):
        raise ProjectError(f"{place}.colour is {list(hint.colour)} and must be red, green and blue, 0 to 1")
