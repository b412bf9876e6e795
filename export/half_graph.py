"""Graphs that compute in half precision where that is safe, for engines that take every type from the graph.

Convolutions and matrix products with weights, and what only passes their results on, compute in float16. All else stays
in float32: normalisation, correlation, softmax, top-k and logsumexp, instance norms, the spreading of hints and the
evening out, whose small differences and small constants float16 loses.

Written here because `onnxruntime.transformers.float16` with a list of blocked nodes puts two Casts between any two of
them, through float16 (1163 Casts in a frame graph of lite instead of 14), and its own removal of Casts leaves a
graph with names given twice.
"""

from collections.abc import Iterator

import numpy as np
import onnx
from onnx import NodeProto, TensorProto, helper, numpy_helper

from tinct.runtime.errors import BundleError

HOLDS_WEIGHTS = {"Conv", "ConvTranspose", "Gemm", "MatMul"}
PASSES_ON = {"Relu", "LeakyRelu", "Clip", "PRelu", "Add", "Mul", "Concat", "Resize", "Pad"}
"""Compute in half where every picture they take is in half already."""
TYPED_INPUTS = {"Resize": (0,), "Pad": (0, 2)}
"""Inputs that are of the type computed in, where not all are: the others are sizes, and scales in float32."""


def half_graph(model: onnx.ModelProto) -> onnx.ModelProto:
    """A copy of ``model``, as `export_bundle` writes it, that computes in half where that is safe.

    Inputs and outputs stay float32.

    Raises:
        BundleError: a weight is too large for float16.
    """
    made = unfold_half(model)
    halves = _half_nodes(made.graph)
    _Rewriting(made.graph).run(halves)
    onnx.checker.check_model(made)
    return made


def unfold_half(model: onnx.ModelProto) -> onnx.ModelProto:
    """A copy of ``model`` whose weights are float32 again: undoes `store_half`."""
    made = onnx.ModelProto()
    made.CopyFrom(model)
    graph = made.graph
    stored = {initializer.name: initializer for initializer in graph.initializer}
    kept = []
    for node in graph.node:
        if node.op_type == "Cast" and node.input[0] in stored and node.attribute[0].i == TensorProto.FLOAT:
            values = numpy_helper.to_array(stored[node.input[0]]).astype(np.float32)
            graph.initializer.append(numpy_helper.from_array(values, node.output[0]))
        else:
            kept.append(node)
    used = {name for node in kept for name in node.input}
    weights = [initializer for initializer in graph.initializer if initializer.name in used]
    for field, values in ((graph.node, kept), (graph.initializer, weights)):
        del field[:]
        field.extend(values)
    return made


def _half_nodes(graph: onnx.GraphProto) -> set[str]:
    """Names of the tensors that are computed in half."""
    constants = {initializer.name for initializer in graph.initializer}
    constants |= {node.output[0] for node in graph.node if node.op_type == "Constant"}
    kept_single = {value.name for value in graph.output}
    halves: set[str] = set()
    for node in graph.node:
        if kept_single.intersection(node.output):
            continue
        if node.op_type in HOLDS_WEIGHTS:
            half = node.input[1] in constants
        elif node.op_type in PASSES_ON:
            pictures = [name for name in _typed_inputs(node) if name not in constants]
            half = bool(pictures) and halves.issuperset(pictures)
        else:
            half = False
        if half:
            halves.update(node.output)
    return halves


def _typed_inputs(node: NodeProto) -> Iterator[str]:
    """The inputs of ``node`` that must be of the type it computes in."""
    typed = TYPED_INPUTS.get(node.op_type, range(len(node.input)))
    return (name for index, name in enumerate(node.input) if name and index in typed)


class _Rewriting:
    """Puts a Cast where a tensor goes from one precision to the other, once for each tensor and direction."""

    def __init__(self, graph: onnx.GraphProto) -> None:
        self._graph = graph
        self._weights = {initializer.name: initializer for initializer in graph.initializer}
        self._made: set[str] = set()
        self._nodes: list[NodeProto] = []

    def run(self, halves: set[str]) -> None:
        for node in list(self._graph.node):
            half = node.output[0] in halves
            typed = set(_typed_inputs(node))
            for index, name in enumerate(node.input):
                if half and name in typed and name not in halves:
                    node.input[index] = self._weight(name) if name in self._weights else self._cast(name, "half")
                elif not half and name in halves:
                    node.input[index] = self._cast(name, "single")
            self._nodes.append(node)
        used = {name for node in self._nodes for name in node.input}
        weights = [weight for weight in self._graph.initializer if weight.name in used]
        for field, values in ((self._graph.node, self._nodes), (self._graph.initializer, weights)):
            del field[:]
            field.extend(values)

    def _cast(self, name: str, to: str) -> str:
        made = f"{name}.{to}"
        if made not in self._made:
            self._made.add(made)
            kind = TensorProto.FLOAT16 if to == "half" else TensorProto.FLOAT
            self._nodes.append(helper.make_node("Cast", [name], [made], name=f"{made}.cast", to=kind))
        return made

    def _weight(self, name: str) -> str:
        made = f"{name}.in_half"
        if made not in self._made:
            self._made.add(made)
            values = numpy_helper.to_array(self._weights[name])
            with np.errstate(over="ignore"):
                half = values.astype(np.float16)
            if not np.array_equal(np.isfinite(half), np.isfinite(values)):
                raise BundleError(f"the weight {name} is not finite in half precision; build a float32 engine instead")
            self._graph.initializer.append(numpy_helper.from_array(half, made))
        return made
