"""The plan of a sample: which pictures it shows and through which windows, before any picture is cut.

Samples cut on the CPU and samples cut on a device follow the same plans.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, NamedTuple, Protocol

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

Window = tuple[int, int, int, int]
"""Top, left, height and width in pixels."""

LATER_STEPS = 0.35
"""Motion of a photo between two pictures of a run, as a share of that between the reference and the first."""

DISTORTION_SPACING = 8
"""Pixels between the nodes of a distortion; between them it is linear."""


@dataclass(frozen=True)
class MotionRanges:
    """How far the artificial camera of a photo turns (radians), shears (radians), shifts (share of the size) and zooms
    (logarithm) at most, either way, between the reference and the picture before the first coloured one; 35 % of that
    between the others. ``stretch``: it zooms in x and in y for itself."""

    angle: float = 0.087
    shear: float = 0.087
    shift: float = 0.03
    zoom: float = 0.08
    stretch: bool = False


COLOR_MOTION = MotionRanges(math.radians(5), math.radians(10), 4 / 256, -math.log(0.9) / 2, stretch=True)
"""Seed 002, Table 3: rotation 5 degrees, shear 10 degrees, shift 4 of 256 pixels either way, zoom in x and y .9 to 1
(here as wide, but centred on 1: a camera goes both ways). The default ranges shear half and shift twice as far."""


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
    ``retrieved``: chance that the reference of a clip's run is one of the stills of other clips and photos that are
    most like it (SwinTExCo, 4.2.2.4.1), instead of a frame of its own.

    Photos: ``motion`` of the camera; ``distortion``: largest RMS displacement in pixels by which pictures are smoothly
    distorted beside (0: not at all), of noise under a Gaussian filter of ``distortion_sigma`` pixels; ``grain`` and
    ``flicker``: standard deviations in L* of the noise of each pixel and of the offset of a whole picture, on the
    pictures to be coloured. Seed 000, section 4.2.4; its published code distorts by up to 10 pixels RMS at 216x384
    under a filter of 50.
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
    motion: MotionRanges = field(default_factory=MotionRanges)
    distortion: float = 0.0
    distortion_sigma: float = 50.0
    grain: float = 0.0
    flicker: float = 0.0
    retrieved: float = 0.0


class Extent(Protocol):
    """A clip's number of frames and their (height, width) in pixels."""

    def __len__(self) -> int: ...

    @property
    def size(self) -> tuple[int, int]: ...


class Catalogue(Protocol):
    """What plans are drawn from: a data set's clips and photos, wherever their pixels are."""

    @property
    def clips(self) -> Sequence[Extent]: ...

    @property
    def photos(self) -> Sequence[Extent]: ...


class StillAt(NamedTuple):
    """A still of a data set: a frame of the clip, or the photo, of that ``number``."""

    kind: Literal["clips", "photos"]
    number: int
    frame: int


class References(Protocol):
    """Finds references elsewhere in a data set."""

    def references(self, clip: int, frame: int) -> Sequence[StillAt]:
        """Stills like ``frame`` of ``clip``, best first; none where there are no others."""
        ...


@dataclass(frozen=True)
class ClipPlan:
    """A run of a clip. ``frames`` and ``windows``: reference, previous frame, then those to be coloured; ``flip``: seen
    mirrored; ``origin`` of the previous colours: "reference", "nothing" or "shot". ``still``: the reference if it lies
    elsewhere; it takes the place of ``frames[0]``, and ``windows[0]`` is on it."""

    clip: int
    frames: tuple[int, ...]
    windows: tuple[Window, ...]
    flip: bool
    origin: str
    still: StillAt | None = None


@dataclass(frozen=True)
class Noise:
    """Luminance noise: standard deviations in L* of each pixel's and of each picture's own, and the seed of both."""

    grain: float
    flicker: float
    seed: int


