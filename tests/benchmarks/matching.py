"""What matching a frame with the tokens of several stills costs on ONNX Runtime.

    python tests/benchmarks/matching.py [--stills 1 3 4] [--rounds 9]

Exports `match` alone for a frame and stills of 224x384 and prints the least processor time of a run on one thread.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from tinct.training.model.matching import Bank, match

CELLS = (28, 48)
CHANNELS = {"key8": 216, "value8": 2, "key4": 192, "value4": 8}
CANDIDATES = 8


class Matching(nn.Module):
    """`match` as a graph."""

    def forward(
        self, coarse: Tensor, fine: Tensor, key8: Tensor, value8: Tensor, key4: Tensor, value4: Tensor, bias: Tensor
    ) -> tuple[Tensor, ...]:
        found = match(coarse, fine, Bank(key8, value8, key4, value4), bias, CANDIDATES)
        return found.coarse, found.fine, found.similarity, found.certainty


def inputs(stills: int) -> dict[str, NDArray[np.float32]]:
    """Random descriptors and colours of a frame and ``stills``."""
    random, (height, width) = np.random.default_rng(0), CELLS
    shapes = {"coarse": (1, 216, height, width), "fine": (1, 48, 2 * height, 2 * width)}
    shapes |= {name: (1, stills * height * width, channels) for name, channels in CHANNELS.items()}
    found = {name: (0.35 * random.normal(size=shape)).astype(np.float32) for name, shape in shapes.items()}
    weights = np.log(np.arange(1, stills + 1))
    return found | {"bias": np.repeat(weights, height * width)[None].astype(np.float32)}


def session(path: Path) -> onnxruntime.InferenceSession:
    example = {name: torch.from_numpy(value) for name, value in inputs(2).items()}
    free = {1: torch.export.Dim("N", min=8, max=100_000)}
    torch.onnx.export(
        Matching().eval(),
        tuple(example.values()),
        str(path),
        dynamo=True,
        input_names=list(example),
        dynamic_shapes={name: None if name in ("coarse", "fine") else free for name in example},
        verbose=False,
    )
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--stills", type=int, nargs="+", default=[1, 3, 4])
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        graph = session(Path(folder) / "match.onnx")
        for stills in options.stills:
            fed, spent = inputs(stills), []
            for _ in range(options.rounds):
                began = time.process_time()
                graph.run(None, fed)
                spent.append(time.process_time() - began)
            sys.stdout.write(f"{stills} stills: {1000 * min(spent):.1f} ms\n")


if __name__ == "__main__":
    main()
