"""What the losses say of known colourings, and what the contextual loss takes in time and memory.

    python tests/benchmarks/losses.py CLIP [...]

First table: L1, temporal (DIS flow, `occlusion.reliable`) and smoothness loss, in Lab units, of frame 8 of each clip
coloured with the truth, with frame 0's colours where they were, with them moved along the flow, with grey, and with the
truth and Gaussian noise of 3 Lab units; smoothness as the seed's equation has it, and with a pixel among its own
neighbours. Second table: value and gradient of the contextual loss of a map of 128 channels, all pairs of positions at
once and in pieces, each in a process of its own: seconds of one core, and growth of the largest memory in use.
"""

import multiprocessing
import resource
import sys
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tinct.training.colour import srgb_to_lab
from tinct.training.flow.dis import DisFlow
from tinct.training.flow.occlusion import reliable
from tinct.training.flow.warp import warp
from tinct.training.losses.contextual import PAIRS_AT_ONCE, contextual_loss
from tinct.training.losses.l1 import l1_loss
from tinct.training.losses.smoothness import smoothness_loss
from tinct.training.losses.temporal import temporal_loss

Image = NDArray[np.float32]

GAP = 8
NOISE = 3.0
MAPS = ((28, 48), (56, 96))
WHOLE = 2**62


def frames(path: Path) -> list[Image]:
    """Frames 0 to GAP as (H, W, 3) Lab."""
    film, found = cv2.VideoCapture(str(path)), []
    while len(found) <= GAP:
        there, bgr = film.read()
        if not there:
            raise SystemExit(f"{path} has fewer than {GAP + 1} frames that can be decoded")
        found.append(srgb_to_lab(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB).astype(np.float32) / np.float32(255)))
    return found


def colourings(film: list[Image]) -> dict[str, tuple[Image, Image]]:
    """For each way to colour the last two frames, the ab (H, W, 2) of both."""
    flow = DisFlow()
    chain = [np.ascontiguousarray(film[0][..., 1:])]
    for previous, frame in pairwise(film):
        chain.append(warp(chain[-1], flow.flow(frame[..., 0], previous[..., 0])))
    truth = [frame[..., 1:] for frame in film]
    noise = np.random.default_rng(0).normal(0, NOISE, (2, *truth[0].shape)).astype(np.float32)
    return {
        "truth": (truth[-2], truth[-1]),
        "frame 0, unmoved": (truth[0], truth[0]),
        "frame 0, moved": (chain[-2], chain[-1]),
        "grey": (np.zeros_like(truth[0]), np.zeros_like(truth[0])),
        "truth and noise": (truth[-2] + noise[0], truth[-1] + noise[1]),
    }


def tensor(image: Image) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(image)).reshape(*image.shape[:2], -1).permute(2, 0, 1)[None]


def values(film: list[Image]) -> dict[str, list[float]]:
    flow, (before, frame) = DisFlow(), film[-2:]
    backward, forward = flow.flow(frame[..., 0], before[..., 0]), flow.flow(before[..., 0], frame[..., 0])
    mask, lab = tensor(reliable(backward, forward).astype(np.float32)), tensor(frame)
    rows = {}
    for name, (previous, ab) in colourings(film).items():
        moved, now = tensor(warp(np.ascontiguousarray(previous), backward)), tensor(ab)
        losses = (
            l1_loss(now, lab[:, 1:]),
            temporal_loss(now, moved, mask),
            smoothness_loss(now, lab),
            smoothness_loss(now, lab, own=True),
        )
        rows[name] = [float(loss) for loss in losses]
    return rows


def contextual_cost(size: tuple[int, int], pairs: int, answer: Callable[[tuple[float, float]], None]) -> None:
    torch.set_num_threads(1)
    generator = torch.Generator().manual_seed(0)
    features, reference = (torch.randn((1, 128, *size), generator=generator) for _ in range(2))
    features.requires_grad_()
    contextual_loss([features[..., :4, :4]], [reference[..., :4, :4]]).backward()
    before, started = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    contextual_loss([features], [reference], pairs_at_once=pairs).backward()
    seconds = time.process_time() - started
    answer((seconds, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024))


def costs() -> list[str]:
    context = multiprocessing.get_context("spawn")
    lines = [f"{'map':10}{'pairs':>12}{'at once':>18}{'in pieces':>18}"]
    for size in MAPS:
        cells = []
        for pairs in (WHOLE, PAIRS_AT_ONCE):
            answers = context.SimpleQueue()
            process = context.Process(target=contextual_cost, args=(size, pairs, answers.put))
            process.start()
            process.join()
            seconds, memory = answers.get()
            cells.append(f"{seconds:7.2f} s {memory:6.0f} MB")
        lines.append(f"{size[0]}x{size[1]:<7}{(size[0] * size[1]) ** 2:12,}" + "".join(f"{cell:>18}" for cell in cells))
    return lines


def main() -> None:
    films = [Path(argument) for argument in sys.argv[1:]]
    if not films:
        raise SystemExit(__doc__)
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    tables = [values(frames(path)) for path in films]
    lines = [f"{len(films)} clips", f"{'colouring':20}{'L1':>9}{'temporal':>10}{'smooth':>9}{'with own':>10}"]
    for name in tables[0]:
        l1, temporal, smooth, own = np.mean([table[name] for table in tables], axis=0)
        lines.append(f"{name:20}{l1:9.3f}{temporal:10.3f}{smooth:9.3f}{own:10.3f}")
    sys.stdout.write("\n".join([*lines, "", *costs()]) + "\n")


if __name__ == "__main__":
    main()