@dataclass(frozen=True, eq=False)
class PhotoPlan:
    """A photo in artificial motion. ``views``: for reference, previous picture and those to be coloured the (2, 3)
    matrix from their pixels (x, y, 1) to the photo's; ``origin`` as in `ClipPlan`. ``distortions``: see
    `distortion.trace`, one for each view after the first, or none at all; ``noise``: see `distortion.luminance_noise`.
    """

    photo: int
    views: tuple[NDArray[np.float64], ...]
    origin: str
    distortions: tuple[NDArray[np.float32], ...] = ()
    noise: Noise | None = None


@dataclass(frozen=True)
class Share:
    """The samples of each step that fall to one process: ``parts`` batches, as worker ``rank`` of ``count``."""

    parts: int = 1
    rank: int = 0
    count: int = 1

    def firsts(self, batch: int) -> list[int]:
        """Number within the step of the first sample of each part."""
        return [(part * self.count + self.rank) * batch for part in range(self.parts)]


WHOLE = Share()
"""Every sample of a step of one batch."""


def draw_plans(
    catalogue: Catalogue,
    config: SampleConfig,
    *,
    batch: int,
    seed: int,
    step: int,
    first: int = 0,
    references: References | None = None,
) -> list[ClipPlan | PhotoPlan]:
    """Plans of samples ``first`` and on of one training step, all of one length; they depend on the seed and the step
    alone."""
    lead = int(np.random.default_rng((seed, step)).integers(0, config.largest_lead + 1))
    randoms = [np.random.default_rng((seed, step, first + i)) for i in range(batch)]
    return [draw_plan(catalogue, config, random, lead=lead, references=references) for random in randoms]


def draw_plan(
    catalogue: Catalogue,
    config: SampleConfig,
    random: Generator,
    *,
    lead: int = 0,
    references: References | None = None,
) -> ClipPlan | PhotoPlan:
    """Plan a sample of ``lead`` + ``config.unroll`` frames; the same state of ``random`` gives the same plan.

    Raises:
        ValueError: ``config`` wants retrieved references, and there are no ``references`` to find them.
    """
    count = lead + config.unroll
    if catalogue.photos and random.random() < config.photo_share:
        photo = int(random.integers(len(catalogue.photos)))
        views = _views(catalogue.photos[photo].size, count, config, random)
        origin = "reference" if random.random() < 0.5 else "nothing"
        if origin == "reference":
            views[1] = views[0]
        return PhotoPlan(
            photo, tuple(views), origin, _distortions(len(views), origin, config, random), _noise(config, random)
        )
    clip = int(random.integers(len(catalogue.clips)))
    plan = _clip_plan(clip, catalogue.clips[clip], count, config, random)
    # last and only where it is wanted, so that plans without it stay as they were
    if config.retrieved > 0 and random.random() < config.retrieved:
        if references is None:
            raise ValueError(f"retrieved is {config.retrieved}: samples need references to be found in the data set")
        return _from_elsewhere(plan, catalogue, references.references(clip, plan.frames[2]), config, random)
    return plan


def _from_elsewhere(
    plan: ClipPlan, catalogue: Catalogue, found: Sequence[StillAt], config: SampleConfig, random: Generator
) -> ClipPlan:
    """The plan with one of the stills ``found`` as its reference; as it is where there are none."""
    if not found:
        return plan
    still = found[int(random.integers(len(found)))]
    pictures = catalogue.clips if still.kind == "clips" else catalogue.photos
    window = _window(pictures[still.number].size, config, random)
    origin = "nothing" if plan.origin == "reference" else plan.origin  # a still of another shot is no previous frame
    return replace(plan, windows=(window, *plan.windows[1:]), origin=origin, still=still)


def _clip_plan(number: int, clip: Extent, wanted: int, config: SampleConfig, random: Generator) -> ClipPlan:
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
    flip = bool(random.random() < 0.5)
    return ClipPlan(number, (reference, *run), (still, *windows), flip, origin)


def _windows(count: int, size: tuple[int, int], config: SampleConfig, random: Generator) -> list[Window]:
    """A window for each frame of a run: one that rests, or one that moves to another."""
    first = last = np.array(_window(size, config, random))
    if random.random() < config.pan:
        last = np.array(_window(size, config, random))
    top, left, height, width = np.linspace(first, last, count).astype(int).T.tolist()
    return list(zip(top, left, height, width, strict=True))


