"""Choosing a backend."""

import logging
import re
from pathlib import Path

import pytest

from tinct.runtime.backends import backend_names, backend_report, create_backend
from tinct.runtime.backends.cuda_memory import Gpu, find_gpu
from tinct.runtime.backends.onnxruntime_backend import OnnxRuntimeBackend
from tinct.runtime.backends.openvino_backend import OpenVinoBackend
from tinct.runtime.backends.tensorrt_backend import TensorRtRtxBackend
from tinct.runtime.bundle import find_bundle, load_bundle
from tinct.runtime.errors import BackendError, UnknownNameError

TINY = Path(__file__).parents[2] / "goldens" / "tiny_bundle"


def absent(monkeypatch, *kinds):
    for kind in kinds:
        monkeypatch.setattr(kind, "unavailable", classmethod(lambda _: "it is not installed"))


def test_report_names_every_backend():
    names = {"onnxruntime", "openvino", "tensorrt", "tensorrt_rtx", "onnxruntime_cuda", "fake"}
    assert {name for name, _ in backend_report()} == set(backend_names()) == names
    assert dict(backend_report())["fake"] is None
    assert {name for name, _ in backend_report(load_bundle(TINY))} == names


@pytest.mark.parametrize("name", ["tensorrt", "tensorrt_rtx", "onnxruntime_cuda"])
def test_a_backend_for_gpus_says_what_is_missing(name):
    reason = dict(backend_report())[name]
    if reason is None:
        pytest.skip(f"{name} can run here")
    with pytest.raises(BackendError, match=f"the backend {name} cannot run here: "):
        create_backend(name, load_bundle(TINY))
    assert re.search(r"no NVIDIA (driver|GPU)|not installed|no CUDAExecutionProvider|cannot be", reason)


def test_no_gpu_is_the_reason_where_all_is_installed():
    pytest.importorskip("tensorrt_rtx", reason="tensorrt_rtx is not installed")
    pytest.importorskip("cuda.bindings", reason="cuda-bindings is not installed")
    if isinstance(find_gpu(), Gpu):
        pytest.skip("there is a GPU here")
    assert re.match("there is no NVIDIA", dict(backend_report())["tensorrt_rtx"])


def test_an_engine_that_is_not_there_is_the_reason_where_all_else_is(monkeypatch, tmp_path):
    monkeypatch.setenv("TINCT_ENGINES", str(tmp_path))
    monkeypatch.setattr(TensorRtRtxBackend, "unavailable", classmethod(lambda _: None))
    reason = TensorRtRtxBackend.unavailable_for(load_bundle(TINY))
    assert re.match(r"there is no engine for it; build it: tinct export .*tiny_bundle --engine tensorrt_rtx", reason)


def test_auto_says_what_it_took_and_why(monkeypatch, caplog):
    absent(monkeypatch, OpenVinoBackend)
    with caplog.at_level(logging.INFO):
        backend = create_backend("auto", load_bundle(TINY), threads=1)
    assert backend.NAME == "onnxruntime"
    assert "took onnxruntime" in caplog.text
    assert "openvino: it is not installed" in caplog.text


def test_auto_without_any_runtime_is_an_error_and_never_the_fake(monkeypatch):
    absent(monkeypatch, OpenVinoBackend, OnnxRuntimeBackend)
    with pytest.raises(BackendError, match=r"openvino: .*onnxruntime: "):
        create_backend("auto", load_bundle(TINY))


@pytest.mark.parametrize("kind", [OpenVinoBackend, OnnxRuntimeBackend])
def test_a_named_backend_is_never_replaced(monkeypatch, kind):
    absent(monkeypatch, kind)
    with pytest.raises(BackendError, match=f"{kind.NAME} cannot run here: it is not installed"):
        create_backend(kind.NAME, load_bundle(TINY))


def test_unknown_name_lists_the_known_ones():
    with pytest.raises(UnknownNameError, match=r"'cuda'.*auto.*onnxruntime"):
        create_backend("cuda", load_bundle(TINY))


def test_bundle_without_networks_runs_on_the_fake_alone():
    bundle = find_bundle("fake")
    assert create_backend("auto", bundle).NAME == "fake"
    for name in ("onnxruntime", "openvino"):
        with pytest.raises(BackendError, match="no networks"):
            create_backend(name, bundle)


def test_no_threads_are_refused():
    with pytest.raises(ValueError, match="threads is 0"):
        create_backend("fake", find_bundle("fake"), threads=0)
