"""Shows how well colours are carried along by motion alone: the motion network beside the search that runs outside it.

    python tests/benchmarks/motion_chain.py FOLDER [--motion CHECKPOINT] [--size 288 512] [--frames 31] [--threads 1]

Every clip's first frame gives its true colours to the second, those go on to the third, and so on, at ``--size``. PSNR
(RGB, exact luminance) at frames 1, 10 and 30 and its mean over all; ``trust``: mean trust in the motion; ``ms``: the
time of one frame's motion, both ways. Rows: no motion; OpenCV's DIS as its preset MEDIUM is, and as training has it;
the runtime's own; that for graphs; the network, if its checkpoint is given.
"""

import argparse
import itertools
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np
import torch

from tinct.runtime.motion.dis import pyramid, search
from tinct.training.colour import lab_to_srgb
from tinct.training.evaluation.clip import Clip, find_clips, load_clip
from tinct.training.evaluation.metrics.psnr import psnr
from tinct.training.flow.dis import MEDIUM, DisFlow
from tinct.training.flow.trust import trust
from tinct.training.flow.warp import Image, warp
from tinct.training.model.motion.network import MotionNet
from tinct.training.model.motion.patch_search import PatchSearch
from tinct.training.model.weights import load_motion

Flows = tuple[Image, Image]
"""Backward and forward (H, W, 2)."""
Estimate = Callable[[Image, Image], Flows]
"""Motion between the previous and the current frame's L* (H, W)."""
SHOWN = (1, 10, 30)


def at_rest(previous: Image, _current: Image) -> Flows:
    rest = np.zeros((*previous.shape, 2), np.float32)
    return rest, rest


def searched(source: DisFlow) -> Estimate:
    return lambda previous, current: (source.flow(current, previous), source.flow(previous, current))


def of_the_runtime(previous: Image, current: Image) -> Flows:
    earlier, later = pyramid(previous), pyramid(current)
    return search(later, earlier), search(earlier, later)


def estimated(network: MotionNet | PatchSearch) -> Estimate:
    config = network.config

    @torch.inference_mode()
    def estimate(previous: Image, current: Image) -> Flows:
        pair = [torch.from_numpy((one - config.l_mean) / config.l_scale)[None, None] for one in (previous, current)]
        found = network(*pair)
        backward, forward = (one[0].permute(1, 2, 0).numpy() for one in (found.backward, found.forward))
        return np.ascontiguousarray(backward), np.ascontiguousarray(forward)

    return estimate


def carried(clip: Clip, estimate: Estimate, size: Sequence[int], frames: int) -> tuple[list[float], float, float]:
    """PSNR of each frame after the first, mean trust, and seconds a frame."""
    pictures = [
        cv2.resize(clip.lab(number), (size[1], size[0]), interpolation=cv2.INTER_AREA)
        for number in range(min(frames, len(clip)))
    ]
    ab, scores, sure, seconds = np.ascontiguousarray(pictures[0][..., 1:]), [], [], 0.0
    for before, now in itertools.pairwise(pictures):
        lights = [np.ascontiguousarray(picture[..., 0]) for picture in (before, now)]
        started = time.perf_counter()
        backward, forward = estimate(*lights)
        seconds += time.perf_counter() - started
        ab = warp(ab, backward)
        truth, found = (lab_to_srgb(np.dstack([lights[1], colour])) for colour in (now[..., 1:], ab))
        scores.append(psnr(found.clip(0, 1).astype(np.float32), truth.clip(0, 1).astype(np.float32)))
        sure.append(float(trust(*lights, backward, forward).mean()))
    return scores, float(np.mean(sure)), seconds / len(scores)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--motion", type=Path)
    parser.add_argument("--size", type=int, nargs=2, default=(288, 512))
    parser.add_argument("--frames", type=int, default=31)
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    cv2.setNumThreads(arguments.threads)
    methods: dict[str, Estimate] = {
        "rest": at_rest,
        "dis_medium": searched(DisFlow(MEDIUM)),
        "dis": searched(DisFlow()),
        "runtime": of_the_runtime,
        "graph": estimated(PatchSearch()),
    }
    if arguments.motion:
        methods["network"] = estimated(load_motion(arguments.motion))
    clips = [load_clip(path) for path in find_clips(arguments.folder)]
    say = sys.stdout.write
    say(f"{'motion':12}" + "".join(f"{f'at {frame}':>8}" for frame in SHOWN) + "    mean   trust      ms\n")
    for name, estimate in methods.items():
        rows = [carried(clip, estimate, arguments.size, arguments.frames) for clip in clips]
        at = [np.mean([scores[frame - 1] for scores, _, _ in rows if len(scores) >= frame]) for frame in SHOWN]
        mean, sure, seconds = (np.mean([np.mean(row[index]) for row in rows]) for index in range(3))
        say(f"{name:12}" + "".join(f"{value:8.2f}" for value in (*at, mean)) + f"{sure:8.3f}{1000 * seconds:8.1f}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
