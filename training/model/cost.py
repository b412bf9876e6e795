"""What a network costs: weights, and floating-point operations counted on tensors that hold no numbers."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch._subclasses import FakeTensorMode
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from tinct.training.model.exemplar.network import ExemplarNetwork
from tinct.training.model.network import FrameInputs
from tinct.training.model.registry import Network


@dataclass(frozen=True)
class Cost:
    """``parameters`` of the whole network and of its pretrained ``trunk``. Operations (2 x multiply-accumulate of
    convolutions and matrix products): ``frame``, with one still of the same size; ``still``, to encode it; and
    ``parts`` of the frame's, for an `ExemplarNetwork`."""

    parameters: int
    trunk: int
    frame: int
    still: int
    parts: dict[str, int]


def count_cost(network: Network, *, height: int = 224, width: int = 384) -> Cost:
    """The cost of ``network`` at ``height`` x ``width``, multiples of 32."""
    with FakeTensorMode(allow_non_fake_inputs=True), torch.no_grad(), sdpa_kernel(SDPBackend.MATH):
        still, frame = torch.rand(1, 3, height, width), torch.rand(1, 1, height, width)
        bank, encoding = _count(lambda: network.encode_reference(still))
        bias = torch.rand(1, bank[0].shape[1])
        inputs = FrameInputs(frame, still[:, :2], frame, frame, still[:, :2], frame, still)
        _, coloring = _count(lambda: network.colorize_frame(inputs, bank, bias))
        parts = _parts(network, frame, bank, bias) if isinstance(network, ExemplarNetwork) else {}
    return Cost(
        parameters=sum(weight.numel() for weight in network.parameters()),
        trunk=sum(weight.numel() for weight in network.trunk.parameters()),
        frame=coloring,
        still=encoding,
        parts={**parts, "colorization": coloring - sum(parts.values())} if parts else {},
    )


def _parts(network: ExemplarNetwork, frame: torch.Tensor, bank: Any, bias: torch.Tensor) -> dict[str, int]:
    """Operations of the stages before the colorization submodule."""
    pyramid, extractor = _count(lambda: network.extractor(frame.expand(-1, 3, -1, -1)))
    theta, warp = _count(lambda: network.warp.embed_frame(pyramid))
    _, correlation = _count(lambda: network.warp.copy(theta, bank, bias))
    return {"extractor": extractor, "warp": warp, "correlation": correlation}


def _count(call: Callable[[], Any]) -> tuple[Any, int]:
    with FlopCounterMode(display=False) as counter:
        result = call()
    return result, int(counter.get_total_flops())
