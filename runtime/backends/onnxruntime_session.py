"""Sessions of ONNX Runtime, as everything here opens them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tinct.runtime.backends.threads import usable_cores
from tinct.runtime.errors import BackendError

CPU = "CPUExecutionProvider"


def open_session(
    path: Path,
    *,
    threads: int | None = None,
    provider: str = CPU,
    options: Mapping[str, str] | None = None,
    backend: str = "onnxruntime",
) -> Any:
    """Load the graph ``path``.

    Args:
        path: an ONNX file.
        threads: None means every core that the process may use.
        provider: the execution provider.
        options: the provider's own.
        backend: who asks, for errors.

    Raises:
        BackendError: the graph cannot be loaded.
    """
    import onnxruntime

    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = threads or usable_cores()
    settings.inter_op_num_threads = 1
    settings.log_severity_level = 3  # errors only: warnings about fused nodes are not the user's business
    # Decoder and encoder share the cores; threads that spin between two frames would starve them.
    settings.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        return onnxruntime.InferenceSession(str(path), settings, providers=[(provider, dict(options or {}))])
    except Exception as error:  # onnxruntime's errors have no common root
        raise BackendError(f"{backend} cannot load {path}: {error}") from error
