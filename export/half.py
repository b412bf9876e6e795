"""Weights stored in half precision; the graphs compute in float32."""

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

from tinct.runtime.errors import BundleError

SMALLEST = 256
"""Initializers of fewer elements stay as they are: the Cast would weigh more than what it saves."""


def round_weights(network: nn.Module) -> None:
    """Round every weight of ``network`` to the nearest float16 number, in place, so that `store_half` loses nothing.

    Raises:
        BundleError: a weight is not finite, or too large for float16.
    """
    with torch.no_grad():
        for name, weight in network.state_dict().items():
            if not weight.is_floating_point():
                continue
            rounded = weight.half().float()
            if not torch.isfinite(rounded).all():
                raise BundleError(f"the weight {name} is not finite in half precision; train the network again")
            weight.copy_(rounded)


def store_half(model: onnx.ModelProto) -> onnx.ModelProto:
    """Store the initializers of ``model`` that float16 holds exactly as such, each with a Cast to float32.

    Runtimes fold the Casts when they load the graph. Returns ``model``, changed.
    """
    graph = model.graph
    casts = []
    for initializer in graph.initializer:
        if initializer.data_type != TensorProto.FLOAT:
            continue
        values = numpy_helper.to_array(initializer)
        with np.errstate(over="ignore"):
            half = values.astype(np.float16)
        if values.size < SMALLEST or not np.array_equal(half.astype(np.float32), values):
            continue
        name = initializer.name
        initializer.CopyFrom(numpy_helper.from_array(half, f"{name}.half"))
        casts.append(helper.make_node("Cast", [f"{name}.half"], [name], name=f"{name}.cast", to=TensorProto.FLOAT))
    nodes = list(graph.node)
    del graph.node[:]
    graph.node.extend([*casts, *nodes])
    onnx.checker.check_model(model, full_check=True)
    return model
