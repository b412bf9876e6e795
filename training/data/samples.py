"""Training samples: a reference and an unrolled run of frames from one shot, cut, flipped and scaled alike."""

from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from tinct.training.colour import srgb_to_lab
from tinct.training.data.clip_store import ClipStore, StoredClip
from tinct.training.data.motion import moved_from

Image = NDArray[np.float32]
Window = tuple[int, int, int, int]
"""Top, left, height and width in pixels."""


@dataclass(frozen=True)
class SampleConfig:
    """How samples are drawn.

    ``size``: height and width in pixels, multiples of 32. ``unroll``: frames coloured one after another for the loss,
    after up to ``largest_lead`` frames that only carry the state there. ``strides``: distances between the frames.
    ``largest_gap``: frames between the reference and the first coloured frame. ``photo_share``: samples made from a
    photo in artificial motion. The chances of where the first "previous frame" comes from: ``from_reference`` the
    reference itself, ``from_nothing`` none (the state was reset), else the true previous frame, whose colours the
    loop disturbs. ``pan``: chance that the window moves over the frames, so that new things come into view; ``apart``:
    chance that a reference which is not the previous frame has a window of its own, so that it lacks some of them.
    """

    size: tuple[int, int] = (160, 256)
    unroll: int = 3
    largest_lead: int = 0
    strides: tuple[int, ...] = (1, 1, 1, 2, 3)
    largest_gap: int = 60
    photo_share: float = 0.08
    from_reference: float = 0.6
    from_nothing: float = 0.2
    smallest_window: float = 0.62
    pan: float = 0.3
    apart: float = 0.3


class Sample(NamedTuple):
    """``reference`` (H, W, 3), ``previous`` (H, W, 3) and ``frames`` (T, H, W, 3) in Lab; ``positions`` (T, H, W,
    2) where each frame's pixels lay in the one before (see `moved_from`) and ``trust`` (T, H, W); ``disturb``: 1
    where the previous colours are the true ones and want disturbing."""

    reference: Image
    previous: Image
    frames: Image
    positions: Image
    trust: Image
    disturb: np.float32


def draw_sample(store: ClipStore, config: SampleConfig, random: Generator, *, lead: int = 0) -> Sample:
    """Draw one sample of ``lead`` + ``config.unroll`` frames; the same state of ``random`` gives the same sample."""
    count = lead + config.unroll
    if store.photos and random.random() < config.photo_share:
        pictures = _photo_run(store.photos[random.integers(len(store.photos))], count, config, random)
        origin = "reference" if random.random() < 0.5 else "nothing"
    else:
        pictures, origin = _clip_run(store.clips[random.integers(len(store.clips))], count, config, random)
    reference, previous, frames = pictures[0], pictures[1], pictures[2:]
    if origin == "reference":
        previous = reference
    chain = [previous, *frames]
    motion = [moved_from(a[..., 0], b[..., 0]) for a, b in zip(chain, frames, strict=False)]
    trust = np.stack([m[1] for m in motion])
    if origin == "nothing":
        trust[0] = 0
    return Sample(
        reference, previous, np.stack(frames), np.stack([m[0] for m in motion]), trust, np.float32(origin == "shot")
    )


