"""The two ONNX graphs of a network, as the manifest of a bundle describes them."""

import logging
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import onnx
import torch
from torch import Tensor, nn
from torch.export import Dim
from torch.onnx.errors import OnnxExporterError

from tinct.runtime.errors import BundleError
from tinct.training.model.motion.self_moving import SelfMoving
from tinct.training.model.registry import Network, make_bank

OPSET = 20
SIZE_MULTIPLE = 32
CHANNELS = {
    "luminance": 1,
    "previous_luminance": 1,
    "warped_ab": 2,
    "warped_validity": 1,
    "warped_confidence": 1,
    "anchored_ab": 2,
    "anchored_validity": 1,
    "hints": 3,
}
"""Of the image inputs that a frame graph may have."""
FRAME_OUTPUTS = ("ab", "confidence")

_EXAMPLE = (3 * SIZE_MULTIPLE, 5 * SIZE_MULTIPLE)
"""Frame size to trace at; sides differ, so that the tracer cannot take one for the other."""
_EXAMPLE_STILL = (4 * SIZE_MULTIPLE, 5 * SIZE_MULTIPLE)
_LOGGERS = ("torch.onnx", "torch.onnx._internal.exporter._registration")


class ReferenceGraph(nn.Module):
    """``still`` (1, 3, H, W) scaled Lab -> the tensors of the network's bank."""

    def __init__(self, network: Network | SelfMoving) -> None:
        super().__init__()
        self.network = network

    def forward(self, still: Tensor) -> tuple[Tensor, ...]:
        """Encode a still."""
        return tuple(self.network.encode_reference(still))


class FrameGraph(nn.Module):
    """One frame with the tokens of all stills in force -> ``ab`` and ``confidence``."""

    def __init__(self, network: Network | SelfMoving) -> None:
        super().__init__()
        self.network = network

    def forward(self, frame: tuple[Tensor, ...], bank: tuple[Tensor, ...], bank_bias: Tensor) -> tuple[Tensor, Tensor]:
        """Colour a frame; ``frame`` and ``bank`` hold what the network takes, in its order."""
        inputs = self.network.FRAME(*frame)
        colours = self.network.colorize_frame(inputs, make_bank(self.network, bank), bank_bias)
        return colours.ab, colours.confidence


def frame_inputs(network: Network | SelfMoving) -> tuple[str, ...]:
    """Names of the frame graph's inputs, in order."""
    return (*network.FRAME._fields, *network.BANK, "bank_bias")


def reference_graph(network: Network | SelfMoving) -> onnx.ModelProto:
    """The graph that encodes a still, for any size in multiples of `SIZE_MULTIPLE`.

    Raises:
        BundleError: PyTorch cannot export the network.
    """
    example = torch.rand(1, 3, *_EXAMPLE_STILL, generator=_generator())
    axes = {"still": image_axes()}
    return export_graph(ReferenceGraph(network), {"still": example}, axes, ("still",), tuple(network.BANK))


def frame_graph(network: Network | SelfMoving) -> onnx.ModelProto:
    """The graph that colours a frame, for any size in multiples of `SIZE_MULTIPLE` and any number of tokens.

    Raises:
        BundleError: PyTorch cannot export the network.
    """
    inputs = frame_example(network, *_EXAMPLE, still_size=_EXAMPLE_STILL)
    images, rows = image_axes(), {1: Dim("tokens", min=16, max=2**24)}
    axes = {name: images if tensor.ndim == 4 else rows for name, tensor in inputs.items()}
    names = frame_inputs(network)
    grouped = group_bank(network, inputs), group_bank(network, axes)
    return export_graph(FrameGraph(network), *grouped, names, FRAME_OUTPUTS)


def frame_example(
    network: Network | SelfMoving, height: int, width: int, *, still_size: tuple[int, int]
) -> dict[str, Tensor]:
    """Inputs of `FrameGraph` by name: random numbers of the right shapes, and the bank of one random still."""
    random = _generator()
    with torch.no_grad():
        bank = network.encode_reference(torch.rand(1, 3, *still_size, generator=random))
    names = network.FRAME._fields
    images = {name: torch.rand(1, CHANNELS[name], height, width, generator=random) for name in names}
    return {**images, **bank._asdict(), "bank_bias": torch.zeros(1, bank[0].shape[1])}


