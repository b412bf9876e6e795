"""What a half-precision graph computes, in float32 operations.

ONNX Runtime's CPU provider has no half-precision kernels for x86: it computes such nodes in float32 and leaves the
rounding between them out, at every optimization level, so that a half graph would be found equal to its original. Here
every tensor that is half is rounded by arithmetic that nothing removes, so that the check sees what a GPU computes
that multiplies in float16 and adds up in float32.
"""

import numpy as np
import onnx
from onnx import NodeProto, TensorProto, helper, numpy_helper

SPLITTER = 2.0**13 + 1
"""Veltkamp's: keeps 11 of the 24 bits of a float32, as float16 has (Dekker, "A Floating-Point Technique for Extending
the Available Precision", Numerische Mathematik 1971)."""
LARGEST = 65504.0
"""Of float16; what is larger becomes infinity. Numbers below 6e-5 keep more bits here than in float16."""
_CONSTANTS = {"half.splitter": SPLITTER, "half.largest": LARGEST, "half.infinity": np.inf}


def rounded_graph(model: onnx.ModelProto) -> onnx.ModelProto:
    """A copy of ``model``, as `half_graph` makes it, that gives the same results in float32 operations alone."""
    made = onnx.ModelProto()
    made.CopyFrom(model)
    graph = made.graph
    half = {initializer.name for initializer in graph.initializer if initializer.data_type == TensorProto.FLOAT16}
    for initializer in graph.initializer:
        if initializer.name in half:
            values = numpy_helper.to_array(initializer).astype(np.float32)
            initializer.CopyFrom(numpy_helper.from_array(values, initializer.name))
    nodes: list[NodeProto] = []
    for node in graph.node:
        from_half = half.intersection(node.input)
        to = node.attribute[0].i if node.op_type == "Cast" else None
        if to == TensorProto.FLOAT and from_half:
            nodes.append(helper.make_node("Identity", node.input, node.output, name=node.name))
        elif to == TensorProto.FLOAT16:
            nodes += _rounding(node.input[0], node.output[0])
            half.update(node.output)
        elif from_half:
            (name,) = node.output
            node.output[0] = f"{name}.exact"
            nodes += [node, *_rounding(f"{name}.exact", name)]
            half.add(name)
        else:
            nodes.append(node)
    del graph.node[:]
    graph.node.extend(nodes)
    for name, value in _CONSTANTS.items():
        graph.initializer.append(numpy_helper.from_array(np.array(value, np.float32), name))
    onnx.checker.check_model(made)
    return made


def _rounding(name: str, rounded: str) -> list[NodeProto]:
    steps = (
        ("Mul", (name, "half.splitter"), "high"),
        ("Sub", (f"{rounded}.high", name), "rest"),
        ("Sub", (f"{rounded}.high", f"{rounded}.rest"), "kept"),
        ("Abs", (f"{rounded}.kept",), "size"),
        ("Greater", (f"{rounded}.size", "half.largest"), "over"),
    )
    nodes = [
        helper.make_node(kind, taken, [f"{rounded}.{given}"], name=f"{rounded}.{given}") for kind, taken, given in steps
    ]
    nodes.append(
        helper.make_node(
            "Where", [f"{rounded}.over", "half.infinity", f"{rounded}.kept"], [rounded], name=f"{rounded}.round"
        )
    )
    return nodes
