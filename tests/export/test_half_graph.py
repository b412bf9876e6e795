"""Graphs in half precision: what stays in float32, and what the check of them sees."""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper, shape_inference

from tinct.export.half_graph import half_graph, unfold_half
from tinct.export.half_parity import measure_half_error, require_half
from tinct.export.half_rounding import rounded_graph
from tinct.runtime.bundle import find_bundle
from tinct.runtime.errors import BackendError, BundleError

LITE = find_bundle("lite")
ISLANDS = {
    "ReduceMean", "ReduceL2", "ReduceSum", "ReduceLogSumExp", "Softmax", "TopK", "GatherND", "AveragePool", "MaxPool",
    "Exp", "Tanh", "Sigmoid", "Div", "Sub",
}  # fmt: skip
FLOATS = {TensorProto.FLOAT, TensorProto.FLOAT16}


@pytest.fixture(scope="module", params=["reference", "frame"])
def halved(request):
    return half_graph(onnx.load(LITE.folder / f"{request.param}.onnx"))


def types_of(model):
    """Element type of every tensor that shape inference knows, and of the weights."""
    graph = shape_inference.infer_shapes(model, strict_mode=True).graph
    known = {value.name: value.type.tensor_type.elem_type for value in (*graph.value_info, *graph.input, *graph.output)}
    return known | {initializer.name: initializer.data_type for initializer in graph.initializer}


def depending_on_pictures(graph):
    """Names of the tensors that depend on what the inputs hold, not on their sizes alone."""
    seen = {value.name for value in graph.input}
    for node in graph.node:
        if node.op_type != "Shape" and seen.intersection(node.input):
            seen.update(node.output)
    return seen


def test_convolutions_are_half_and_the_rest_is_not(halved):
    types = types_of(halved)
    for node in halved.graph.node:
        taken = {types[name] for name in node.input if name}
        if node.op_type == "Conv":
            assert taken == {TensorProto.FLOAT16}, node.name
        elif node.op_type in ISLANDS or (node.op_type == "MatMul" and node.input[1] not in types):
            assert TensorProto.FLOAT16 not in taken, node.name


def test_correlation_and_what_copies_by_it_are_float32():
    model = half_graph(onnx.load(LITE.folder / "frame.onnx"))
    types = types_of(model)
    products = [node for node in model.graph.node if node.op_type == "MatMul"]
    seen = depending_on_pictures(model.graph)  # the others enlarge and average, by matrices that depend on sizes alone
    assert sum(seen.issuperset(node.input) for node in products) == 4
    assert {types[name] for node in products for name in (*node.input, *node.output)} == {TensorProto.FLOAT}


def test_few_casts_and_the_callers_tensors_are_float32(halved):
    types = types_of(halved)
    between = [node for node in halved.graph.node if node.op_type == "Cast" and types[node.input[0]] in FLOATS]
    assert 2 <= len(between) <= 16
    for value in (*halved.graph.input, *halved.graph.output):
        assert value.type.tensor_type.elem_type == TensorProto.FLOAT


def test_the_same_graph_gives_the_same_bytes():
    model = onnx.load(LITE.folder / "reference.onnx")
    before = model.SerializeToString(deterministic=True)
    one, other = (half_graph(model).SerializeToString(deterministic=True) for _ in range(2))
    assert one == other
    assert model.SerializeToString(deterministic=True) == before


def test_unfolding_leaves_no_half_and_the_same_results():
    model = onnx.load(LITE.folder / "descriptor.onnx")
    single = unfold_half(model)
    assert all(initializer.data_type != TensorProto.FLOAT16 for initializer in single.graph.initializer)
    picture = np.random.default_rng(0).random((1, 1, 64, 96)).astype(np.float32)
    np.testing.assert_array_equal(run(single, picture), run(model, picture))


def run(model, picture):
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, {session.get_inputs()[0].name: picture})[0]


