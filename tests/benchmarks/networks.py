"""Counts what the networks cost: the table of docs/networks.md.

    python tests/benchmarks/networks.py [HEIGHT WIDTH]

Parameters in millions, of them the pretrained trunk; GFLOP (2 x multiply-accumulate) of a frame with one still that is
encoded already, of encoding the still, and of the frame's parts. Default 224 384.
"""

import sys

from tinct.training.model.cost import count_cost
from tinct.training.model.registry import PRESETS, create_network

PARTS = ("extractor", "warp", "correlation", "colorization")


def main(height: int = 224, width: int = 384) -> None:
    sys.stdout.write("| variant | parameters, M | trunk, M | frame | still | " + " | ".join(PARTS) + " |" + "\n")
    sys.stdout.write("|---" * (5 + len(PARTS)) + "|" + "\n")
    for variant in PRESETS:
        cost = count_cost(create_network(variant, weights="random").eval(), height=height, width=width)
        figures = [cost.frame, cost.still, *(cost.parts.get(part) for part in PARTS)]
        cells = ["" if figure is None else f"{figure / 1e9:.1f}" for figure in figures]
        row = [variant, f"{cost.parameters / 1e6:.2f}", f"{cost.trunk / 1e6:.2f}", *cells]
        sys.stdout.write("| " + " | ".join(row) + " |" + "\n")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
