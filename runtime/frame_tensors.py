"""Between the pictures of a session and the tensors of a model's frame graph."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinct.runtime.backends.base import Tensors
from tinct.runtime.bundle import Manifest
from tinct.runtime.errors import BackendError
from tinct.runtime.hints import Hints
from tinct.runtime.past import ANCHORED, WARPED
from tinct.runtime.picture.working_size import WorkingSize
from tinct.runtime.state import TemporalState

Image = NDArray[np.float32]

PREVIOUS_LUMINANCE = "previous_luminance"
_LIGHTNESSES = ("luminance", PREVIOUS_LUMINANCE)
_COLOURS = (WARPED[0], ANCHORED[0])
_SELDOM_NEW = (WARPED[1], "hints")
"""Inputs of a graph that moves the past itself which are mostly as they were for the frame before."""


@dataclass(frozen=True, eq=False)
class _Carried:
    """A state and the tensors, by the names of the next frame's inputs, that would be made from it again."""

    state: TemporalState
    tensors: dict[str, Image]


class FrameTensors:
    """Makes the inputs of a frame graph and reads its outputs, for the frames of one session.

    A graph that moves the past itself gets the tensors of the frame before as the very arrays that went in and came
    out, and nobody can write to them; a backend then knows that its device holds them already. That is done only
    where the state gives the same numbers bit for bit, so that a restored state leads to the same frames.
    """

    def __init__(self, manifest: Manifest) -> None:
        self._scale = manifest.colour
        self._named = frozenset(manifest.frame_graph.inputs)
        self._carried: _Carried | None = None
        self._kept: dict[str, Image] = {}

    @property
    def held_bytes(self) -> int:
        """Bytes of the tensors that are kept for the next frame."""
        carried = {} if self._carried is None else self._carried.tensors
        return sum(tensor.nbytes for tensor in (*self._kept.values(), *carried.values()))

    def luminance(self, lightness: Image) -> dict[str, Image]:
        """The input of that name, from L* (H, W) at the padded working size."""
        return {"luminance": _to_planes(self._scaled("luminance", lightness))}

    def inputs(
        self,
        luminance: Image,
        size: WorkingSize,
        past: dict[str, Image],
        hints: Hints | None,
        previous: TemporalState | None,
    ) -> dict[str, Image]:
        """The inputs that the model names, but for the bank's.

        Args:
            luminance: (H, W) L* at the padded working size.
            size: of the frame.
            past: what `Past.of` gave.
            hints: wanted colours.
            previous: the state that the past was made from.
        """
        carried = self._carried.tensors if self._carried is not None and previous is self._carried.state else {}
        images = {"luminance": luminance, **past}
        if "hints" in self._named:
            images["hints"] = self._hint_planes(size, hints)
        wanted = self._named.difference(carried).intersection(images)
        tensors = {name: _to_planes(self._scaled(name, images[name])) for name in wanted}
        if PREVIOUS_LUMINANCE in self._named:
            tensors["luminance"] = _fixed(tensors["luminance"])
            tensors |= {name: self._unless_new(name, tensors[name]) for name in wanted.intersection(_SELDOM_NEW)}
        return tensors | carried

    def results(self, outputs: Tensors, size: WorkingSize, *, backend: str) -> tuple[Image, Image]:
        """Ab (h, w, 2) in Lab units and confidence (h, w) 0..1, both padded.

        Raises:
            BackendError: the outputs of ``backend`` are of another size.
        """
        ab, confidence = outputs["ab"], outputs["confidence"]
        if ab.shape != (1, 2, *size.padded_shape) or confidence.shape != (1, 1, *size.padded_shape):
            raise BackendError(
                f"{backend} gave ab {ab.shape} and confidence {confidence.shape} for a frame of {size.padded_shape}; "
                "export the bundle again"
            )
        units = np.ascontiguousarray(ab[0].transpose(1, 2, 0)) * np.float32(self._scale.ab_scale)
        return units, np.clip(confidence[0, 0], 0.0, 1.0)

    def carry(self, state: TemporalState, inputs: Tensors, outputs: Tensors) -> None:
        """Keep what the frame of ``state`` was made of, for the frame after it."""
        self._carried = None
        if PREVIOUS_LUMINANCE not in self._named or self._scale.ab_scale != 1.0:
            return
        if np.array_equal(outputs["confidence"][0, 0], state.confidence):
            tensors = dict(zip(WARPED[::2], (outputs["ab"], outputs["confidence"]), strict=True))
            tensors = {name: tensor for name, tensor in tensors.items() if name in self._named}
            tensors[PREVIOUS_LUMINANCE] = inputs["luminance"]
            self._carried = _Carried(state, {name: _fixed(tensor) for name, tensor in tensors.items()})

    def _scaled(self, name: str, image: Image) -> Image:
        if name in _LIGHTNESSES:
            return (image - np.float32(self._scale.l_mean)) / np.float32(self._scale.l_scale)
        return image / np.float32(self._scale.ab_scale) if name in _COLOURS else image

    def _hint_planes(self, size: WorkingSize, hints: Hints | None) -> Image:
        planes = np.zeros((*size.padded_shape, 3), np.float32)
        if hints is not None:
            ab, mask = hints.reduce(size)
            planes[: size.height, : size.width, :2] = ab / np.float32(self._scale.ab_scale)
            planes[: size.height, : size.width, 2] = mask
        return planes

    def _unless_new(self, name: str, tensor: Image) -> Image:
        """``tensor``, as the very array of the frame before if it is the same."""
        kept = self._kept.get(name)
        if kept is None or not np.array_equal(kept, tensor):
            self._kept[name] = kept = _fixed(tensor)
        return kept


def _fixed(tensor: Image) -> Image:
    """``tensor``, or a copy if it is a view, as an array that nobody can write to."""
    tensor = tensor if tensor.flags.owndata else tensor.copy()
    tensor.setflags(write=False)
    return tensor


def _to_planes(image: Image) -> Image:
    """(H, W) or (H, W, C) to (1, C, H, W), contiguous."""
    planes = image[None] if image.ndim == 2 else image.transpose(2, 0, 1)
    return np.ascontiguousarray(planes[None], dtype=np.float32)