def _window(size: tuple[int, int], config: SampleConfig, random: Generator) -> Window:
    """A window with the sample's aspect."""
    height, width = size
    aspect = config.size[1] / config.size[0]
    largest = min(height, width / aspect)
    tall = largest * random.uniform(config.smallest_window, 1.0)
    wide = tall * aspect
    top, left = random.uniform(0, height - tall), random.uniform(0, width - wide)
    return int(top), int(left), max(2, int(tall)), max(2, int(wide))


def _views(size: tuple[int, int], wanted: int, config: SampleConfig, random: Generator) -> list[NDArray[np.float64]]:
    """A smoothly moving camera: affine motion as in ColorMotion (seed 002, section 3.4.2), spread over the run."""
    start, velocity = _affine_parameters(config.motion, random), _affine_parameters(config.motion, random)
    steps = [0.0, *(1.0 + LATER_STEPS * i for i in range(wanted + 1))]
    return [_view(size, start + velocity * step, config.size) for step in steps]


def _affine_parameters(ranges: MotionRanges, random: Generator) -> NDArray[np.float64]:
    """Angle (rad), shear (rad), shift x and y (share of the size), logarithm of zoom in x and y."""
    drawn = random.uniform(-1, 1, 6 if ranges.stretch else 5)
    zooms = drawn[4:] if ranges.stretch else drawn[[4, 4]]
    return np.append(drawn[:4], zooms) * np.array(
        [ranges.angle, ranges.shear, ranges.shift, ranges.shift, ranges.zoom, ranges.zoom]
    )


def _distortions(views: int, origin: str, config: SampleConfig, random: Generator) -> tuple[NDArray[np.float32], ...]:
    """A field for each view after the first; drawn only if it is wanted, so that other samples stay as they are."""
    if not config.distortion:
        return ()
    fields = []
    for step in range(1, views):
        largest = config.distortion if step == 1 else config.distortion * LATER_STEPS
        rms = 0.0 if step == 1 and origin == "reference" else random.uniform(0, largest)
        fields.append(draw_distortion(config.size, random, sigma=config.distortion_sigma, rms=rms))
    return tuple(fields)


def draw_distortion(size: tuple[int, int], random: Generator, *, sigma: float, rms: float) -> NDArray[np.float32]:
    """Displacements (h, w, 2) in pixels, x then y, at every 8th pixel of a picture of ``size`` from its first on: noise
    under a Gaussian filter of ``sigma`` pixels, scaled to ``rms``."""
    nodes = [-(-(extent - 1) // DISTORTION_SPACING) + 1 for extent in size]
    noise = random.uniform(-1, 1, (*nodes, 2)).astype(np.float32)
    smooth = cv2.GaussianBlur(noise, (0, 0), sigma / DISTORTION_SPACING, borderType=cv2.BORDER_REFLECT)
    return smooth * np.float32(rms / np.sqrt(np.square(smooth).sum(-1).mean()))


def _noise(config: SampleConfig, random: Generator) -> Noise | None:
    if not config.grain and not config.flicker:
        return None
    return Noise(config.grain, config.flicker, int(random.integers(2**32)))


def _view(photo: tuple[int, int], parameters: NDArray[np.float64], size: tuple[int, int]) -> NDArray[np.float64]:
    """The matrix of an affine camera with pictures of ``size``."""
    height, width = photo
    angle, shear, x, y, zoom_x, zoom_y = parameters
    scale = min(height / size[0], width / size[1]) * 0.8 * np.exp([zoom_x, zoom_y])
    turn = np.array([[np.cos(angle), -np.sin(angle + shear)], [np.sin(angle), np.cos(angle + shear)]]) * scale
    centre = np.array([width * (0.5 + x), height * (0.5 + y)])
    return np.column_stack([turn, centre - turn @ np.array([size[1] / 2, size[0] / 2])])
