"""The processes of a run: one, or several that ``torchrun`` started, each with a device of its own."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import distributed


@dataclass(frozen=True)
class Workers:
    """This process among those of the run: its ``rank`` of ``count``, and the ``device`` it trains on."""

    rank: int = 0
    count: int = 1
    device: str = "cpu"

    @property
    def leads(self) -> bool:
        """Whether this process writes checkpoints and logs."""
        return self.rank == 0


ALONE = Workers()
"""The only process of a run, on the CPU."""


@contextmanager
def join_workers() -> Iterator[Workers]:
    """Join the processes that ``torchrun`` started (through NCCL on GPUs, Gloo on CPUs); alone without it."""
    cuda = torch.cuda.is_available()
    if "RANK" not in os.environ or "WORLD_SIZE" not in os.environ:
        yield Workers(device="cuda" if cuda else "cpu")
        return
    device = f"cuda:{os.environ.get('LOCAL_RANK', '0')}" if cuda else "cpu"
    if cuda:
        torch.cuda.set_device(device)
    distributed.init_process_group("nccl" if cuda else "gloo")
    try:
        yield Workers(distributed.get_rank(), distributed.get_world_size(), device)
    finally:
        distributed.destroy_process_group()
