"""Row bands: work on an image in pieces that stay in the processor's cache, on every core.

NumPy and OpenCV leave the interpreter lock while they compute, so plain threads are enough. Every thread owns one block
of scratch memory for all its bands: fresh temporaries would cost more in page faults than the arithmetic itself.
"""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import numpy as np
from numpy.typing import NDArray

BAND_PIXELS = 1 << 17
"""Pixels of a band: small enough to stay in cache, large enough for two threads to share one interpreter lock
without waiting for it (best of 2^12 .. 2^20 for `compose` at 1080p and 4K on two cores)."""
SINGLE_THREAD_PIXELS = 1 << 16
"""Images up to this size are not worth the hand-over to other threads."""

BandTask = Callable[[slice, NDArray[np.float32]], None]
"""Gets the rows of a band and scratch memory (planes, rows, width), contiguous float32 with arbitrary content."""


def for_row_bands(height: int, width: int, task: BandTask, *, planes: int = 0) -> None:
    """Call ``task`` with row slices that together cover ``range(height)`` once, from several threads at once.

    The bands are the same whatever the number of cores, so no result depends on it. ``task`` must write only to its own
    rows. The first error of any band is raised here after all threads have ended.
    """
    rows = max(1, BAND_PIXELS // width)
    bands = -(-height // rows)
    workers = 1 if height * width <= SINGLE_THREAD_PIXELS else min(core_count(), bands)

    def run(worker: int) -> None:
        memory = np.empty(planes * min(rows, height) * width, np.float32)
        for start in range(worker * rows, height, workers * rows):
            stop = min(height, start + rows)
            task(slice(start, stop), memory[: planes * (stop - start) * width].reshape(planes, stop - start, width))

    others = [_pool().submit(run, worker) for worker in range(1, workers)]
    try:
        run(0)
    finally:
        errors = [future.exception() for future in others]
    for error in errors:
        if error is not None:
            raise error


def core_count() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=core_count(), thread_name_prefix="tinct-rows")
