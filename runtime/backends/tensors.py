"""Checks on the tensors that enter and leave a backend, the same for all of them."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinct.runtime.backends.base import Tensors
from tinct.runtime.bundle import Bundle, GraphSpec
from tinct.runtime.errors import BackendError, BundleError


def feed(graph: GraphSpec, tensors: Tensors, *, names: Iterable[str] | None = None) -> dict[str, NDArray[np.float32]]:
    """The inputs that ``graph`` names, or those of them called ``names``, contiguous; other tensors are left out.

    Raises:
        BackendError: one is missing or not float32.
    """
    named = {}
    for name in graph.inputs if names is None else names:
        if name not in tensors:
            raise BackendError(f"{graph.file or 'the fake'} needs the tensor {name!r}, which was not given")
        tensor = tensors[name]
        if tensor.dtype != np.float32:
            raise BackendError(f"the tensor {name!r} is {tensor.dtype}, and must be float32")
        named[name] = np.ascontiguousarray(tensor)
    return named


def collect(graph: GraphSpec, results: Mapping[str, Any], *, backend: str) -> dict[str, NDArray[np.float32]]:
    """The outputs that ``graph`` names, as float32 arrays of their own.

    Raises:
        BackendError: one is not finite.
    """
    named = {}
    for name in graph.outputs:
        tensor = np.asarray(results[name], dtype=np.float32)
        tensor = tensor if tensor.flags.owndata else tensor.copy()
        if not np.isfinite(tensor).all():
            raise BackendError(f"{backend}: the output {name!r} of {graph.file} is not finite; try another backend")
        named[name] = tensor
    return named


def require_graphs(bundle: Bundle, *, backend: str) -> None:
    """Refuse a bundle without networks.

    Raises:
        BackendError: it has none.
    """
    if not bundle.manifest.has_graphs:
        name = bundle.manifest.name
        raise BackendError(
            f"the model {name!r} has no networks for {backend} to run; use the backend fake or another model"
        )


def require_names(bundle: Bundle, graph: GraphSpec, *, inputs: Iterable[str], outputs: Iterable[str]) -> None:
    """Compare the names in a graph's file with those in the manifest.

    Raises:
        BundleError: the manifest names a tensor that the file lacks, or the file wants one that it does not name.
    """
    inputs, outputs = set(inputs), set(outputs)
    wrong = sorted((set(graph.inputs) ^ inputs) | (set(graph.outputs) - outputs))
    if wrong:
        raise BundleError(
            f"{bundle.path(graph)} and the manifest do not agree about the tensor {wrong[0]!r}; export the bundle again"
        )
