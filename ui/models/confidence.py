"""How sure the match of each frame is, as far as frames were looked at or rendered, and which want another still."""

from __future__ import annotations

from tinct.runtime.confidence_curve import THRESHOLD, FrameConfidence, Suggestion, suggest_stills
from tinct.ui.models.frames import Variant, parts
from tinct.ui.signal import Signal


class Confidence:
    """Mean confidence 0..1 by frame for each variant of a shot. ``changed``: more is known; ``noted``: of the shot of
    that id."""

    def __init__(self) -> None:
        self.changed, self.noted = Signal(), Signal()
        self._known: dict[Variant, dict[int, float]] = {}
        self._latest: dict[str, Variant] = {}

    def note(self, shot: str, variant: Variant, frame: int, mean: float) -> None:
        """A frame of the variant of the shot of that id, as a pass gives it, was that sure."""
        known = self._known.setdefault(variant.as_of(frame), {})
        self._latest[shot] = variant
        if known.get(frame) != mean:
            known[frame] = mean
            self.changed.emit()
            self.noted.emit(shot)

    def curve(self, variant: Variant) -> dict[int, float]:
        """What is known, by frame, in order; what was known before a later still was changed is among it."""
        found: dict[int, float] = {}
        pieces = parts(variant)
        for (_, part), end in zip(pieces, [start for start, _ in pieces[1:]] + [variant.last + 1]):
            known = self._known.get(part, {})
            found.update({frame: known[frame] for frame in known if frame < end})
        return dict(sorted(found.items()))

    def mean_of_shot(self, shot: str) -> float | None:
        """Mean over what was seen of the shot of that id as it was coloured last; None where that is nothing."""
        variant = self._latest.get(shot)
        known = {} if variant is None else self.curve(variant)
        return sum(known.values()) / len(known) if known else None

    def suggestions(self, variant: Variant, threshold: float = THRESHOLD) -> tuple[Suggestion, ...]:
        """Frames of the variant to make stills of, most doubt first."""
        frames = [FrameConfidence(frame, mean, mean) for frame, mean in self.curve(variant).items()]
        return suggest_stills(frames, threshold=threshold)
