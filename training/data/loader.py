"""Samples made ahead of time in threads, in an order that depends on the seed and the step alone."""

from collections import deque
from collections.abc import Generator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import count

import cv2
import numpy as np
import torch
from torch import Tensor

from tinct.training.data.clip_store import ClipStore
from tinct.training.data.plan import WHOLE, References, SampleConfig, Share, draw_plans
from tinct.training.data.samples import Sample, cut_sample


def batches(
    store: ClipStore,
    config: SampleConfig,
    *,
    batch: int,
    seed: int,
    first_step: int,
    threads: int,
    share: Share = WHOLE,
    references: References | None = None,
) -> Generator[dict[str, Tensor], None, None]:
    """Yield the batches of each step from ``first_step`` on, those of ``share`` one after another: the fields of
    `Sample` stacked, as tensors on the CPU."""
    cv2.setNumThreads(1)  # the threads are here
    turns = ((step, first) for step in count(first_step) for first in share.firsts(batch))

    def make(step: int, first: int) -> dict[str, Tensor]:
        plans = draw_plans(store, config, batch=batch, seed=seed, step=step, first=first, references=references)
        samples = [cut_sample(store, config, plan) for plan in plans]
        return {name: torch.from_numpy(np.stack([getattr(s, name) for s in samples])) for name in Sample._fields}

    with ThreadPoolExecutor(threads) as pool:
        waiting: deque[Future[dict[str, Tensor]]] = deque()
        while True:
            while len(waiting) < threads + 2:
                waiting.append(pool.submit(make, *next(turns)))
            yield waiting.popleft().result()
