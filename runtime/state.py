"""What a session remembers from one frame to the next."""

import io
import json
import zipfile
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinct.runtime.errors import StateError

Image = NDArray[np.float32]

FORMAT = 3
"""Version of the bytes that `TemporalState.to_bytes` makes; 1 had no confidence, 2 no stills."""
IMAGES = ("luminance", "ab", "confidence")
_HEADER_BYTES = 4096
"""More than the archive's own records need; what claims to unfold to more than this beyond its size is no state."""


@dataclass(frozen=True, eq=False)
class TemporalState:
    """Everything a step takes from the past; a value, never changed in place (its arrays are read-only).

    ``frame``: number of the frame that made it. ``luminance``: (h, w) L* 0..100, ``ab``: (h, w, 2) Lab units and
    ``confidence``: (h, w) 0..1, all float32 at the padded working size. ``reference_set``: id of the stills that were
    in force. ``model``: identity of the bundle. ``stills``: positions in their set of those that took part, ascending,
    empty where all did; ``age``: frames since they were chosen.
    """

    frame: int
    luminance: Image
    ab: Image
    confidence: Image
    reference_set: str
    model: str
    stills: tuple[int, ...] = ()
    age: int = 0

    def __post_init__(self) -> None:
        shape = self.luminance.shape
        if len(shape) != 2 or self.ab.shape != (*shape, 2) or self.confidence.shape != shape:
            raise ValueError(
                f"luminance {shape}, ab {self.ab.shape} and confidence {self.confidence.shape} must be (h, w), "
                "(h, w, 2) and (h, w)"
            )
        for name in IMAGES:
            object.__setattr__(self, name, _read_only(getattr(self, name)))

    def __eq__(self, other: object) -> bool:
        """Whether the two states lead to the same next frame, bit for bit."""
        if not isinstance(other, TemporalState):
            return NotImplemented
        return self._facts() == other._facts() and all(
            np.array_equal(getattr(self, name).view(np.uint32), getattr(other, name).view(np.uint32)) for name in IMAGES
        )

    def __hash__(self) -> int:
        return hash(tuple(self._facts().values()))

    def to_bytes(self) -> bytes:
        """The state as bytes that `from_bytes` reads, the same for equal states (an uncompressed npz, no pickle)."""
        facts = np.frombuffer(json.dumps({"format": FORMAT, **self._facts()}, sort_keys=True).encode(), np.uint8)
        stream = io.BytesIO()
        np.savez(stream, allow_pickle=False, facts=facts, **{name: getattr(self, name) for name in IMAGES})
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
            frame, reference_set, model = facts["frame"], facts["reference_set"], facts["model"]
            stills, age = facts["stills"], facts["age"]
            numbers, names = [frame, age, *stills], [reference_set, model]
            if any(type(one) is not int for one in numbers) or not all(isinstance(one, str) for one in names):
                raise ValueError("a fact has the wrong type")
            if any(image.dtype != np.float32 for image in images.values()):
                raise ValueError("an image is not float32")
            return cls(frame=frame, **images, reference_set=reference_set, model=model, stills=tuple(stills), age=age)
        except (ValueError, KeyError, TypeError, OSError, EOFError, MemoryError, zipfile.BadZipFile) as error:
            raise StateError(f"this is no temporal state ({error}); colour the shot from its start") from error

    def _facts(self) -> dict[str, int | str | tuple[int, ...]]:
        return {
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


def refuse_inflation(data: bytes) -> None:
    """Refuse an archive that unfolds to more than its own size, before anything is unfolded."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        if sum(entry.file_size for entry in archive.infolist()) > len(data) + _HEADER_BYTES:
            raise ValueError("it is compressed")
