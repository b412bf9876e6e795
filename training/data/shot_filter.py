"""Which shots and photographs are left out of a data set, and why."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from tinct.training.data.clip_store import LEAST_FRAMES
from tinct.training.data.shot_figures import FrameFigures
from tinct.training.data.splitting.base import Shot

REASONS = ("dark", "low variance", "grey", "static")


@dataclass(frozen=True)
class FilterConfig:
    """Bounds of the figures (see `FrameFigures`); 0 (for ``concentration`` 1) lets everything pass.

    ``lightness`` and ``concentration`` are the histogram test of ColorMotion (seed 002, section 3.2.2: title cards,
    fades, credits); the paper names no bounds. Of 74 ordinary colour clips all stayed at least 2.2 times (lightness),
    1.5 times (colour) and 1.6 times (change) above these bounds, and no concentration was above .73; black-and-white
    film with the noise of its compression reached a colour of .03, a toned one .68.
    """

    lightness: float = 20.0
    concentration: float = 0.85
    colour: float = 1.2
    change: float = 0.1

    def reason(self, figures: FrameFigures) -> str:
        """Why a shot or photograph with these figures is left out; empty if it is not."""
        if figures.lightness < self.lightness:
            return "dark"
        if figures.concentration > self.concentration:
            return "low variance"
        if figures.colour < self.colour:
            return "grey"
        if figures.change < self.change:  # false for a photograph, which has none
            return "static"
        return ""

    def trimmed(self, shot: Shot, frames: Sequence[FrameFigures]) -> Shot:
        """``shot`` without the dark and the uniform frames at its ends, such as those of fades; itself where nothing of
        it would be left. ``frames``: the figures of its frames."""
        shown = [f.lightness >= self.lightness and f.concentration <= self.concentration for f in frames]
        if not any(shown):
            return shot
        return Shot(shot.first + shown.index(True), shot.last - shown[::-1].index(True))

    def without(self, reasons: Sequence[str]) -> "FilterConfig":
        """These bounds without those that give one of ``reasons``."""
        passing = {"dark": ("lightness", 0.0), "low variance": ("concentration", 1.0), "grey": ("colour", 0.0)}
        passing["static"] = ("change", 0.0)
        return FilterConfig(**{**asdict(self), **dict(passing[reason] for reason in reasons)})


def too_short(shot: Shot) -> str:
    """Why a shot has too few frames to be trained on; empty if it has enough."""
    return f"only {shot.frames} frames" if shot.frames < LEAST_FRAMES else ""
