"""The choice of the largest in groups gives what the choice of all at once gives."""

import numpy as np
import pytest

from tinct.runtime.backends.openvino_top_k import GROUPED, group_top_k

openvino = pytest.importorskip("openvino")


def model(shape, k, *, axis=2, mode="max"):
    from openvino import opset13

    numbers = opset13.parameter(shape, np.float32, name="numbers")
    top = opset13.topk(numbers, np.int32(k), axis, mode, "value", "i64")
    return openvino.Model([opset13.result(port) for port in top.outputs()], [numbers], "top")


def kinds(graph):
    return [node.get_type_name() for node in graph.get_ordered_ops()]


def run(graph, numbers):
    config = {"INFERENCE_PRECISION_HINT": "f32"}
    return [value.copy() for value in openvino.Core().compile_model(graph, "CPU", config)([numbers]).values()]


@pytest.mark.parametrize(("rows", "count", "k"), [(7, 512, 8), (33, 1344, 8), (5, 96, 3)])
def test_the_same_numbers_from_the_same_places(rows, count, k):
    numbers = np.random.default_rng(count).permutation(2 * rows * count).reshape(2, rows, count).astype(np.float32)
    wanted = run(model(numbers.shape, k), numbers)
    graph = model(numbers.shape, k)
    group_top_k(graph)
    assert kinds(graph).count("TopK") == 2
    for found, right in zip(run(graph, numbers), wanted, strict=True):
        assert found.dtype == right.dtype
        np.testing.assert_array_equal(found, right)


def test_equal_numbers_are_taken_from_different_places():
    numbers = np.zeros((1, 4, 512), np.float32)
    graph = model(numbers.shape, 8)
    group_top_k(graph)
    values, places = run(graph, numbers)
    assert not values.any()
    assert all(len(set(row)) == 8 for row in places[0])


@pytest.mark.parametrize(
    ("shape", "changed"),
    [
        ((1, 9, 8 * 4 * GROUPED - GROUPED), {}),
        ((1, 9, 515), {}),
        ((1, 512, 9), {"axis": 1}),
        ((1, 9, 512), {"mode": "min"}),
    ],
)
def test_others_stay(shape, changed):
    graph = model(shape, 8, **changed)
    before = kinds(graph)
    group_top_k(graph)
    assert kinds(graph) == before
