"""Training samples: a reference and an unrolled run of frames from one shot, cut, flipped and scaled alike."""

from typing import NamedTuple

import cv2
import numpy as np
import torch
from numpy.random import Generator
from numpy.typing import NDArray

from tinct.training.colour import srgb_to_lab
from tinct.training.data.clip_store import ClipStore
from tinct.training.data.distortion import luminance_noise, trace
from tinct.training.data.plan import ClipPlan, PhotoPlan, SampleConfig, Window, draw_plan
from tinct.training.flow.anchor import anchor_run, nowhere
from tinct.training.flow.trust import LIGHTNESS_TOLERANCE, moved_from
from tinct.training.flow.warp import sample

Image = NDArray[np.float32]


class Sample(NamedTuple):
    """``reference`` (H, W, 3), ``previous`` (H, W, 3) and ``frames`` (T, H, W, 3) in Lab; ``positions`` (T, H, W,
    2) where each frame's pixels lay in the one before (see `moved_from`) and ``trust`` (T, H, W); ``disturb``: 1
    where the previous colours are the true ones and want disturbing; ``elsewhere``: 1 where the reference is of another
    shot or photo; ``anchored`` (T, H, W, 2) where each frame's pixels lie in the reference and ``anchored_trust``
    (T, H, W), see `anchor_run`."""

    reference: Image
    previous: Image
    frames: Image
    positions: Image
    trust: Image
    disturb: np.float32
    elsewhere: np.float32
    anchored: Image
    anchored_trust: Image


def draw_sample(store: ClipStore, config: SampleConfig, random: Generator, *, lead: int = 0) -> Sample:
    """Draw one sample of ``lead`` + ``config.unroll`` frames; the same state of ``random`` gives the same sample."""
    return cut_sample(store, config, draw_plan(store, config, random, lead=lead))


def cut_sample(store: ClipStore, config: SampleConfig, plan: ClipPlan | PhotoPlan) -> Sample:
    """Cut the pictures of a plan and estimate the motion between them."""
    exact, still = None, None
    if isinstance(plan, PhotoPlan):
        pictures, exact = _photo(store.photos[plan.photo].rgb(0), plan, config.size)
    else:
        clip = store.clips[plan.clip]
        seen = [clip.rgb(i) for i in plan.frames]
        still = plan.still
        if still is not None:
            pictured = store.clips if still.kind == "clips" else store.photos
            seen[0] = pictured[still.number].rgb(still.frame)
        views = zip(seen, plan.windows, strict=True)
        pictures = [_cut(rgb, window, config.size, plan.flip) for rgb, window in views]
    reference, previous, frames = pictures[0], pictures[1], pictures[2:]
    chain = [previous, *frames]
    if exact is None:
        motion = [moved_from(a[..., 0], b[..., 0]) for a, b in zip(chain, frames, strict=False)]
    else:
        motion = [(at, _trust(a, b, at)) for a, b, at in zip(chain, frames, exact, strict=False)]
    light = [frame[..., 0] for frame in frames]
    if still is None:
        anchored = anchor_run(reference[..., 0], light, motion, begun=plan.origin == "reference")
    else:
        anchored = nowhere(len(frames), config.size)
    trust = np.stack([m[1] for m in motion])
    if plan.origin == "nothing":
        trust[0] = 0
    disturb = np.float32(plan.origin == "shot")
    elsewhere = np.float32(still is not None)
    positions = np.stack([m[0] for m in motion])
    return Sample(reference, previous, np.stack(frames), positions, trust, disturb, elsewhere, *anchored)


def _cut(rgb: NDArray[np.uint8], window: Window, size: tuple[int, int], flip: bool) -> Image:
    top, left, height, width = window
    piece = rgb[top : top + height, left : left + width]
    method = cv2.INTER_AREA if height > size[0] else cv2.INTER_LINEAR
    piece = cv2.resize(piece, (size[1], size[0]), interpolation=method)
    if flip:
        piece = piece[:, ::-1]
    return srgb_to_lab(np.ascontiguousarray(piece, np.float32) / np.float32(255.0))


def _photo(
    rgb: NDArray[np.uint8], plan: PhotoPlan, size: tuple[int, int]
) -> tuple[list[Image], NDArray[np.float32] | None]:
    """The pictures of a photo in Lab; where it is distorted also their exact positions (see `distortion.trace`)."""
    if plan.distortions:
        places, positions = (where.numpy() for where in trace(plan, size, torch.device("cpu")))
        pictures, exact = [_seen_at(rgb, place) for place in places], positions
    else:
        pictures, exact = [_view(rgb, matrix, size) for matrix in plan.views], None
    if plan.noise is not None:
        for picture, noise in zip(pictures, luminance_noise(plan, size), strict=True):
            picture[..., 0] = np.clip(picture[..., 0] + noise, 0, 100)
    return pictures, exact


def _trust(previous: Image, current: Image, positions: Image) -> Image:
    """Trust (H, W) in positions that are known: that of `moved_from` without its way there and back."""
    height, width = current.shape[:2]
    inside = (positions >= 0).all(-1) & (positions[..., 0] <= width - 1) & (positions[..., 1] <= height - 1)
    difference = current[..., 0] - sample(np.ascontiguousarray(previous[..., 0]), positions)
    return (inside * np.exp(-np.square(difference / LIGHTNESS_TOLERANCE))).astype(np.float32)


def _seen_at(rgb: NDArray[np.uint8], places: Image) -> Image:
    """The photo at pixel ``places`` (H, W, 2), (H, W, 3) Lab."""
    piece = cv2.remap(rgb, places, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
    return srgb_to_lab(piece.astype(np.float32) / np.float32(255.0))


def _view(rgb: NDArray[np.uint8], matrix: NDArray[np.float64], size: tuple[int, int]) -> Image:
    """The photo seen through an affine camera, (H, W, 3) Lab."""
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    piece = cv2.warpAffine(rgb, matrix, (size[1], size[0]), flags=flags, borderMode=cv2.BORDER_REFLECT_101)
    return srgb_to_lab(piece.astype(np.float32) / np.float32(255.0))
