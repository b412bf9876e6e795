"""What a session remembers from one frame to the next."""

import io
import json
import zipfile
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinct.runtime.errors import StateError

Image = NDArray[np.float32]

FORMAT = 1
"""Version of the bytes that `TemporalState.to_bytes` makes."""
_HEADER_BYTES = 4096
"""More than the archive's own records need; what claims to unfold to more than this beyond its size is no state."""


@dataclass(frozen=True, eq=False)
class TemporalState:
    """Everything a step takes from the past; a value, never changed in place (its arrays are read-only).

    ``frame``: number of the frame that made it. ``luminance``: (h, w) L* 0..100 and ``ab``: (h, w, 2) Lab units, both
    float32 at the padded working size. ``reference_set``: id of the stills that were in force. ``model``:
    identity of the bundle.
    """

    frame: int
    luminance: Image
    ab: Image
    reference_set: str
    model: str

    def __post_init__(self) -> None:
        if self.luminance.ndim != 2 or self.ab.shape != (*self.luminance.shape, 2):
            raise ValueError(f"luminance {self.luminance.shape} and ab {self.ab.shape} must be (h, w) and (h, w, 2)")
        object.__setattr__(self, "luminance", _read_only(self.luminance))
        object.__setattr__(self, "ab", _read_only(self.ab))

    def __eq__(self, other: object) -> bool:
        """Whether the two states lead to the same next frame, bit for bit."""
        if not isinstance(other, TemporalState):
            return NotImplemented
        return self._facts() == other._facts() and all(
            np.array_equal(one.view(np.uint32), two.view(np.uint32))
            for one, two in ((self.luminance, other.luminance), (self.ab, other.ab))
        )

    def __hash__(self) -> int:
        return hash(tuple(self._facts().values()))

    def to_bytes(self) -> bytes:
        """The state as bytes that `from_bytes` reads, the same for equal states (an uncompressed npz, no pickle)."""
        facts = np.frombuffer(json.dumps({"format": FORMAT, **self._facts()}, sort_keys=True).encode(), np.uint8)
        stream = io.BytesIO()
        np.savez(stream, allow_pickle=False, facts=facts, luminance=self.luminance, ab=self.ab)
        return stream.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> "TemporalState":
        """The state that `to_bytes` gave, equal to it bit for bit.

        Raises:
            StateError: ``data`` is not a state, is damaged, or was written by a newer Tinct.
        """
        try:
            _refuse_inflation(data)
            with np.load(io.BytesIO(data), allow_pickle=False) as archive:
                facts = json.loads(bytes(archive["facts"]))
                luminance, ab = archive["luminance"], archive["ab"]
            if facts["format"] > FORMAT:
                raise StateError(
                    "this state was written by a newer Tinct; upgrade Tinct or colour the shot from its start"
                )
            frame, reference_set, model = facts["frame"], facts["reference_set"], facts["model"]
            if type(frame) is not int or not isinstance(reference_set, str) or not isinstance(model, str):
                raise ValueError("a fact has the wrong type")
            if luminance.dtype != np.float32 or ab.dtype != np.float32:
                raise ValueError("an image is not float32")
            return cls(frame=frame, luminance=luminance, ab=ab, reference_set=reference_set, model=model)
        except (ValueError, KeyError, TypeError, OSError, EOFError, MemoryError, zipfile.BadZipFile) as error:
            raise StateError(f"this is no temporal state ({error}); colour the shot from its start") from error

    def _facts(self) -> dict[str, int | str]:
        return {"frame": self.frame, "model": self.model, "reference_set": self.reference_set}


def _read_only(image: Image) -> Image:
    """A copy that nobody can write to: a state must not change when its maker goes on working on the array."""
    image = np.array(image, dtype=np.float32, order="C")
    image.setflags(write=False)
    return image


def _refuse_inflation(data: bytes) -> None:
    """Refuse an archive that unfolds to more than its own size, before anything is unfolded."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        if sum(entry.file_size for entry in archive.infolist()) > len(data) + _HEADER_BYTES:
            raise ValueError("it is compressed")
