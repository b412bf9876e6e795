"""Samples made ahead of time in threads, in an order that depends on the seed and the step alone."""

from collections import deque
from collections.abc import Generator
from concurrent.futures import Future, ThreadPoolExecutor

import cv2
import numpy as np
import torch
from torch import Tensor

from tinct.training.data.clip_store import ClipStore
from tinct.training.data.plan import References, SampleConfig, draw_plans
from tinct.training.data.samples import Sample, cut_sample


def batches(
    store: ClipStore,
    config: SampleConfig,
    *,
    batch: int,
    seed: int,
    first_step: int,
    threads: int,
    references: References | None = None,
) -> Generator[dict[str, Tensor], None, None]:
    """Yield the batch of each step from ``first_step`` on: the fields of `Sample` stacked, as tensors on the CPU."""
    cv2.setNumThreads(1)  # the threads are here

    def make(step: int) -> dict[str, Tensor]:
        plans = draw_plans(store, config, batch=batch, seed=seed, step=step, references=references)
        samples = [cut_sample(store, config, plan) for plan in plans]
        return {name: torch.from_numpy(np.stack([getattr(s, name) for s in samples])) for name in Sample._fields}

    with ThreadPoolExecutor(threads) as pool:
        waiting: deque[Future[dict[str, Tensor]]] = deque()
        step = first_step
        while True:
            while len(waiting) < threads + 2:
                waiting.append(pool.submit(make, step))
                step += 1
            yield waiting.popleft().result()
