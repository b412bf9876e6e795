"""References from elsewhere in the data set: for a frame the stills of other shots that show the most similar thing.

Source: SwinTExCo, 4.2.2.4.1: the five stills of highest cosine similarity, one of them drawn at random.
"""

import hashlib
import inspect
import logging
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tinct.training.colour import srgb_to_lab
from tinct.training.data.clip_store import ClipStore, StoredClip
from tinct.training.data.plan import StillAt
from tinct.training.model import descriptor, trunk
from tinct.training.model.descriptor import DescriptorConfig, GlobalDescriptor

LOG = logging.getLogger(__name__)
SPACING = 16
"""Every so many frames of a clip one is described: frames between differ little."""
COUNT = 5
MULTIPLE = 32
QUERIES_AT_ONCE = 1024


@dataclass(frozen=True, eq=False)
class DescribedStills:
    """Stills of a data set: ``places``, and their ``descriptors`` (N, D) of unit length on the CPU, row by row."""

    places: tuple[StillAt, ...]
    descriptors: Tensor


class Retrieval:
    """The stills most like each frame of a data set; looked up once for all of them."""

    def __init__(self, stills: DescribedStills, *, count: int = COUNT, own: bool = False) -> None:
        """``count`` stills for each; ``own``: other stills of the frame's own clip may be among them."""
        self._stills = stills
        places = stills.places
        self._rows: dict[int, list[int]] = {}
        for row, place in enumerate(places):
            if place.kind == "clips":
                self._rows.setdefault(place.number, []).append(row)
        asked = [row for rows in self._rows.values() for row in rows]
        clips = torch.tensor([place.number if place.kind == "clips" else -1 for place in places])
        numbers = torch.arange(len(places))
        self._found: dict[int, list[int]] = {}
        for some in torch.tensor(asked, dtype=torch.long).split(QUERIES_AT_ONCE):
            left_out = numbers[None] == some[:, None] if own else clips[None] == clips[some, None]
            best = retrieve(stills.descriptors, stills.descriptors[some], count, exclude=left_out)
            self._found.update(zip(some.tolist(), best.tolist(), strict=True))

    def references(self, clip: int, frame: int) -> list[StillAt]:
        """Stills like ``frame`` of ``clip``, judged by the described frame next to it, best first; few or none in a
        data set of few clips."""
        row = min(self._rows[clip], key=lambda one: abs(self._stills.places[one].frame - frame))
        return [self._stills.places[found] for found in self._found[row] if found >= 0]


def retrieve(descriptors: Tensor, query: Tensor, count: int = COUNT, *, exclude: Tensor | None = None) -> Tensor:
    """Rows (Q, count) of ``descriptors`` (N, D) of highest cosine with ``query`` (Q, D), both of unit length, best
    first.

    ``exclude`` (N,) or (Q, N), boolean: rows that must not be found. -1 stands where there are no more.
    """
    cosines = query @ descriptors.T
    if exclude is not None:
        cosines = cosines.masked_fill(exclude, -torch.inf)
    values, rows = cosines.topk(min(count, len(descriptors)), dim=1)
    rows = rows.masked_fill(values == -torch.inf, -1)
    return torch.nn.functional.pad(rows, (0, count - rows.shape[1]), value=-1)


def load_stills(store: ClipStore, folder: Path, *, device: str = "cpu", spacing: int = SPACING) -> DescribedStills:
    """Described stills of a data set: each photo, and each ``spacing``-th frame of every clip.

    They come from the file of these pictures in ``folder`` if it is there, else are described with the pretrained trunk
    and put there. The file's name holds a digest of the pictures and of the way they are described.
    """
    places = still_places(store, spacing)
    path = folder / f"descriptors-{_key(store, places)}.pt"
    if path.exists():
        return DescribedStills(places, torch.load(path, weights_only=True))
    started = time.perf_counter()
    descriptors = describe_stills(store, places, pretrained_descriptor().to(device))
    LOG.info("%d stills described in %.0f s", len(places), time.perf_counter() - started)
    folder.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(f".{os.getpid()}.tmp")  # the workers of a run may all be here
    with temporary.open("wb") as file:
        torch.save(descriptors, file)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    return DescribedStills(places, descriptors)


def still_places(store: ClipStore, spacing: int = SPACING) -> tuple[StillAt, ...]:
    """Each ``spacing``-th frame of every clip, from the first on, and every photo."""
    clips = [StillAt("clips", i, f) for i, clip in enumerate(store.clips) for f in range(0, len(clip), spacing)]
    return (*clips, *(StillAt("photos", i, 0) for i in range(len(store.photos))))


@torch.no_grad()
def describe_stills(store: ClipStore, places: Sequence[StillAt], network: GlobalDescriptor) -> Tensor:
    """Descriptors (N, D) of the stills at ``places``, on the CPU."""
    device = next(network.parameters()).device
    config = network.config
    rows = []
    for place in places:
        lightness = still_lightness(picture(store, place).rgb(place.frame), config.short_side)
        scaled = torch.from_numpy((lightness - config.l_mean) / config.l_scale)
        rows.append(network(scaled[None, None].to(device))[0])
    return torch.stack(rows).cpu()


def still_lightness(rgb: NDArray[np.uint8], short_side: int) -> NDArray[np.float32]:
    """L* (h, w) 0..100 of a picture (H, W, 3) uint8 sRGB, scaled to that short side and to multiples of 32."""
    height, width = rgb.shape[:2]
    scale = short_side / min(height, width)
    tall, wide = (max(1, round(side * scale / MULTIPLE)) * MULTIPLE for side in (height, width))
    method = cv2.INTER_AREA if tall <= height and wide <= width else cv2.INTER_LINEAR
    small = cv2.resize(rgb, (wide, tall), interpolation=method)
    return np.ascontiguousarray(srgb_to_lab(small.astype(np.float32) / np.float32(255.0))[..., 0])


def pretrained_descriptor() -> GlobalDescriptor:
    """The descriptor on the trunk of the registry package."""
    features = trunk.EfficientNetLite0()
    trunk.load_pretrained(features)
    return GlobalDescriptor(features, DescriptorConfig()).eval()


def picture(store: ClipStore, place: StillAt) -> StoredClip:
    """The clip or photo in which the still lies."""
    return (store.clips if place.kind == "clips" else store.photos)[place.number]


def _key(store: ClipStore, places: Sequence[StillAt]) -> str:
    """What descriptors depend on: the pixels of the stills and the code that describes them."""
    digest = hashlib.sha256(repr(DescriptorConfig()).encode())
    for code in (descriptor, trunk, describe_stills, still_lightness):
        digest.update(inspect.getsource(code).encode())
    for place in places:
        planes = picture(store, place).planes[place.frame]
        digest.update(repr(planes.shape).encode() + np.ascontiguousarray(planes).tobytes())
    return digest.hexdigest()[:16]
