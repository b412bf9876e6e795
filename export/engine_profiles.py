"""Sizes and numbers of stills that an engine is built for."""

import math
from dataclasses import dataclass

import numpy as np
import onnx

from tinct.runtime.backends import create_backend
from tinct.runtime.bundle import Bundle
from tinct.runtime.engine_card import COMPOSITIONS, Profile, Range
from tinct.runtime.errors import UsageError
from tinct.runtime.picture.working_size import NEAR

USUAL_ASPECT = (16, 9)
WIDEST_ASPECT = (12, 5)
"""Plates from square to this (2.40:1) are covered."""
LARGEST_PLATE = (2160, 4096)
"""Height and width of the largest plates that are composed on the GPU."""
SMALLEST = 32
"""Side of the smallest."""
MOST_STILLS = 64
IMAGE_AXES = 4


@dataclass(frozen=True)
class EngineSizes:
    """What the frames and banks of an engine may be.

    ``working_sizes``: short sides in pixels, a profile each; ``stills``: most stills in force at one frame;
    ``portrait``: upright plates too, for one more profile each.
    """

    working_sizes: tuple[int, ...]
    stills: int = 4
    portrait: bool = False


def profiles_for(bundle: Bundle, sizes: EngineSizes) -> dict[str, tuple[Profile, ...]]:
    """The optimization profiles of the engines of ``bundle``, by graph.

    Raises:
        UsageError: a working size or the number of stills is out of range.
        BackendError: the reference graph, which is run once to count its tokens, failed.
    """
    multiple = bundle.manifest.size_multiple
    if not 1 <= sizes.stills <= MOST_STILLS:
        raise UsageError(f"--stills is {sizes.stills} and must be 1 to {MOST_STILLS}")
    if not sizes.working_sizes or min(sizes.working_sizes) < multiple:
        raise UsageError(f"a working size must be at least {multiple}, not {sizes.working_sizes}")
    tokens = _tokens_per_pixel(bundle)
    channels = _frame_channels(bundle)
    references: list[Profile] = []
    frames: list[Profile] = []
    for short in sorted(set(sizes.working_sizes)):
        small, usual, large = _sides(short, multiple)
        smallest, largest = (small, small), (large[0], large[1])
        references.append({"still": _images(3, smallest, usual, (large[1], large[1]))})
        counts = [
            math.ceil(tokens * height * width) * stills
            for (height, width), stills in ((smallest, 1), (usual, 1), (largest, sizes.stills))
        ]
        for upright in (False, True) if sizes.portrait else (False,):
            shapes = [shape[::-1] if upright else shape for shape in (smallest, usual, largest)]
            frames.append(_frame_profile(channels, shapes, counts))
    longest = max(_sides(short, multiple)[2][1] for short in sizes.working_sizes)
    composed = tuple(
        _composition_profile(longest, plate) for plate in ((LARGEST_PLATE, LARGEST_PLATE[::-1])[: 1 + sizes.portrait])
    )
    return {"reference": tuple(references), "frame": tuple(frames)} | dict.fromkeys(COMPOSITIONS, composed)


def _frame_profile(channels: dict[str, tuple[int, ...]], shapes: list[tuple[int, int]], counts: list[int]) -> Profile:
    profile: dict[str, Range] = {}
    for name, fixed in channels.items():
        if len(fixed) == IMAGE_AXES:
            profile[name] = _images(fixed[1], *shapes)
        else:
            low, usual, high = ((1, count, *fixed[2:]) for count in counts)
            profile[name] = (low, usual, high)
    return profile


def _composition_profile(longest: int, plate: tuple[int, int]) -> Profile:
    """For plates up to (height, width) ``plate`` and working sizes of up to ``longest`` pixels a side."""
    working = (SMALLEST, SMALLEST), (longest // 2, longest // 2), (longest, longest)
    smallest = (SMALLEST, SMALLEST)
    plates = smallest, (plate[0] // 2, plate[1] // 2), plate
    return {"luma": _images(1, *plates), "ab": _images(2, *working), "lightness": _images(1, *working)}


def _images(channels: int, *shapes: tuple[int, int]) -> Range:
    low, usual, high = ((1, channels, *shape) for shape in shapes)
    return low, usual, high


def _sides(short: int, multiple: int) -> tuple[int, tuple[int, int], tuple[int, int]]:
    """Smallest side, and usual and largest (height, width), padded, of landscape plates worked at ``short``.

    Plates within an eighth of it are worked at their own size, see `WorkingSize.fit`.
    """

    def padded(numerator: int, denominator: int) -> int:
        return -(-numerator // (denominator * multiple)) * multiple

    wide, high = USUAL_ASPECT
    widest, lowest = WIDEST_ASPECT
    own = short * NEAR
    return (
        padded(own, NEAR + 1),
        (padded(short, 1), padded(short * wide, high)),
        (padded(own, NEAR - 1), padded(own * widest, (NEAR - 1) * lowest)),
    )


def _tokens_per_pixel(bundle: Bundle) -> float:
    height, width = (count * bundle.manifest.size_multiple for count in (4, 5))
    still = np.random.default_rng(0).uniform(-1, 1, (1, 3, height, width)).astype(np.float32)
    bank = create_backend("onnxruntime", bundle).encode_reference({"still": still})
    return float(bank[bundle.manifest.bank[0]].shape[1] / (height * width))


def _frame_channels(bundle: Bundle) -> dict[str, tuple[int, ...]]:
    """Shape of each input of the frame graph, 0 where it is free: images (1, C, 0, 0), rows (1, 0, C) or (1, 0)."""
    inputs = onnx.load(bundle.path(bundle.manifest.frame_graph)).graph.input
    return {value.name: tuple(axis.dim_value for axis in value.type.tensor_type.shape.dim) for value in inputs}
