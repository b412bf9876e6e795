"""What every inference backend promises, on the same small bundle."""

import math
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from tinct.runtime.backends import backend_names, backend_report, create_backend
from tinct.runtime.backends.onnxruntime_cuda import OnnxRuntimeHostBackend
from tinct.runtime.bundle import load_bundle
from tinct.runtime.engine_card import FLAVOURS, FOLDER_VARIABLE
from tinct.runtime.errors import BackendError

BUNDLE = load_bundle(Path(__file__).parents[1] / "goldens" / "tiny_bundle")
UNAVAILABLE = {name: reason for name, reason in backend_report() if reason is not None}
HOST = OnnxRuntimeHostBackend.NAME
BEGIN_AHEAD = ("openvino",)
"""Backends that run what needs no past as a part of its own."""
SIZES = ((64, 96), (32, 32), (96, 64))


TOLERANCE = {"tensorrt": 2e-3, "tensorrt_rtx": 2e-3}
"""In scaled ab, where a backend may differ by rounding; 1e-4 for the others."""


@pytest.fixture(scope="module", params=[name for name in backend_names() if name not in UNAVAILABLE] + [HOST])
def backend(request, tmp_path_factory):
    """Every backend that this machine can run, and the one for GPUs with ONNX Runtime over the host's memory."""
    with pytest.MonkeyPatch.context() as patch:
        yield opened(request.param, tmp_path_factory, patch)


@pytest.mark.parametrize("name", UNAVAILABLE)
def test_a_backend_that_this_machine_cannot_run(name):
    """Stands in the list of what was skipped, by name and with the reason."""
    with pytest.raises(BackendError, match=f"the backend {name} cannot run here"):
        create_backend(name, BUNDLE)
    pytest.skip(f"{name}: {UNAVAILABLE[name]}")


def opened(name, tmp_path_factory, patch):
    if name in FLAVOURS:
        folder = tmp_path_factory.mktemp(name)
        build_engines_for_tests(name, folder)
        patch.setenv(FOLDER_VARIABLE, str(folder))
    if name == HOST:
        return OnnxRuntimeHostBackend(BUNDLE, threads=1)
    return create_backend(name, BUNDLE, threads=1)


def build_engines_for_tests(flavour, folder):
    """Engines for every size below, for the GPU that is here."""
    from tinct.export.engine import EnginePlan, build_engines
    from tinct.export.engine_profiles import EngineSizes
    from tinct.runtime.backends.cuda_memory import find_gpu

    low, usual, high = (32, 32), (64, 96), (96, 96)
    channels = {"luminance": 1, "warped_ab": 2, "warped_validity": 1, "hints": 3}
    frame_ranges = {name: tuple((1, count, *size) for size in (low, usual, high)) for name, count in channels.items()}
    rows = (1, 96, 1024)
    frame_ranges |= {name: tuple((1, count, 2) for count in rows) for name in BUNDLE.manifest.bank}
    frame_ranges["bank_bias"] = tuple((1, count) for count in rows)
    still_ranges = {"still": tuple((1, 3, *size) for size in (low, usual, high))}
    plan = EnginePlan(flavour, EngineSizes((64,)), architectures=(find_gpu().architecture,))
    build_engines(BUNDLE, plan, folder, profiles={"reference": (still_ranges,), "frame": (frame_ranges,)})


def still(height, width, ab, seed=0):
    """A still of all lightnesses in one colour, scaled Lab."""
    lab = np.empty((1, 3, height, width), np.float32)
    lab[:, 0] = np.random.default_rng(seed).uniform(-1, 1, (height, width))
    lab[:, 1:] = np.asarray(ab, np.float32).reshape(1, 2, 1, 1)
    return {"still": lab}


def frame(height, width, banks, weights=None, seed=0):
    """Inputs of a frame without a previous one and without hints."""
    rng = np.random.default_rng(seed)
    weights = weights or [1.0] * len(banks)
    names = BUNDLE.manifest.bank
    bias = [np.full((1, b[names[0]].shape[1]), math.log(w), np.float32) for b, w in zip(banks, weights, strict=True)]
    return {
        "luminance": rng.uniform(-1, 1, (1, 1, height, width)).astype(np.float32),
        "warped_ab": np.zeros((1, 2, height, width), np.float32),
        "warped_validity": np.zeros((1, 1, height, width), np.float32),
        "hints": np.zeros((1, 3, height, width), np.float32),
        "bank_bias": np.concatenate(bias, axis=1),
        **{name: np.concatenate([b[name] for b in banks], axis=1) for name in names},
    }


