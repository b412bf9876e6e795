"""A data set resident on a torch device, and training samples cut and moved there."""

import math
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from itertools import count, groupby, pairwise
from typing import Any

import numpy as np
import torch
from torch import Tensor

from tinct.training.data import device_pictures
from tinct.training.data.clip_store import ClipStore, StoredClip
from tinct.training.data.distortion import luminance_noise, trace
from tinct.training.data.plan import (
    WHOLE,
    ClipPlan,
    PhotoPlan,
    References,
    SampleConfig,
    Share,
    StillAt,
    Window,
    draw_plans,
)
from tinct.training.flow.anchor import compose_anchors
from tinct.training.flow.clip_flow import SPACING
from tinct.training.flow.device_warp import pixel_grid, sample_at, within
from tinct.training.flow.flow_file import BACKWARD, FORWARD
from tinct.training.flow.occlusion import ROUND_TRIP_PIXELS
from tinct.training.flow.trust import LIGHTNESS_TOLERANCE


@dataclass(frozen=True, eq=False)
class ResidentClip:
    """A clip or photo on a device: ``planes`` (T, 3 H W / 2) uint8 I420, ``size`` (H, W), ``flow`` if it is a clip (see
    `flow_file.StoredFlow`)."""

    planes: Tensor
    size: tuple[int, int]
    flow: Tensor | None = None

    def __len__(self) -> int:
        return len(self.planes)

    def rgb(self, frames: Sequence[int]) -> Tensor:
        """Frames as (N, 3, H, W) float32 sRGB 0..1."""
        return device_pictures.i420_to_rgb(torch.stack([self.planes[i] for i in frames]), self.size)


@dataclass(frozen=True, eq=False)
class ResidentStore:
    """All clips and photos of a data set on one device."""

    clips: tuple[ResidentClip, ...]
    photos: tuple[ResidentClip, ...]
    device: torch.device

    @property
    def nbytes(self) -> int:
        """Bytes of device memory that the data set takes."""
        clips = (*self.clips, *self.photos)
        return sum(clip.planes.nbytes + (0 if clip.flow is None else clip.flow.nbytes) for clip in clips)


def make_resident(store: ClipStore, flows: Sequence[Tensor], device: torch.device) -> ResidentStore:
    """Bring a data set and the ``flows`` of its clips (see `clip_flow.load_flows`) to ``device``."""

    def bring(clip: StoredClip, flow: Tensor | None) -> ResidentClip:
        planes = torch.from_numpy(clip.planes.reshape(len(clip), -1)).to(device)
        return ResidentClip(planes, clip.size, None if flow is None else flow.to(device))

    clips = tuple(bring(clip, flow) for clip, flow in zip(store.clips, flows, strict=True))
    return ResidentStore(clips, tuple(bring(photo, None) for photo in store.photos), device)


def resident_batches(
    store: ResidentStore,
    config: SampleConfig,
    *,
    batch: int,
    seed: int,
    first_step: int,
    share: Share = WHOLE,
    references: References | None = None,
) -> Generator[dict[str, Tensor], None, None]:
    """Yield the batches of each step from ``first_step`` on, on the store's device: the plans and the fields are those
    of `loader.batches`. Nothing in it waits for the device."""
    for step in count(first_step):
        for first in share.firsts(batch):
            plans = draw_plans(store, config, batch=batch, seed=seed, step=step, first=first, references=references)
            yield cut_batch(store, config, plans)


