"""A model cut in two computes what the whole one does."""

import numpy as np
import pytest

from tinct.runtime.backends.openvino_parts import BEGUN, cut_in_two

openvino = pytest.importorskip("openvino")

INPUTS = {name: np.random.default_rng(k).random((1, 2, 4, 4), np.float32) for k, name in enumerate(("now", "past"))}


def model(*, crossing=True):
    """``sum`` of now and past, each scaled; ``early`` of now alone; ``size``, which depends on no number."""
    from openvino import opset13

    now, past = (opset13.parameter((1, 2, 4, 4), np.float32, name=name) for name in INPUTS)
    for parameter, name in zip((now, past), INPUTS, strict=True):
        parameter.output(0).set_names({name})
    scaled = opset13.multiply(opset13.relu(now), np.float32(3)) if crossing else past
    outputs = {
        "sum": opset13.add(scaled, opset13.multiply(past, np.float32(5))),
        "early": opset13.exp(scaled) if crossing else opset13.exp(past),
        "size": opset13.convert(opset13.shape_of(now), np.float32),
    }
    for name, node in outputs.items():
        node.output(0).set_names({name})
    return openvino.Model([opset13.result(node) for node in outputs.values()], [now, past], "whole")


def run(part, given):
    request = openvino.Core().compile_model(part, "CPU", {"INFERENCE_PRECISION_HINT": "f32"}).create_infer_request()
    request.infer({name: given[name] for port in request.model_inputs for name in port.get_names() if name in given})
    return {name: request.get_tensor(name).data.copy() for port in request.model_outputs for name in port.get_names()}


def test_both_parts_give_what_the_whole_gives():
    wanted = run(model(), INPUTS)
    first, rest = cut_in_two(model(), ("now",))
    assert [port.get_any_name() for port in first.inputs] == ["now"]
    begun = {name: tensor for name, tensor in run(first, INPUTS).items() if name.startswith(BEGUN)}
    assert begun
    found = run(rest, {"past": INPUTS["past"], "now": np.zeros_like(INPUTS["now"]), **begun})
    for name in ("sum", "early", "size"):
        np.testing.assert_allclose(found[name], wanted[name], rtol=1e-6)  # the whole multiplies and adds at once


def test_what_depends_on_the_rest_is_not_begun():
    assert cut_in_two(model(crossing=False), ("now",)) is None