@pytest.mark.parametrize("size", SIZES)
def test_reference_tensors_are_rows_of_tokens(backend, size):
    bank = backend.encode_reference(still(*size, (0.3, -0.2)))
    assert set(bank) >= set(BUNDLE.manifest.bank)
    counts = set()
    for name in BUNDLE.manifest.bank:
        assert bank[name].dtype == np.float32
        assert bank[name].ndim == 3
        assert bank[name].shape[0] == 1
        counts.add(bank[name].shape[1])
    assert len(counts) == 1


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("stills", [1, 2, 5])
def test_frame_tensors_have_the_frames_size_whatever_the_stills(backend, size, stills):
    banks = [backend.encode_reference(still(32 * (1 + k % 3), 64, (0.1 * k, 0.2), seed=k)) for k in range(stills)]
    result = backend.colorize_frame(frame(*size, banks))
    assert result["ab"].shape == (1, 2, *size)
    assert result["confidence"].shape == (1, 1, *size)
    assert result["ab"].dtype == result["confidence"].dtype == np.float32
    assert np.isfinite(result["ab"]).all()
    assert result["confidence"].min() >= 0
    assert result["confidence"].max() <= 1


def test_colour_comes_from_the_still(backend):
    bank = backend.encode_reference(still(64, 64, (0.4, -0.25)))
    ab = backend.colorize_frame(frame(64, 96, [bank]))["ab"]
    np.testing.assert_allclose(ab[0, 0], 0.4, atol=1e-3)
    np.testing.assert_allclose(ab[0, 1], -0.25, atol=1e-3)


def test_repeats_bit_for_bit_whatever_ran_between(backend):
    bank = backend.encode_reference(still(64, 64, (0.4, -0.25)))
    other = backend.encode_reference(still(96, 32, (-0.4, 0.6), seed=5))
    inputs, elsewhere = frame(64, 96, [bank], seed=1), frame(96, 64, [other, bank], seed=2)
    first = {name: tensor.copy() for name, tensor in backend.colorize_frame(inputs).items()}
    backend.colorize_frame(elsewhere)
    backend.encode_reference(still(32, 32, (0.1, 0.1)))
    again = backend.colorize_frame(inputs)
    for name, tensor in first.items():
        np.testing.assert_array_equal(tensor, again[name])


@pytest.mark.parametrize("stills", [1, 3])
def test_a_frame_begun_ahead_comes_out_the_same(backend, stills):
    banks = [backend.encode_reference(still(64, 64, (0.4, -0.1 * k), seed=k)) for k in range(stills)]
    inputs, other = (frame(64, 96, banks, seed=seed) for seed in (1, 2))
    early = {"luminance", "bank_bias", *BUNDLE.manifest.bank}
    wanted = backend.colorize_frame(inputs)
    with ThreadPoolExecutor(1) as ahead:
        begun = [
            ahead.submit(backend.begin_frame, {name: one[name] for name in early}).result() for one in (inputs, other)
        ]
    assert bool(begun[0]) == (backend.NAME in BEGIN_AHEAD)
    for found in (backend.colorize_frame({**inputs, **begun[0]}), backend.colorize_frame(inputs)):
        for name, tensor in wanted.items():
            np.testing.assert_array_equal(found[name], tensor)
    if begun[0]:  # it is what was begun that counts
        assert not np.array_equal(backend.colorize_frame({**inputs, **begun[1]})["ab"], wanted["ab"])


def test_nothing_is_begun_of_a_frame_of_a_new_size(backend):
    inputs = frame(128, 32, [backend.encode_reference(still(64, 64, (0.4, -0.1)))])
    assert backend.begin_frame(inputs) == {}


def test_results_are_the_callers_own(backend):
    bank = backend.encode_reference(still(64, 64, (0.4, -0.25)))
    kept = {name: tensor.copy() for name, tensor in bank.items()}
    first = backend.colorize_frame(frame(64, 64, [bank], seed=1))
    copy = first["ab"].copy()
    backend.colorize_frame(frame(64, 64, [bank], seed=2))
    backend.encode_reference(still(64, 64, (-0.4, 0.5), seed=3))
    np.testing.assert_array_equal(first["ab"], copy)
    for name, tensor in kept.items():
        np.testing.assert_array_equal(bank[name], tensor)


