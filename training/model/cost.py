"""What a network costs: weights and floating-point operations, counted without computing anything."""

from dataclasses import dataclass

import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from tinct.training.model.features.trunk_weights import RANDOM
from tinct.training.model.registry import Config, Network, create_network


@dataclass(frozen=True)
class Cost:
    """``parameters`` of the whole network and of its frozen ``trunk``; operations (2 x multiply-accumulate of
    convolutions and matrix products) of one ``frame`` with one still of the same size, and of encoding the ``still``,
    and ``parts`` of the frame's by module."""

    parameters: int
    trunk: int
    frame: int
    still: int
    parts: dict[str, int]


def count_cost(variant: str, config: Config | None = None, *, height: int = 224, width: int = 384) -> Cost:
    """The cost of a network of that variant at ``height`` x ``width``.

    Raises:
        ModuleNotFoundError, ValueError: as `create_network`.
    """
    with torch.device("meta"):
        network = create_network(variant, config, weights=RANDOM).eval()
        still, frame = torch.rand(1, 3, height, width), torch.rand(1, 1, height, width)
        with torch.no_grad(), sdpa_kernel(SDPBackend.MATH):
            bank, encoding, _ = _count(network, lambda: network.encode_reference(still))
            planes = (frame, still[:, :2], frame, still, bank, torch.rand(1, bank[0].shape[1]))
            _, coloring, parts = _count(network, lambda: network.colorize_frame(*planes))
    return Cost(
        parameters=sum(weight.numel() for weight in network.parameters()),
        trunk=sum(weight.numel() for weight in network.trunk.parameters()),
        frame=coloring,
        still=encoding,
        parts=parts,
    )


def _count(network: Network, call):
    """Result of ``call``, its operations, and those of each child of ``network``."""
    counter = FlopCounterMode(display=False)
    with counter:
        result = call()
    counts = {name.split(".", 1)[-1]: sum(found.values()) for name, found in counter.get_flop_counts().items()}
    children = {name: counts[name] for name, _ in network.named_children() if name in counts}
    return result, int(counter.get_total_flops()), children
