"""Inputs that stay on the device, on the device that every machine has."""

import itertools
from pathlib import Path

import numpy as np
import pytest

from tinct.runtime.backends.device_memory import HostMemory
from tinct.runtime.backends.onnxruntime_backend import OnnxRuntimeBackend
from tinct.runtime.backends.onnxruntime_cuda import OnnxRuntimeHostBackend
from tinct.runtime.backends.resident_inputs import ResidentInputs
from tinct.runtime.bundle import load_bundle
from tinct.runtime.errors import BackendError
from tinct.runtime.session import ColorizationSession, Reference

TINY = load_bundle(Path(__file__).parents[2] / "goldens" / "tiny_bundle")


def numbers(*shape, seed=0):
    return np.random.default_rng(seed).random(shape).astype(np.float32)


def fixed(*shape, seed=0):
    array = numbers(*shape, seed=seed)
    array.setflags(write=False)
    return array


@pytest.fixture
def inputs():
    return ResidentInputs(HostMemory())


def held(inputs, tensors):
    memory = HostMemory()
    return {name: memory.download(buffer, tensors[name].shape) for name, buffer in inputs.place(tensors).items()}


def test_what_lies_on_the_device_is_what_was_given(inputs):
    tensors = {"a": numbers(2, 3), "b": fixed(1, 4)}
    for name, array in held(inputs, tensors).items():
        np.testing.assert_array_equal(array, tensors[name])


def test_what_nobody_can_change_is_copied_once(inputs):
    bank = fixed(1, 5, 7)
    for seed in range(3):
        tensors = {"frame": numbers(1, 2, seed=seed), "bank": bank}
        np.testing.assert_array_equal(held(inputs, tensors)["bank"], bank)
    assert inputs.uploaded_bytes == bank.nbytes + 3 * 8


def test_what_somebody_can_change_is_copied_again(inputs):
    array = numbers(1, 4)
    inputs.place({"a": array})
    array += 1
    np.testing.assert_array_equal(held(inputs, {"a": array})["a"], array)


def test_a_fixed_view_of_what_can_be_changed_is_copied_again(inputs):
    array = numbers(1, 4)
    view = array[:]
    view.setflags(write=False)
    inputs.place({"a": view})
    array += 1
    np.testing.assert_array_equal(held(inputs, {"a": view})["a"], array)


def test_another_fixed_array_replaces_the_one_before(inputs):
    one, other = fixed(1, 4, seed=1), fixed(1, 4, seed=2)
    for array in (one, other, one):
        np.testing.assert_array_equal(held(inputs, {"a": array})["a"], array)


def test_buffers_grow_and_are_kept_when_less_is_wanted(inputs):
    small = inputs.place({"a": numbers(1, 4)})["a"]
    large = inputs.place({"a": numbers(1, 400)})["a"]
    assert large.nbytes > small.nbytes
    assert inputs.place({"a": numbers(1, 8)})["a"] is large


def test_what_came_out_is_taken_from_the_device(inputs):
    result, on_device = fixed(1, 4), numbers(1, 4, seed=7)
    memory = HostMemory()
    buffer = memory.allocate(on_device.nbytes)
    memory.upload(on_device, buffer)
    inputs.came_out([(result, buffer)])
    np.testing.assert_array_equal(held(inputs, {"previous": result})["previous"], on_device)
    assert inputs.uploaded_bytes == 0
    np.testing.assert_array_equal(held(inputs, {"another": result})["another"], on_device)  # as it went in before


def test_what_somebody_can_change_is_not_taken_from_the_device(inputs):
    result = numbers(1, 4)
    buffer = HostMemory().allocate(result.nbytes)
    inputs.came_out([(result, buffer)])
    np.testing.assert_array_equal(held(inputs, {"previous": result})["previous"], result)
    assert inputs.uploaded_bytes == result.nbytes


def test_what_went_in_under_another_name_is_taken_from_there_before_it_is_replaced(inputs):
    frames = [fixed(1, 4, seed=k) for k in range(4)]
    inputs.place({"frame": frames[0], "previous": fixed(1, 4, seed=9)})
    for before, frame in itertools.pairwise(frames):
        found = held(inputs, {"frame": frame, "previous": before})
        np.testing.assert_array_equal(found["frame"], frame)
        np.testing.assert_array_equal(found["previous"], before)
    assert inputs.uploaded_bytes == (2 + 3) * frames[0].nbytes


def test_two_inputs_that_change_places(inputs):
    one, other = fixed(1, 4, seed=1), fixed(1, 4, seed=2)
    for first, second in ((one, other), (other, one), (one, one), (other, one)):
        found = held(inputs, {"a": first, "b": second})
        np.testing.assert_array_equal(found["a"], first)
        np.testing.assert_array_equal(found["b"], second)


def test_a_session_gets_the_same_colours_and_sends_its_bank_once():
    plain, bound = OnnxRuntimeBackend(TINY, threads=1), OnnxRuntimeHostBackend(TINY, threads=1)
    stills = [Reference(numbers(64, 96, 3, seed=k)) for k in range(2)]
    colours = []
    for backend in (plain, bound):
        session = ColorizationSession(backend, working_size=64)
        session.set_references(stills)
        colours.append([session.step(n, 100 * numbers(64, 96, seed=n)).ab for n in range(4)])
    np.testing.assert_array_equal(*colours)
    tokens = 2 * 8 * 12
    planes, bank = 7 * 64 * 96 * 4, tokens * (2 + 2 + 1) * 4
    assert bound.uploaded_bytes == 4 * planes + bank


def test_a_failed_run_says_which_graph_and_the_next_one_is_right():
    backend = OnnxRuntimeHostBackend(TINY, threads=1)
    with pytest.raises(BackendError, match=r"onnxruntime_host failed in reference\.onnx"):
        backend.encode_reference({"still": np.zeros((1, 5, 64, 64), np.float32)})
    still = {"still": numbers(1, 3, 64, 64)}
    expected = OnnxRuntimeBackend(TINY, threads=1).encode_reference(still)
    np.testing.assert_array_equal(backend.encode_reference(still)["key8"], expected["key8"])
