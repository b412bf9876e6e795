"""Samples made ahead of time in threads, in an order that depends on the seed and the step alone."""

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import cv2
import numpy as np
import torch
from torch import Tensor

from tinct.training.data.clip_store import ClipStore
from tinct.training.data.samples import Sample, SampleConfig, draw_sample


def batches(
    store: ClipStore, config: SampleConfig, *, batch: int, seed: int, first_step: int, threads: int
) -> Iterator[dict[str, Tensor]]:
    """Yield the batch of each step from ``first_step`` on: the fields of `Sample` stacked, as tensors on the CPU."""
    cv2.setNumThreads(1)  # the threads are here

    def make(step: int) -> dict[str, Tensor]:
        lead = int(np.random.default_rng((seed, step)).integers(0, config.largest_lead + 1))
        samples = [draw_sample(store, config, np.random.default_rng((seed, step, i)), lead=lead) for i in range(batch)]
        return {name: torch.from_numpy(np.stack([getattr(s, name) for s in samples])) for name in Sample._fields}

    with ThreadPoolExecutor(threads) as pool:
        waiting: deque[Future[dict[str, Tensor]]] = deque()
        step = first_step
        while True:
            while len(waiting) < threads + 2:
                waiting.append(pool.submit(make, step))
                step += 1
            yield waiting.popleft().result()