@torch.no_grad()
def cut_batch(store: ResidentStore, config: SampleConfig, plans: Sequence[ClipPlan | PhotoPlan]) -> dict[str, Tensor]:
    """The fields of `Sample`, stacked over the ``plans``, which are of one length.

    Motion of clips is chained from frame to frame, that of photos is exact. Where the frames lie in the reference is
    composed of it alone: nothing is searched again.
    """
    cuts = [
        _photo(store.photos[plan.photo], plan, config.size)
        if isinstance(plan, PhotoPlan)
        else _clip(store, plan, config.size)
        for plan in plans
    ]
    lab = device_pictures.srgb_to_lab(torch.stack([one[0] for one in cuts]))
    for pictures, plan in zip(lab, plans, strict=True):
        if isinstance(plan, PhotoPlan) and plan.noise is not None:
            noise = _upload(luminance_noise(plan, config.size), store.device)
            pictures[..., 0] = (pictures[..., 0] + noise).clamp(0, 100)
    positions = torch.stack([one[1] for one in cuts])
    missed = torch.stack([one[2] for one in cuts])
    kept = [[float(i > 0 or plan.origin != "nothing") for i in range(missed.shape[1])] for plan in plans]
    trust = _trust(lab[:, 1:, ..., 0], positions, missed)
    begun = _upload([float(plan.origin == "reference") for plan in plans], store.device)
    shown = _upload([float(_still(plan) is None) for plan in plans], store.device)
    first = torch.stack([one[3] for one in cuts])[:, None]
    ends = torch.stack([lab[:, 0, ..., 0], lab[:, 2, ..., 0]], 1)
    first_trust = _trust(ends, first, torch.stack([one[4] for one in cuts])[:, None])
    anchored, anchored_trust = compose_anchors(positions, trust, first[:, 0], first_trust[:, 0], begun)
    trust = trust * _upload(kept, store.device)[:, :, None, None]
    return {
        "reference": lab[:, 0],
        "previous": lab[:, 1],
        "frames": lab[:, 2:],
        "positions": positions,
        "trust": trust,
        "disturb": _upload([float(plan.origin == "shot") for plan in plans], store.device),
        "elsewhere": 1 - shown,
        "anchored": anchored,
        "anchored_trust": anchored_trust * shown[:, None, None, None],
    }


def _still(plan: ClipPlan | PhotoPlan) -> StillAt | None:
    return None if isinstance(plan, PhotoPlan) else plan.still


def _trust(lightness: Tensor, positions: Tensor, missed: Tensor) -> Tensor:
    """Trust (B, T, H, W) 0..1 as of `trust.trust`, from L* (B, T+1, H, W) of each picture and the one before."""
    size = lightness.shape[-2:]
    before, at = lightness[:, :-1].flatten(0, 1)[:, None], positions.flatten(0, 1)
    moved = sample_at(before, at).reshape(missed.shape)
    likeness = torch.exp(-torch.square((lightness[:, 1:] - moved) / LIGHTNESS_TOLERANCE))
    inside = within(at, (size[0], size[1])).reshape(missed.shape)
    return torch.exp(-missed / ROUND_TRIP_PIXELS**2) * likeness * inside


_Cut = tuple[Tensor, Tensor, Tensor, Tensor, Tensor]
"""Pictures (N, 3, H, W) sRGB 0..1; positions (N-2, H, W, 2) and the square of the distance in pixels by which the way
there and back misses (N-2, H, W); places (H, W, 2) of the first frame's pixels in the reference, with that (H, W)."""


def _photo(photo: ResidentClip, plan: PhotoPlan, size: tuple[int, int]) -> _Cut:
    if plan.distortions:
        views, positions = trace(plan, size, photo.planes.device)
        exact = torch.zeros_like(positions[..., 0])
        # what is distorted is followed from the reference only where that is the picture before the first frame
        lost = torch.full_like(exact[0], math.inf)
        return _mirrored(photo, views), positions, exact, positions[0], lost
    square = np.stack([np.vstack([matrix, [0, 0, 1]]) for matrix in plan.views])
    between = np.linalg.inv(square[[*range(1, len(square) - 1), 0]]) @ square[[*range(2, len(square)), 2]]
    matrices = _upload(np.concatenate([square, between])[:, :2], photo.planes.device)[..., None, None]
    x, y = pixel_grid(size, photo.planes.device).unbind(-1)
    places = torch.stack([m[:, 0] * x + m[:, 1] * y + m[:, 2] for m in matrices.unbind(1)], -1)
    views, positions, first = places.split([len(square), len(between) - 1, 1])
    exact = torch.zeros_like(positions[..., 0])
    return _mirrored(photo, views), positions, exact, first[0], exact[0]


def _mirrored(photo: ResidentClip, places: Tensor) -> Tensor:
    return device_pictures.mirrored_at(photo.rgb([0]).expand(len(places), -1, -1, -1), places)


