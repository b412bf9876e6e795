"""The TensorRT that is installed, in either flavour, and what it says while it works."""

import importlib
import importlib.util
from typing import Any

from tinct.runtime.errors import BackendError

EXTRAS = {"tensorrt_rtx": "rtx", "tensorrt": "gpu"}


def missing_tensorrt(flavour: str) -> str | None:
    """That the Python module of TensorRT is not installed, with advice, or None; nothing is loaded."""
    if importlib.util.find_spec(flavour) is not None:
        return None
    return f"{flavour} is not installed; install tinct[{EXTRAS[flavour]}] (docs/tensorrt.md)"


def load_tensorrt(flavour: str) -> Any:
    """The Python module of TensorRT; ``flavour`` is its name.

    Raises:
        BackendError: it cannot be imported.
    """
    missing = missing_tensorrt(flavour)
    if missing is not None:
        raise BackendError(missing)
    try:
        return importlib.import_module(flavour)
    except Exception as error:  # a broken installation may raise anything while its libraries load
        raise BackendError(
            f"{flavour} cannot be imported ({error}); install tinct[{EXTRAS[flavour]}] again (docs/tensorrt.md)"
        ) from error


def message_log(trt: Any) -> Any:
    """A logger for ``trt`` that keeps warnings and errors, as texts, in its ``messages``, and prints nothing."""
    severities = trt.ILogger.Severity
    kept = (severities.INTERNAL_ERROR, severities.ERROR, severities.WARNING)

    class MessageLog(trt.ILogger):  # type: ignore[misc]
        def __init__(self) -> None:
            trt.ILogger.__init__(self)
            self.messages: list[str] = []

        def log(self, severity: Any, message: str) -> None:
            if severity in kept:
                self.messages.append(message)

    return MessageLog()
