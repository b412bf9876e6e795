"""Where a run stands after a frame: everything that the frames after it depend on."""

import io
import json
import zipfile
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinct.runtime.errors import StateError
from tinct.runtime.hint_points import HintTrack
from tinct.runtime.media.plate import PlateFrame
from tinct.runtime.state import TemporalState, refuse_inflation

CHECKPOINT_FRAMES = 24
"""Frames from one checkpoint to the next: what a run that was killed loses at most, and where parts of a movie end."""


@dataclass
class Tally:
    """What a run has noticed so far of the plate and of its own work.

    ``confidence``: sum of the coloured frames' means. ``first_colour``: the first frame that was not neutral.
    ``advice``: what to say of the plate's colour space, if anything.
    """

    odd_pixels: int = 0
    odd_frames: int = 0
    first_odd: int = 0
    first_colour: int | None = None
    advice: str | None = None
    confidence: float = 0.0
    coloured: int = 0

    @property
    def mean_confidence(self) -> float:
        """Mean confidence of all coloured frames."""
        return self.confidence / self.coloured if self.coloured else 0.0

    def count(self, frame: PlateFrame, odd: int, confidence: NDArray[np.float32]) -> None:
        """Take in a ``frame`` with ``odd`` pixels that are not finite, and the ``confidence`` (h, w) of its colours."""
        if odd:
            self.first_odd = self.first_odd if self.odd_frames else frame.number
            self.odd_pixels += odd
            self.odd_frames += 1
        if frame.was_colour and self.first_colour is None:
            self.first_colour = frame.number
        if confidence.any():
            self.confidence += float(confidence.mean(dtype=np.float64))
            self.coloured += 1


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """The state after ``done`` frames, the last of them number ``frame``."""

    done: int
    frame: int
    state: TemporalState | None
    hints: HintTrack | None
    tally: Tally

    def to_bytes(self) -> bytes:
        """The checkpoint as bytes that `from_bytes` reads (an uncompressed npz, no pickle)."""
        facts: dict[str, Any] = {"done": self.done, "frame": self.frame, "tally": asdict(self.tally)}
        arrays = {}
        if self.state is not None:
            arrays["state"] = np.frombuffer(self.state.to_bytes(), np.uint8)
        if self.hints is not None:
            facts["hints"] = {"followed": self.hints.followed, "lost": self.hints.lost}
            if self.hints.picture is not None:
                arrays["picture"] = self.hints.picture
        arrays["facts"] = np.frombuffer(json.dumps(facts, sort_keys=True).encode(), np.uint8)
        stream = io.BytesIO()
        np.savez(stream, allow_pickle=False, **arrays)
        return stream.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> "Checkpoint":
        """The checkpoint that `to_bytes` gave.

        Raises:
            StateError: ``data`` is none, or is damaged.
        """
        try:
            refuse_inflation(data)
            with np.load(io.BytesIO(data), allow_pickle=False) as archive:
                facts = json.loads(bytes(archive["facts"]))
                state = TemporalState.from_bytes(bytes(archive["state"])) if "state" in archive else None
                picture = archive.get("picture", None)
            hints = None
            if "hints" in facts:
                followed, lost = facts["hints"]["followed"], facts["hints"]["lost"]
                hints = HintTrack(tuple(map(tuple, followed)), tuple(map(tuple, lost)), picture)
            return cls(int(facts["done"]), int(facts["frame"]), state, hints, Tally(**facts["tally"]))
        except (ValueError, KeyError, TypeError, OSError, EOFError, zipfile.BadZipFile) as error:
            raise StateError(f"this is no checkpoint ({error})") from error
