"""Makes ``stand_in.onnx`` and ``stand_in.json``: a network of the size and shape of DEVC's, as a yardstick for speed.

    python -m tinct.export.stand_in [FOLDER]

DEVC (Zhang et al., "Deep Exemplar-based Video Colorization", CVPR 2019) needs 404 GFLOP (2 x multiply-accumulate) a
frame at 216x384. This graph has its parts: VGG19 to relu5_2 on the frame and on the reference, the feature heads of
the warp module, the correlation at 1/4 with its softmax, and the colorization U-Net. It is built at 224x384, where its
parts come to 404 GFLOP with a U-Net narrower than DEVC's at 1/8; the count is taken from the graph and stands in the
JSON file.

The graph holds no weights: every initializer is declared as external data, which `tinct.benchmark.stand_in` supplies
as random numbers when it loads the graph, by the shapes in the JSON file. A convolution's time does not depend on its
weights.
"""

import json
import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import onnx
from onnx import TensorProto, helper, shape_inference

HEIGHT, WIDTH = 224, 384
VGG19 = ((64, 64), (128, 128), (256, 256, 256, 256), (512, 512, 512, 512), (512, 512))
TAPS = (2, 3, 4, 5)
"""Blocks of VGG19 that feed the warp module; the second convolution of each is its tap."""
HEAD = 64
"""Channels of each level in the warp module (F in DEVC)."""
UNET = (32, 64, 112, 224, 336)
OPSET = 20