def group_bank(network: Network | SelfMoving, named: Mapping[str, Any]) -> dict[str, Any]:
    """What `FrameGraph` takes, from what is known of its inputs by name."""
    frame, bank = (tuple(named[name] for name in names) for names in (network.FRAME._fields, network.BANK))
    return {"frame": frame, "bank": bank, "bank_bias": named["bank_bias"]}


def count_frame_flops(network: Network | SelfMoving, height: int, width: int) -> int:
    """Operations (2 x multiply-accumulate) of one frame with one still of the same size."""
    from torch.utils.flop_counter import FlopCounterMode

    inputs = frame_example(network, height, width, still_size=(height, width))
    counter = FlopCounterMode(display=False)
    with torch.no_grad(), counter:
        FrameGraph(network)(**group_bank(network, inputs))
    return int(counter.get_total_flops())


def _generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def image_axes() -> dict[int, Any]:
    """The axes of an image whose sides are any multiples of `SIZE_MULTIPLE`."""
    height, width = Dim("rows", min=1, max=256), Dim("columns", min=1, max=256)
    return {2: SIZE_MULTIPLE * height, 3: SIZE_MULTIPLE * width}


def export_graph(
    graph: nn.Module,
    inputs: dict[str, Any],
    axes: dict[str, Any],
    names: tuple[str, ...],
    outputs: tuple[str, ...],
    *,
    plates: tuple[str, ...] = (),
) -> onnx.ModelProto:
    """Trace ``graph`` with example ``inputs``, whose ``axes`` may change, and name what comes out; ``plates`` are the
    images that have the plate's size and not the working size.

    Raises:
        BundleError: PyTorch cannot export it.
    """
    try:
        with _quiet(), torch.no_grad():
            program = torch.onnx.export(
                graph.eval(),
                kwargs=inputs,
                dynamo=True,
                opset_version=OPSET,
                dynamic_shapes=axes,
                input_names=list(names),
                output_names=list(outputs),
                verbose=False,
            )
    except OnnxExporterError as error:
        raise BundleError(f"PyTorch cannot export {type(graph).__name__}: {error}; use PyTorch 2.6 or newer") from error
    if program is None:
        raise BundleError(f"PyTorch exported nothing for {type(graph).__name__}; use PyTorch 2.6 or newer")
    return _tidy(program.model_proto, plates)


def _tidy(model: onnx.ModelProto, plates: tuple[str, ...]) -> onnx.ModelProto:
    """Drop the exporter's notes (they hold paths of this machine) and name the axes as the manifest does."""
    graph = model.graph
    del model.metadata_props[:], graph.metadata_props[:], graph.value_info[:]
    model.producer_name, model.producer_version, model.doc_string, graph.doc_string = "tinct", "", "", ""
    graph.name = "tinct"
    for node in graph.node:
        del node.metadata_props[:]
        node.doc_string = ""
    for initializer in graph.initializer:
        del initializer.metadata_props[:]
    for value in (*graph.input, *graph.output):
        del value.metadata_props[:]
        shape = value.type.tensor_type.shape.dim
        of = "plate_" if value.name in plates else ""
        rows = 1 if len(shape) == 4 and shape[3].dim_value == 3 else 2  # pixels of three channels beside each other
        for axis, name in (
            ((rows, f"{of}height"), (rows + 1, f"{of}width")) if len(shape) == 4 else ((1, "tokens"),)[: len(shape) - 1]
        ):
            if not shape[axis].HasField("dim_value"):  # a fixed extent stays as it is
                shape[axis].dim_param = name
    return model


@contextmanager
def _quiet() -> Iterator[None]:
    """Hide what the exporter says about itself: deprecations in its own code and optional packages it lacks."""
    loggers = [logging.getLogger(name) for name in _LOGGERS]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