def test_inputs_stay_as_they_were(backend):
    bank = backend.encode_reference(still(64, 64, (0.4, -0.25)))
    inputs = frame(64, 64, [bank])
    before = {name: tensor.copy() for name, tensor in inputs.items()}
    backend.colorize_frame(inputs)
    for name, tensor in before.items():
        np.testing.assert_array_equal(inputs[name], tensor)


def test_takes_read_only_and_strided_inputs(backend):
    bank = backend.encode_reference(still(64, 64, (0.4, -0.25)))
    inputs = frame(64, 96, [bank])
    expected = backend.colorize_frame(inputs)["ab"]
    strided = {name: np.repeat(tensor, 2, axis=-1)[..., ::2] for name, tensor in inputs.items()}
    for tensor in strided.values():
        tensor.setflags(write=False)
    np.testing.assert_array_equal(backend.colorize_frame(strided)["ab"], expected)


def test_a_previous_colour_counts_only_where_it_is_valid(backend):
    bank = backend.encode_reference(still(64, 64, (0.4, -0.25)))
    plain = frame(64, 64, [bank])
    moved = {**plain, "warped_ab": np.full_like(plain["warped_ab"], -0.5)}
    np.testing.assert_array_equal(backend.colorize_frame(moved)["ab"], backend.colorize_frame(plain)["ab"])
    moved["warped_validity"] = np.zeros_like(plain["warped_validity"])
    moved["warped_validity"][..., :32] = 1
    ab = backend.colorize_frame(moved)["ab"]
    assert ab[0, 0, :, :32].max() < 0
    np.testing.assert_allclose(ab[0, 0, :, 32:], 0.4, atol=1e-3)


def test_a_hint_colours_its_place(backend):
    inputs = frame(64, 64, [backend.encode_reference(still(64, 64, (0.4, -0.25)))])
    inputs["hints"][0, :, 10:20, 30:40] = np.array([-0.6, 0.5, 1], np.float32)[:, None, None]
    ab = backend.colorize_frame(inputs)["ab"]
    np.testing.assert_allclose(ab[0, 0, 10:20, 30:40], -0.6, atol=1e-5)
    np.testing.assert_allclose(ab[0, 1, 10:20, 30:40], 0.5, atol=1e-5)


@pytest.mark.parametrize("name", ["luminance", "bank_bias", BUNDLE.manifest.bank[0]])
def test_a_missing_tensor_is_named(backend, name):
    inputs = frame(64, 64, [backend.encode_reference(still(64, 64, (0.4, -0.25)))])
    del inputs[name]
    with pytest.raises(BackendError, match=name):
        backend.colorize_frame(inputs)


def test_a_tensor_of_another_type_is_named(backend):
    inputs = frame(64, 64, [backend.encode_reference(still(64, 64, (0.4, -0.25)))])
    inputs["luminance"] = inputs["luminance"].astype(np.float64)
    with pytest.raises(BackendError, match=r"luminance.*float64"):
        backend.colorize_frame(inputs)


def test_takes_a_bank_that_stays_the_same_array(backend):
    """As sessions give it: read-only, the same for many frames, then another one of the same size."""
    kept = []
    for colour in ((0.4, -0.25), (-0.3, 0.1)):
        bank = dict(backend.encode_reference(still(64, 64, colour)))
        for tensor in bank.values():
            tensor.setflags(write=False)
        ready = frame(64, 64, [bank]) | bank
        for seed in range(3):
            inputs = {**ready, "luminance": frame(64, 64, [bank], seed=seed)["luminance"]}
            kept.append(backend.colorize_frame(inputs)["ab"].mean(axis=(2, 3)))
        np.testing.assert_allclose(kept[-3:], [[colour]] * 3, atol=5e-3)


def test_real_backends_agree(backend):
    if backend.NAME == "fake":
        pytest.skip("fake: it has no network to agree about")
    if "onnxruntime" in UNAVAILABLE:
        pytest.skip(f"onnxruntime: {UNAVAILABLE['onnxruntime']}")
    results = []
    for runner in (backend, create_backend("onnxruntime", BUNDLE, threads=1)):
        banks = [runner.encode_reference(still(64, 96, (0.4, -0.25), seed=k)) for k in range(2)]
        results.append(runner.colorize_frame(frame(64, 96, banks, weights=[1.0, 3.0])))
    for tensor in ("ab", "confidence"):
        tolerance = TOLERANCE.get(backend.NAME, 1e-4)
        np.testing.assert_allclose(results[0][tensor], results[1][tensor], atol=tolerance)
