"""Inference backends: one file each behind one interface."""

import logging

from tinct.runtime.backends.base import Backend, Tensors
from tinct.runtime.backends.fake import FakeBackend
from tinct.runtime.backends.onnxruntime_backend import OnnxRuntimeBackend
from tinct.runtime.backends.onnxruntime_cuda import OnnxRuntimeCudaBackend
from tinct.runtime.backends.openvino_backend import OpenVinoBackend
from tinct.runtime.backends.tensorrt_backend import TensorRtBackend, TensorRtRtxBackend
from tinct.runtime.bundle import Bundle
from tinct.runtime.errors import BackendError, UnknownNameError

__all__ = ["AUTO", "Backend", "Tensors", "backend_names", "backend_report", "create_backend"]

AUTO = "auto"
"""Name that leaves the choice to `create_backend`."""

_KINDS: tuple[type[Backend], ...] = (
    OpenVinoBackend,
    OnnxRuntimeBackend,
    TensorRtBackend,
    TensorRtRtxBackend,
    OnnxRuntimeCudaBackend,
    FakeBackend,
)
_BACKENDS: dict[str, type[Backend]] = {kind.NAME: kind for kind in _KINDS}
_PREFERENCE = (OpenVinoBackend, OnnxRuntimeBackend)
"""What ``auto`` takes; those for GPUs must be asked for until they have been measured on one."""
_log = logging.getLogger(__name__)


def backend_names() -> tuple[str, ...]:
    """Names of all backends, those that cannot run on this machine included."""
    return tuple(_BACKENDS)


def backend_report(bundle: Bundle | None = None) -> list[tuple[str, str | None]]:
    """Name of each backend and why it cannot run on this machine, or cannot run ``bundle`` there (None when it can)."""
    if bundle is None:
        return [(name, kind.unavailable()) for name, kind in _BACKENDS.items()]
    return [(name, kind.unavailable_for(bundle)) for name, kind in _BACKENDS.items()]


def create_backend(name: str, bundle: Bundle, *, threads: int | None = None) -> Backend:
    """Load ``bundle`` with the backend ``name``.

    ``"auto"`` takes the fastest that can run here (openvino, then onnxruntime; the fake for a bundle without
    networks) and says in the log which and why. ``threads`` None means every core that the process may use.

    Raises:
        UnknownNameError: no backend of that name.
        BackendError: the backend cannot run here or cannot load the bundle; another one is never taken in its place.
        BundleError: the graphs are not those that the manifest describes.
    """
    if threads is not None and threads < 1:
        raise ValueError(f"threads is {threads} and must be at least 1")
    if name == AUTO:
        return _choose(bundle)(bundle, threads=threads)
    if name not in _BACKENDS:
        known = ", ".join((AUTO, *backend_names()))
        raise UnknownNameError(f"no backend named {name!r}: the backends are {known}")
    return _BACKENDS[name](bundle, threads=threads)


def _choose(bundle: Bundle) -> type[Backend]:
    if not bundle.manifest.has_graphs:
        _log.info("backend auto: took %s, because the model %s has no networks", FakeBackend.NAME, bundle.manifest.name)
        return FakeBackend
    reasons: list[str] = []
    for kind in _PREFERENCE:
        reason = kind.unavailable()
        if reason is None:
            why = "; ".join(reasons) or "it is the fastest and can run here"
            _log.info("backend auto: took %s (%s)", kind.NAME, why)
            return kind
        reasons.append(f"{kind.NAME}: {reason}")
    raise BackendError(f"no backend can run here: {'; '.join(reasons)}")
