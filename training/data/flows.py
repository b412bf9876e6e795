"""Flow between the consecutive frames of all clips: estimated once on all cores, kept in a file."""

import hashlib
import inspect
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
from tinct.training.data import motion
from tinct.training.data.clip_store import StoredClip

LOG = logging.getLogger(__name__)
SPACING = 2
"""Flow is kept for every second pixel of every second row: a quarter of the memory, and moved colours as good."""

BACKWARD, FORWARD = 0, 1


def load_flows(clips: Sequence[StoredClip], folder: Path, *, threads: int | None = None) -> tuple[Tensor, ...]:
    """Flows of all ``clips``, from the file of these clips in ``folder`` if it is there, else estimated and put there.

    ``threads``: at once, one for each core unless given. The file's name holds a digest of the clips' pixels and of the
    way motion is estimated; it appears whole or not at all.
    """
    workers = threads or os.cpu_count() or 1
    cv2.setNumThreads(1)  # the threads are here
    with ThreadPoolExecutor(workers) as pool:
        digests = list(pool.map(_digest, clips))
        path = folder / f"flows-{_key(digests)}.pt"
        if path.exists():
            return tuple(torch.load(path, mmap=True, weights_only=True))
        started = time.perf_counter()
        flows = tuple(pool.map(clip_flow, clips))
    LOG.info("motion of %d clips in %.0f s on %d threads", len(clips), time.perf_counter() - started, workers)
    folder.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".tmp")
    with temporary.open("wb") as file:
        torch.save(list(flows), file)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    return flows


def clip_flow(clip: StoredClip) -> Tensor:
    """Flow between the consecutive frames of a clip of T frames of (H, W) pixels, at the pixels (2 y, 2 x).

    Returns (2, T-1, 2, H/2, W/2) float16 in pixels, x then y: [BACKWARD, i] leads from frame i+1 to i, [FORWARD, i]
    from frame i to i+1.
    """
    count, (height, width) = len(clip), clip.size
    flow = np.empty((2, count - 1, 2, height // SPACING, width // SPACING), np.float16)
    later = _levels(clip, 0)
    for i in range(count - 1):
        earlier, later = later, _levels(clip, i + 1)
        for direction, one in enumerate(motion.flow_between(earlier, later)):
            flow[direction, i] = one[::SPACING, ::SPACING].transpose(2, 0, 1)
    return torch.from_numpy(flow)


def _levels(clip: StoredClip, frame: int) -> motion.Levels:
    rgb = clip.rgb(frame).astype(np.float32) / np.float32(255.0)
    return motion.lightness_levels(srgb_to_lab(rgb)[..., 0])


def _digest(clip: StoredClip) -> str:
    digest = hashlib.sha256(repr(clip.planes.shape).encode())
    digest.update(np.ascontiguousarray(clip.planes))
    return digest.hexdigest()


def _key(digests: Sequence[str]) -> str:
    """What flows depend on: the clips' pixels, the code that estimates, the library that it calls."""
    code = "".join(
        inspect.getsource(part) for part in (motion.flow_between, motion.lightness_levels, clip_flow, _levels)
    )
    return hashlib.sha256("\n".join([cv2.__version__, code, *digests]).encode()).hexdigest()[:16]
