"""How an engine is driven: sizes, addresses, replay and refusals.

TensorRT itself needs a GPU. In its place stands an engine over the processor's memory that adds one to its input at the
addresses it is told, refuses what TensorRT refuses, and forgets what TensorRT forgets.
"""

import ctypes
from types import SimpleNamespace

import numpy as np
import pytest

from tinct.runtime.backends.device_memory import HostMemory
from tinct.runtime.backends.tensorrt_engine import TensorRtEngine
from tinct.runtime.engine_card import EngineSpec
from tinct.runtime.errors import BackendError

PROFILES = (
    {"x": ((1, 2), (1, 4), (1, 8)), "bank": ((1, 1), (1, 2), (1, 4))},
    {"x": ((1, 16), (1, 16), (1, 32)), "bank": ((1, 1), (1, 2), (1, 4))},
)


class Streams(HostMemory):
    """The processor's memory with the streams of `CudaMemory`, on which everything happens at once."""

    computing = 7

    def __init__(self, *, records=True):
        self.records = records
        self.replayed = 0

    def replay(self, enqueue):
        if not self.records:
            return None

        def again():
            self.replayed += 1
            enqueue()

        return again


class Context:
    """``y = x + bank[0]``, element by element, at the addresses that were set."""

    def __init__(self):
        self.profile, self.shapes, self.addresses, self.runs, self.fails = 0, {}, {}, 0, False

    def set_optimization_profile_async(self, index, stream):
        assert stream == Streams.computing
        self.profile, self.shapes = index, {}  # TensorRT forgets shapes when the profile changes
        return True

    def set_input_shape(self, name, shape):
        low, _, high = PROFILES[self.profile][name]
        self.shapes[name] = shape
        return all(a <= x <= b for a, x, b in zip(low, shape, high, strict=True))

    def set_tensor_address(self, name, pointer):
        self.addresses[name] = pointer
        return True

    def infer_shapes(self):
        return [name for name in ("x", "bank") if name not in self.shapes]

    def get_tensor_shape(self, name):
        return self.shapes["x"] if name == "y" else self.shapes[name]

    def execute_async_v3(self, stream):
        assert stream == Streams.computing
        self.runs += 1
        x, bank, y = (self._floats(name) for name in ("x", "bank", "y"))
        y[...] = x + bank.flat[0]
        return not self.fails

    def _floats(self, name):
        shape = self.get_tensor_shape(name)
        block = (ctypes.c_float * int(np.prod(shape))).from_address(self.addresses[name])
        return np.ctypeslib.as_array(block).reshape(shape)


class Library:
    """The part of TensorRT's module that an engine is driven by."""

    TensorIOMode = SimpleNamespace(INPUT=0, OUTPUT=1)

    class ILogger:
        Severity = SimpleNamespace(INTERNAL_ERROR=0, ERROR=1, WARNING=2, INFO=3)

        def __init__(self):
            pass

    def __init__(self):
        self.context = Context()

    def Runtime(self, log):
        names = ("x", "bank", "y")
        engine = SimpleNamespace(
            num_io_tensors=3,
            get_tensor_name=lambda index: names[index],
            get_tensor_mode=lambda name: self.TensorIOMode.OUTPUT if name == "y" else self.TensorIOMode.INPUT,
            create_execution_context=lambda: self.context,
        )

        def deserialize(data):
            log.log(self.ILogger.Severity.INFO, "loaded")
            if data != b"engine":
                log.log(self.ILogger.Severity.ERROR, "magic tag does not match")
            return engine if data == b"engine" else None

        return SimpleNamespace(deserialize_cuda_engine=deserialize)


@pytest.fixture
def library():
    return Library()


def opened(library, tmp_path, *, data=b"engine", records=True):
    spec = EngineSpec("frame", "0", "0", "fp16", "tensorrt", "10.3", ("sm89",), PROFILES)
    memory = Streams(records=records)
    return TensorRtEngine(
        library, data, spec, memory, kernels=tmp_path / "kernels", rebuild="tinct export lite"
    ), memory


def inputs(width, start=0.0, bank=1.0):
    x = (start + np.arange(width, dtype=np.float32)).reshape(1, width)
    return {"x": x, "bank": np.full((1, 2), bank, np.float32)}


def check(engine, tensors):
    np.testing.assert_array_equal(engine.run(tensors)["y"], tensors["x"] + tensors["bank"][0, 0])


def test_the_second_run_of_the_same_sizes_is_recorded_and_replayed(library, tmp_path):
    engine, memory = opened(library, tmp_path)
    for index in range(5):
        check(engine, inputs(4, start=index))
    assert (library.context.runs, memory.replayed) == (5, 4)


def test_other_sizes_are_not_replayed_with_the_old_ones(library, tmp_path):
    engine, memory = opened(library, tmp_path)
    for width in (4, 4, 6, 4, 8, 8, 8):
        check(engine, inputs(width))
    assert memory.replayed == 1 + 2


def test_sizes_of_another_profile_select_it_and_back(library, tmp_path):
    engine, _ = opened(library, tmp_path)
    for width, profile in ((4, 0), (20, 1), (32, 1), (4, 0)):
        check(engine, inputs(width))
        assert library.context.profile == profile


def test_what_cannot_be_recorded_runs_all_the_same(library, tmp_path):
    engine, memory = opened(library, tmp_path, records=False)
    for index in range(4):
        check(engine, inputs(4, start=index))
    assert (library.context.runs, memory.replayed) == (4, 0)


def test_a_larger_bank_is_found_at_its_new_address(library, tmp_path):
    engine, _ = opened(library, tmp_path)
    check(engine, inputs(4))
    larger = {**inputs(4), "bank": np.full((1, 4), 3.0, np.float32)}
    check(engine, larger)
    check(engine, inputs(4, bank=5.0))


def test_results_are_the_callers_own(library, tmp_path):
    engine, _ = opened(library, tmp_path)
    first = engine.run(inputs(4))["y"]
    kept = first.copy()
    engine.run(inputs(4, start=9))
    np.testing.assert_array_equal(first, kept)


@pytest.mark.parametrize("width", [1, 12, 33])
def test_sizes_that_it_is_not_built_for(library, tmp_path, width):
    engine, _ = opened(library, tmp_path)
    with pytest.raises(BackendError, match=rf"not built for these sizes \(x \(1, {width}\).*: tinct export lite"):
        engine.run(inputs(width))
    check(engine, inputs(4))


def test_a_failed_run_is_an_error_and_the_next_one_is_right(library, tmp_path):
    engine, _ = opened(library, tmp_path)
    library.context.fails = True
    with pytest.raises(BackendError, match="the tensorrt engine for frame failed"):
        engine.run(inputs(4))
    library.context.fails = False
    check(engine, inputs(4))


def test_an_engine_that_tensorrt_refuses(library, tmp_path):
    with pytest.raises(BackendError, match="the tensorrt engine for frame cannot be loaded: magic tag does not match"):
        opened(library, tmp_path, data=b"engin")
