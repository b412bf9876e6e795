"""Flow between the consecutive frames of all clips of a data set: estimated once on all cores, kept in files."""

import hashlib
import logging
import os
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor

from tinct.training.colour import srgb_to_lab
from tinct.training.data.clip_store import StoredClip
from tinct.training.flow.base import FlowSource, Image
from tinct.training.flow.dis import DisFlow
from tinct.training.flow.flow_file import BACKWARD, FORWARD, StoredFlow, read_flow, write_flow

LOG = logging.getLogger(__name__)
SPACING = 2
"""Flow is kept for every second pixel of every second row: a quarter of the memory, and moved colours as good."""
PAIRS_AT_ONCE = 8
"""Pairs of frames given to the source in a batch."""
ESTIMATE = 1
"""Number of the way in which frames become the pictures that flow is estimated on; part of every key."""


def load_flows(
    clips: Sequence[StoredClip], folder: Path, *, source: FlowSource | None = None, threads: int | None = None
) -> tuple[Tensor, ...]:
    """Flow of all ``clips``, as `StoredFlow.values`, from the files in ``folder``; what is missing is put there.

    ``source`` is `DisFlow` unless given. ``threads``: at once, one for each core unless given. The name of a clip's
    file holds a digest of its pixels and of the source's fingerprint; it appears whole or not at all, so that an
    interrupted estimate goes on where it was.

    Raises:
        FlowFileError: a file of such a name is damaged.
    """
    source = source or DisFlow()
    workers = threads or os.cpu_count() or 1
    cv2.setNumThreads(1)  # the threads are here
    folder.mkdir(parents=True, exist_ok=True)
    started = time.perf_counter()
    with ThreadPoolExecutor(workers) as pool:
        keys = list(pool.map(lambda clip: _key(clip, source), clips))
        paths = [folder / f"flow-{key[:16]}.pt" for key in keys]
        missing = {path: (clip, key) for path, clip, key in zip(paths, clips, keys, strict=True) if not path.exists()}

        def make(path: Path) -> None:
            clip, key = missing[path]
            write_flow(path, clip_flow(clip, source, key=key))

        if source.ONE_CORE:
            list(pool.map(make, missing))
        else:
            for path in missing:
                make(path)
        if missing:
            seconds = time.perf_counter() - started
            LOG.info("motion of %d of %d clips in %.0f s by %s", len(missing), len(clips), seconds, source.NAME)
        return tuple(pool.map(lambda path, key: read_flow(path, key=key).values, paths, keys))


def clip_flow(
    clip: StoredClip, source: FlowSource | None = None, *, spacing: int = SPACING, key: str | None = None
) -> StoredFlow:
    """Estimate the flow between the consecutive frames of a clip on L*, by `DisFlow` unless ``source`` is given."""
    source = source or DisFlow()
    count, (height, width) = len(clip), clip.size
    values = np.empty((2, count - 1, 2, -(-height // spacing), -(-width // spacing)), np.float16)
    for first in range(0, count - 1, PAIRS_AT_ONCE):
        last = min(first + PAIRS_AT_ONCE, count - 1)
        lightness = np.stack([_lightness(clip, i) for i in range(first, last + 1)])
        earlier, later = lightness[:-1], lightness[1:]
        for direction, pairs in ((BACKWARD, (later, earlier)), (FORWARD, (earlier, later))):
            values[direction, first:last] = source.flow(*pairs)[:, ::spacing, ::spacing].transpose(0, 3, 1, 2)
    return StoredFlow(torch.from_numpy(values), (height, width), spacing, key or _key(clip, source))


def _lightness(clip: StoredClip, frame: int) -> Image:
    return srgb_to_lab(clip.rgb(frame).astype(np.float32) / np.float32(255.0))[..., 0]


def _key(clip: StoredClip, source: FlowSource) -> str:
    """What the flow of a clip depends on: its pixels, the source, and this file."""
    digest = hashlib.sha256(f"{ESTIMATE}, {SPACING}, {source.fingerprint}, {clip.planes.shape}".encode())
    digest.update(np.ascontiguousarray(clip.planes))
    return digest.hexdigest()