@dataclass
class GraphBuilder:
    """Collects nodes and weightless initializers."""

    nodes: list[onnx.NodeProto] = field(default_factory=list)
    weights: list[onnx.TensorProto] = field(default_factory=list)

    def node(self, kind: str, inputs: Sequence[str], **attributes: object) -> str:
        """Append a node with one output and return the output's name."""
        output = f"{kind.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [output], **attributes))
        return output

    def weight(self, *shape: int) -> str:
        """Declare an initializer whose values come from outside."""
        tensor = TensorProto(name=f"weight_{len(self.weights)}", data_type=TensorProto.FLOAT, dims=shape)
        tensor.data_location = TensorProto.EXTERNAL
        tensor.external_data.add(key="location", value="supplied-when-loaded")
        self.weights.append(tensor)
        return str(tensor.name)

    def constant(self, kind: int, values: Sequence[float]) -> str:
        """A small constant that stands in the graph."""
        output = f"constant_{len(self.nodes)}"
        tensor = helper.make_tensor(output, kind, [len(values)], list(values))
        self.nodes.append(helper.make_node("Constant", [], [output], value=tensor))
        return output

    def conv(self, x: str, inside: int, outside: int, *, kernel: int = 3, stride: int = 1, dilation: int = 1) -> str:
        """A padded convolution with bias."""
        pad = dilation * (kernel // 2)
        return self.node(
            "Conv",
            [x, self.weight(outside, inside, kernel, kernel), self.weight(outside)],
            kernel_shape=[kernel, kernel],
            strides=[stride, stride],
            dilations=[dilation, dilation],
            pads=[pad] * 4,
        )

    def relu(self, x: str) -> str:
        """ReLU."""
        return self.node("Relu", [x])

    def norm(self, x: str, channels: int) -> str:
        """Instance norm."""
        return self.node("InstanceNormalization", [x, self.weight(channels), self.weight(channels)], epsilon=1e-5)

    def unit(self, x: str, inside: int, outside: int, *, stride: int = 1) -> str:
        """The warp module's unit: convolution, instance norm, PReLU (a slope a channel)."""
        y = self.norm(self.conv(x, inside, outside, stride=stride), outside)
        return self.node("PRelu", [y, self.weight(outside, 1, 1)])

    def upsample(self, x: str) -> str:
        """Nearest x2."""
        scales = self.constant(TensorProto.FLOAT, (1.0, 1.0, 2.0, 2.0))
        return self.node(
            "Resize", [x, "", scales], mode="nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor"
        )


def vgg_levels(graph: GraphBuilder, x: str) -> list[str]:
    """relu2_2, relu3_2, relu4_2 and relu5_2 of VGG19."""
    levels, channels = [], 3
    for block, widths in enumerate(VGG19, 1):
        if block > 1:
            x = graph.node("MaxPool", [x], kernel_shape=[2, 2], strides=[2, 2])
        for index, width in enumerate(widths, 1):
            x = graph.relu(graph.conv(x, channels, width))
            channels = width
            if index == 2 and block in TAPS:
                levels.append(x)
    return levels


def warp_features(graph: GraphBuilder, levels: Sequence[str]) -> str:
    """Unit-length features (1, 256, H/4 * W/4) of the four levels."""
    second, third, fourth, fifth = levels
    heads = [
        graph.unit(graph.unit(second, 128, 128), 128, HEAD, stride=2),
        graph.unit(graph.unit(third, 256, 128), 128, HEAD),
        graph.upsample(graph.unit(graph.unit(fourth, 512, 256), 256, HEAD)),
        graph.upsample(graph.unit(graph.upsample(graph.unit(fifth, 512, 256)), 256, HEAD)),
    ]
    x = graph.node("Concat", heads, axis=1)
    for _ in range(3):
        x = graph.node("Add", [x, graph.unit(graph.unit(x, 4 * HEAD, 4 * HEAD), 4 * HEAD, 4 * HEAD)])
    x = graph.conv(x, 4 * HEAD, 256, kernel=1)
    x = graph.node("Reshape", [x, graph.constant(TensorProto.INT64, (1, 256, -1))])
    return graph.node("LpNormalization", [x], axis=1, p=2)


def warped_colour(graph: GraphBuilder, frame: str, still: str) -> str:
    """The still's ab at 1/4, moved along the correlation and brought to the frame's size, with its similarity."""
    theta = graph.node("Transpose", [warp_features(graph, vgg_levels(graph, frame))], perm=[0, 2, 1])
    phi = warp_features(graph, vgg_levels(graph, still))
    correlation = graph.node("MatMul", [theta, phi])
    similarity = graph.node("ReduceMax", [correlation, graph.constant(TensorProto.INT64, (-1,))], keepdims=1)
    sharp = graph.node("Mul", [correlation, graph.constant(TensorProto.FLOAT, (100.0,))])
    attention = graph.node("Softmax", [sharp], axis=-1)
    colour = graph.node("AveragePool", [still], kernel_shape=[4, 4], strides=[4, 4])
    colour = graph.node("Reshape", [colour, graph.constant(TensorProto.INT64, (1, 3, -1))])
    colour = graph.node("MatMul", [attention, graph.node("Transpose", [colour], perm=[0, 2, 1])])
    both = graph.node("Transpose", [graph.node("Concat", [colour, similarity], axis=2)], perm=[0, 2, 1])
    image = graph.node("Reshape", [both, graph.constant(TensorProto.INT64, (1, 4, HEIGHT // 4, WIDTH // 4))])
    return graph.upsample(graph.upsample(image))


def colour_unet(graph: GraphBuilder, x: str) -> str:
    """The colorization network: encoder to 1/8, two dilated groups, decoder with additive skips; ab (1, 2, H, W)."""
    c1, c2, c3, c4, c5 = UNET

    def group(x: str, widths: Sequence[int], *, dilation: int = 1) -> str:
        for inside, outside in pairwise(widths):
            x = graph.relu(graph.conv(x, inside, outside, dilation=dilation))
        return graph.norm(x, widths[-1])

    def half(x: str) -> str:
        return graph.node("AveragePool", [x], kernel_shape=[2, 2], strides=[2, 2])

    first = group(x, (10, c1, c2, c2))
    second = group(half(first), (c2, c3, c3))
    third = group(half(second), (c3, c4, c4, c4))
    x = group(half(third), (c4, c5, c5, c5))
    for _ in range(2):
        x = group(x, (c5, c5, c5, c5), dilation=2)
    x = group(x, (c5, c5, c5, c5))
    x = graph.node("Add", [graph.conv(graph.upsample(x), c5, c4), graph.conv(third, c4, c4)])
    x = group(graph.relu(x), (c4, c4, c4))
    x = graph.node("Add", [graph.conv(graph.upsample(x), c4, c3), graph.conv(second, c3, c3)])
    x = group(graph.relu(x), (c3, c3))
    x = graph.node("Add", [graph.conv(graph.upsample(x), c3, c3), graph.conv(first, c2, c3)])
    x = graph.relu(graph.conv(graph.relu(x), c3, c3))
    return graph.node("Tanh", [graph.conv(x, c3, 2, kernel=1)])


def build() -> onnx.ModelProto:
    """The whole graph."""
    graph = GraphBuilder()
    warped = warped_colour(graph, "frame", "still")
    ab = colour_unet(graph, graph.node("Concat", ["frame", warped, "previous"], axis=1))
    shape = [1, 3, HEIGHT, WIDTH]
    inputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name in ("frame", "still", "previous")]
    output = helper.make_tensor_value_info("ab", TensorProto.FLOAT, [1, 2, HEIGHT, WIDTH])
    graph.nodes.append(helper.make_node("Identity", [ab], ["ab"]))
    body = helper.make_graph(graph.nodes, "devc_sized", inputs, [output], graph.weights)
    return helper.make_model(body, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=10, producer_name="tinct")


def describe(model: onnx.ModelProto) -> dict[str, object]:
    """The cost of ``model`` (2 x multiply-accumulate), its parameters, and the shape of each weight to supply."""
    weights = {weight.name: list(weight.dims) for weight in model.graph.initializer}
    return {"flops": count_flops(model), "parameters": sum(map(math.prod, weights.values())), "weights": weights}


def count_flops(model: onnx.ModelProto) -> int:
    """2 x the multiply-accumulates of every convolution and matrix product of ``model``."""
    inferred = shape_inference.infer_shapes(model, data_prop=True).graph
    shapes = {weight.name: list(weight.dims) for weight in inferred.initializer}
    for value in (*inferred.input, *inferred.value_info, *inferred.output):
        shapes[value.name] = [dimension.dim_value for dimension in value.type.tensor_type.shape.dim]
    total = 0
    for node in inferred.node:
        if node.op_type == "Conv":
            total += 2 * math.prod(shapes[node.input[1]][1:]) * math.prod(shapes[node.output[0]])
        elif node.op_type == "MatMul":
            total += 2 * shapes[node.input[0]][-1] * math.prod(shapes[node.output[0]])
    return total


def main(folder: Path) -> None:
    """Write ``stand_in.onnx`` and ``stand_in.json`` to ``folder``."""
    model = build()
    (folder / "stand_in.onnx").write_bytes(model.SerializeToString(deterministic=True))
    (folder / "stand_in.json").write_text(json.dumps(describe(model)) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