def _clip_run(clip: StoredClip, wanted: int, config: SampleConfig, random: Generator) -> tuple[list[Image], str]:
    """Lab pictures: reference, previous, ``wanted`` frames; and where the previous colours come from."""
    count = len(clip)
    chance = random.random()
    origin = "reference" if chance < config.from_reference else "shot"
    if config.from_reference <= chance < config.from_reference + config.from_nothing:
        origin = "nothing"
    stride = int(random.choice(config.strides))
    stride = max(1, min(stride, (count - 1) // (wanted + 1)))
    span = stride * (wanted + 1)
    start = int(random.integers(0, max(1, count - span)))
    run = [min(count - 1, start + stride * i) for i in range(wanted + 1)]
    if origin == "reference":
        reference = run[0]
    else:
        gap = int(random.integers(1, config.largest_gap + 1)) * int(random.choice([-1, 1]))
        reference = int(np.clip(run[1] + gap, 0, count - 1))
    if random.random() < 0.5 and origin != "reference":
        run = run[::-1]
    windows = _windows(len(run), clip.size, config, random)
    still = windows[0]
    if origin != "reference" and random.random() < config.apart:
        still = _window(clip.size, config, random)
    flip = random.random() < 0.5
    views = zip((reference, *run), (still, *windows), strict=True)
    return [_cut(clip.rgb(i), window, config.size, flip) for i, window in views], origin


def _windows(count: int, size: tuple[int, int], config: SampleConfig, random: Generator) -> list[Window]:
    """A window for each frame of a run: one that rests, or one that moves to another."""
    first = last = np.array(_window(size, config, random))
    if random.random() < config.pan:
        last = np.array(_window(size, config, random))
    top, left, height, width = np.linspace(first, last, count).astype(int).T.tolist()
    return list(zip(top, left, height, width, strict=True))


def _window(size: tuple[int, int], config: SampleConfig, random: Generator) -> Window:
    """Top, left, height and width of a window with the sample's aspect."""
    height, width = size
    aspect = config.size[1] / config.size[0]
    largest = min(height, width / aspect)
    tall = largest * random.uniform(config.smallest_window, 1.0)
    wide = tall * aspect
    top, left = random.uniform(0, height - tall), random.uniform(0, width - wide)
    return int(top), int(left), max(2, int(tall)), max(2, int(wide))


def _cut(rgb: NDArray[np.uint8], window: Window, size: tuple[int, int], flip: bool) -> Image:
    top, left, height, width = window
    piece = rgb[top : top + height, left : left + width]
    method = cv2.INTER_AREA if height > size[0] else cv2.INTER_LINEAR
    piece = cv2.resize(piece, (size[1], size[0]), interpolation=method)
    if flip:
        piece = piece[:, ::-1]
    return srgb_to_lab(np.ascontiguousarray(piece, np.float32) / np.float32(255.0))


def _photo_run(photo: StoredClip, wanted: int, config: SampleConfig, random: Generator) -> list[Image]:
    """A photo under a smoothly moving camera: affine ranges of ColorMotion (seed 002, Table 2), spread over the run."""
    rgb = photo.rgb(0)
    start, velocity = _affine_parameters(random), _affine_parameters(random)
    steps = [0.0, *(1.0 + 0.35 * i for i in range(wanted + 1))]
    return [_view(rgb, start + velocity * step, config.size) for step in steps]


def _affine_parameters(random: Generator) -> NDArray[np.float64]:
    """Angle (rad), shear (rad), shift x and y (share of the size), logarithm of zoom."""
    return random.uniform(-1, 1, 5) * np.array([0.087, 0.087, 0.03, 0.03, 0.08])


def _view(rgb: NDArray[np.uint8], parameters: NDArray[np.float64], size: tuple[int, int]) -> Image:
    """The photo seen through an affine camera, (H, W, 3) Lab."""
    height, width = rgb.shape[:2]
    angle, shear, x, y, zoom = parameters
    scale = min(height / size[0], width / size[1]) * 0.8 * np.exp(zoom)
    turn = np.array([[np.cos(angle), -np.sin(angle + shear)], [np.sin(angle), np.cos(angle + shear)]]) * scale
    centre = np.array([width * (0.5 + x), height * (0.5 + y)])
    matrix = np.column_stack([turn, centre - turn @ np.array([size[1] / 2, size[0] / 2])])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    piece = cv2.warpAffine(rgb, matrix, (size[1], size[0]), flags=flags, borderMode=cv2.BORDER_REFLECT_101)
    return srgb_to_lab(piece.astype(np.float32) / np.float32(255.0))
