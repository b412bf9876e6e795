"""What a session remembers from one frame to the next."""

import io
import json
import zipfile
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tinct.runtime.errors import StateError
from tinct.runtime.motion.anchor import Anchor

Image = NDArray[np.float32]

FORMAT = 4
"""Version of the bytes that `TemporalState.to_bytes` makes; 1 had no confidence, 2 no stills, 3 no anchor."""
IMAGES = ("luminance", "ab", "confidence")
FLOW, TRUST = "anchor_flow", "anchor_trust"
"""Names of the anchor's arrays."""
_HEADER_BYTES = 4096
"""More than the archive's own records need; what claims to unfold to more than this beyond its size is no state."""


@dataclass(frozen=True, eq=False)
class TemporalState:
    """Everything a step takes from the past; a value, never changed in place (its arrays are read-only).

    ``frame``: number of the frame that made it. ``luminance``: (h, w) L* 0..100, ``ab``: (h, w, 2) Lab units and
    ``confidence``: (h, w) 0..1, all float32 at the padded working size. ``reference_set``: id of the stills that were
    in force. ``model``: identity of the bundle. ``stills``: positions in their set of those that took part, ascending,
    empty where all did; ``age``: frames since they were chosen. ``anchor``: where the frame, without padding, lies in a
    still of the same view.
    """

    frame: int
    luminance: Image
    ab: Image
    confidence: Image
    reference_set: str
    model: str
    stills: tuple[int, ...] = ()
    age: int = 0
    anchor: Anchor | None = None

    def __post_init__(self) -> None:
        shape = self.luminance.shape
        if len(shape) != 2 or self.ab.shape != (*shape, 2) or self.confidence.shape != shape:
            raise ValueError(
                f"luminance {shape}, ab {self.ab.shape} and confidence {self.confidence.shape} must be (h, w), "
                "(h, w, 2) and (h, w)"
            )
        for name in IMAGES:
            object.__setattr__(self, name, _read_only(getattr(self, name)))
        if self.anchor is not None:
            object.__setattr__(self, "anchor", _checked(self.anchor, shape))

    @property
    def images(self) -> dict[str, Image]:
        """All its arrays by name."""
        images = {name: getattr(self, name) for name in IMAGES}
        return images if self.anchor is None else images | {FLOW: self.anchor.flow, TRUST: self.anchor.trust}

    def __eq__(self, other: object) -> bool:
        """Whether the two states lead to the same next frame, bit for bit."""
        if not isinstance(other, TemporalState):
            return NotImplemented
        return self._facts() == other._facts() and all(
            np.array_equal(image.view(np.uint32), other.images[name].view(np.uint32))
            for name, image in self.images.items()
        )

    def __hash__(self) -> int:
        return hash(tuple(self._facts().values()))

    def to_bytes(self) -> bytes:
        """The state as bytes that `from_bytes` reads, the same for equal states (an uncompressed npz, no pickle)."""
        facts = np.frombuffer(json.dumps({"format": FORMAT, **self._facts()}, sort_keys=True).encode(), np.uint8)
        stream = io.BytesIO()
        np.savez(stream, allow_pickle=False, facts=facts, **self.images)
        return stream.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> "TemporalState":
        """The state that `to_bytes` gave, equal to it bit for bit.

        Raises:
            StateError: ``data`` is not a state, is damaged, or was written by a newer Tinct.
        """
        try:
            refuse_inflation(data)
            with np.load(io.BytesIO(data), allow_pickle=False) as archive:
                facts = json.loads(bytes(archive["facts"]))
                if facts["format"] != FORMAT:
                    age = "a newer" if facts["format"] > FORMAT else "an older"
                    raise StateError(f"this state was written by {age} Tinct; colour the shot from its start")
                images = {name: archive[name] for name in IMAGES}
                planes = [] if facts["anchor"] is None else [archive[FLOW], archive[TRUST]]
            frame, reference_set, model = facts["frame"], facts["reference_set"], facts["model"]
            stills, age = facts["stills"], facts["age"]
            numbers, names = [frame, age, *stills, *(facts["anchor"] or ())], [reference_set, model]
            if any(type(one) is not int for one in numbers) or not all(isinstance(one, str) for one in names):
                raise ValueError("a fact has the wrong type")
            if any(image.dtype != np.float32 for image in (*images.values(), *planes)):
                raise ValueError("an image is not float32")
            anchor = None
            if planes:
                still, searched = facts["anchor"]
                anchor = Anchor(still, flow=planes[0], trust=planes[1], age=searched)
            chosen = {"stills": tuple(stills), "age": age}
            return cls(frame=frame, **images, reference_set=reference_set, model=model, **chosen, anchor=anchor)
        except (ValueError, KeyError, TypeError, OSError, EOFError, MemoryError, zipfile.BadZipFile) as error:
            raise StateError(f"this is no temporal state ({error}); colour the shot from its start") from error

    def _facts(self) -> dict[str, int | str | tuple[int, ...] | None]:
        return {
            "anchor": None if self.anchor is None else (self.anchor.still, self.anchor.age),
            "frame": self.frame,
            "model": self.model,
            "reference_set": self.reference_set,
            "stills": self.stills,
            "age": self.age,
        }


def _read_only(image: Image) -> Image:
    """A copy that nobody can write to: a state must not change when its maker goes on working on the array."""
    image = np.array(image, dtype=np.float32, order="C")
    image.setflags(write=False)
    return image


def _checked(anchor: Anchor, shape: tuple[int, ...]) -> Anchor:
    """The anchor with arrays of its own, of a picture that ``shape`` (h, w) is the padded one of."""
    size = anchor.trust.shape
    fits = len(size) == 2 and all(0 < one <= most for one, most in zip(size, shape, strict=True))
    if not fits or anchor.flow.shape != (*size, 2):
        raise ValueError(f"the anchor's flow {anchor.flow.shape} and trust {size} do not fit a picture of {shape}")
    return replace(anchor, flow=_read_only(anchor.flow), trust=_read_only(anchor.trust))


def refuse_inflation(data: bytes) -> None:
    """Refuse an archive that unfolds to more than its own size, before anything is unfolded."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        if sum(entry.file_size for entry in archive.infolist()) > len(data) + _HEADER_BYTES:
            raise ValueError("it is compressed")