def _clip(store: ResidentStore, plan: ClipPlan, size: tuple[int, int]) -> _Cut:
    """The windows of a clip's frames and the motion between them, chained over the frames between."""
    clip = store.clips[plan.clip]
    rgb = clip.rgb(plan.frames)
    if plan.still is None:
        pictures = _windows(rgb, plan.windows, size)
    else:
        elsewhere = store.clips if plan.still.kind == "clips" else store.photos
        still = elsewhere[plan.still.number].rgb([plan.still.frame])
        run = _windows(rgb[1:], plan.windows[1:], size)
        pictures = torch.cat([device_pictures.cut(still, plan.windows[0], size), run])
    scale, offset = _upload(_scalings(plan.windows, size, plan.flip), rgb.device)[:, :, None, None].unbind(1)
    steps = list(pairwise(plan.frames[1:]))
    last = len(plan.frames) - 1
    positions, missed = _lead_back(clip, steps, scale, offset, slice(2, None), slice(1, last), size)
    journey = [(plan.frames[0] if plan.still is None else plan.frames[2], plan.frames[2])]
    first, strayed = _lead_back(clip, journey, scale, offset, slice(2, 3), slice(0, 1), size)
    return (pictures.flip(-1) if plan.flip else pictures), positions, missed, first[0], strayed[0]


def _lead_back(
    clip: ResidentClip,
    journeys: Sequence[tuple[int, int]],
    scale: Tensor,
    offset: Tensor,
    now: slice,
    before: slice,
    size: tuple[int, int],
) -> tuple[Tensor, Tensor]:
    """Where the pixels of each journey's last frame lay in its first, and by how much the way there and back misses,
    squared; ``now`` and ``before`` are the two's windows in ``scale`` and ``offset``."""
    starts = pixel_grid(size, scale.device) * scale[now] + offset[now]
    ends = _follow(clip, [(last, first) for first, last in journeys], starts)
    missed = (_follow(clip, journeys, ends) - starts) / scale[now]
    return (ends - offset[before]) / scale[before], torch.square(missed).sum(-1)


def _windows(rgb: Tensor, windows: Sequence[Window], size: tuple[int, int]) -> Tensor:
    """The window of each picture of ``rgb`` (N, 3, H, W), neighbours with one window cut together."""
    pieces, first = [], 0
    for window, same in groupby(windows):
        count = len(list(same))
        pieces.append(device_pictures.cut(rgb[first : first + count], window, size))
        first += count
    return torch.cat(pieces)


def _scalings(windows: Sequence[Window], size: tuple[int, int], flip: bool) -> list[list[list[float]]]:
    """For each window the scale (x, y) and the offset (x, y) from its picture's pixels to the clip's."""
    scalings = []
    for top, left, height, width in windows:
        x, y = width / size[1], height / size[0]
        first = [left + (x - 1) / 2, top + (y - 1) / 2]  # the middle of the picture's first pixel
        if flip:
            first[0] += (size[1] - 1) * x
        scalings.append([[-x if flip else x, y], first])
    return scalings


def _follow(clip: ResidentClip, journeys: Sequence[tuple[int, int]], places: Tensor) -> Tensor:
    """Where ``places`` (T, H, W, 2), pixels of the first frame of each of T journeys, lie in its second frame."""
    assert clip.flow is not None
    rest = torch.zeros_like(clip.flow[0, 0])
    for link in range(max(abs(last - first) for first, last in journeys)):
        fields = []
        for first, last in journeys:
            if abs(last - first) <= link:  # a run rests where its clip is too short
                fields.append(rest)
            elif last > first:
                fields.append(clip.flow[FORWARD, first + link])
            else:
                fields.append(clip.flow[BACKWARD, first - link - 1])
        found = sample_at(torch.stack(fields).float(), places / SPACING)
        places = places + found.movedim(1, -1)
    return places


def _upload(values: Any, device: torch.device) -> Tensor:
    """Numbers as a float32 tensor on ``device``, without waiting for the copy."""
    tensor = torch.tensor(np.asarray(values, np.float32))
    return tensor.pin_memory().to(device, non_blocking=True) if device.type == "cuda" else tensor