def one_convolution(weight):
    """``y = weight * x``, added to x in float32."""
    shape = [1, 1, 1, "W"]
    nodes = [
        helper.make_node("Conv", ["x", "w"], ["product"], name="product"),
        helper.make_node("Sub", ["product", "x"], ["y"], name="difference"),
    ]
    values = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name in "xy"]
    weights = [numpy_helper.from_array(np.full((1, 1, 1, 1), weight, np.float32), "w")]
    graph = helper.make_graph(nodes, "g", values[:1], values[1:], weights)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def test_what_passes_on_keeps_its_sizes_and_takes_its_fillings_along():
    nodes = [
        helper.make_node("Conv", ["x", "w"], ["product"], name="product"),
        helper.make_node("Pad", ["product", "ends", "filling"], ["wide"], name="wide"),
        helper.make_node("Resize", ["wide", "", "scales"], ["large"], name="large"),
        helper.make_node("Clip", ["large", "", "most"], ["clipped"], name="clipped"),
        helper.make_node("Conv", ["clipped", "w"], ["again"], name="again"),
        helper.make_node("Exp", ["again"], ["y"], name="last"),
    ]
    floats = {"w": [[[[0.5]]]], "filling": 0.25, "scales": [1, 1, 1, 2], "most": 3.0}
    weights = [numpy_helper.from_array(np.array(value, np.float32), name) for name, value in floats.items()]
    weights.append(numpy_helper.from_array(np.array([0, 0, 0, 1, 0, 0, 0, 1]), "ends"))
    values = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 1, 1, None]) for name in "xy"]
    graph = helper.make_graph(nodes, "g", values[:1], values[1:], weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    half = half_graph(model)
    assert sum(node.op_type == "Cast" for node in half.graph.node) == 2
    x = np.float32([[[[1.0, 2.0]]]])
    np.testing.assert_allclose(run(half, x), run(model, x), rtol=1e-2)


def test_the_check_rounds_as_half_precision_does():
    numbers = np.random.default_rng(0).uniform(-900, 900, 4000).astype(np.float32).reshape(1, 1, 1, -1)
    found = run(rounded_graph(half_graph(one_convolution(1.1))), numbers)
    product = numbers.astype(np.float16).astype(np.float32) * np.float32(np.float16(1.1))
    np.testing.assert_array_equal(found, product.astype(np.float16).astype(np.float32) - numbers)


def test_what_is_too_large_for_half_becomes_infinite():
    found = run(rounded_graph(half_graph(one_convolution(4.0))), np.float32([[[[16376.0, 16384.0]]]]))
    assert np.isfinite(found[..., 0])
    assert np.isinf(found[..., 1])


def test_a_weight_that_half_cannot_hold_is_refused():
    with pytest.raises(BundleError, match="the weight w is not finite in half precision"):
        half_graph(one_convolution(1e5))


@pytest.fixture(scope="module")
def rounded(tmp_path_factory):
    folder = tmp_path_factory.mktemp("half")
    for name in ("reference.onnx", "frame.onnx"):
        onnx.save(rounded_graph(half_graph(onnx.load(LITE.folder / name))), folder / name)
    return folder


def test_the_shipped_model_colours_alike_in_half(rounded):
    error = measure_half_error(LITE, rounded, sizes=[(96, 160)], threads=1)
    assert error["mean"] > 1e-5, "nothing was rounded"
    require_half(error)


def test_a_graph_that_overflows_is_found_out(rounded, tmp_path):
    for name in ("reference.onnx", "frame.onnx"):
        model = onnx.load(rounded / name)
        for initializer in model.graph.initializer:
            if initializer.name == "network.colour.enter2.weight.in_half":
                values = numpy_helper.to_array(initializer) * np.float32(1e6)
                initializer.CopyFrom(numpy_helper.from_array(values, initializer.name))
        onnx.save(model, Path(tmp_path) / name)
    with pytest.raises(BackendError, match="not finite"):
        measure_half_error(LITE, tmp_path, sizes=[(64, 96)], threads=1)


@pytest.mark.parametrize(("mean", "p999"), [(0.051, 0.1), (0.01, 0.51), (float("nan"), 0.1), (0.01, float("nan"))])
def test_limits_of_half(mean, p999):
    with pytest.raises(BundleError, match=r"in half precision the model colours otherwise.*--precision fp32"):
        require_half({"mean": mean, "p999": p999})
    require_half({"mean": 0.05, "p999": 0.5})
