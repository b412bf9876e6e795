"""How far the half-precision graphs of a bundle colour from its own."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tinct.export.photographs import colour_with, frame_of_photograph, photograph
from tinct.runtime.backends import Backend, create_backend
from tinct.runtime.bundle import Bundle
from tinct.runtime.errors import BundleError

SIZE = (224, 384)
STILLS = 2
MEAN_LIMIT = 0.05
"""Largest mean absolute difference of ab, in Lab units; a difference of 1 can just be seen in large patches."""
TAIL_LIMIT = 0.5
"""Largest 99.9 percentile. Not the maximum, for where two tokens match equally well rounding decides."""


def measure_half_error(
    bundle: Bundle, half_folder: Path, *, sizes: Sequence[tuple[int, int]] = (SIZE,), threads: int | None = None
) -> dict[str, float]:
    """Compare the graphs in ``half_folder``, which `rounded_graph` made and are named as in ``bundle``, with those of
    ``bundle``.

    Both run on ONNX Runtime's CPU provider, on photographs, with a moved previous colour and a hint; the half graphs
    see the bank that the half reference graph made. ``sizes`` are (height, width). Returns the worst ``mean``,
    ``p999`` (99.9 percentile) and ``max`` of the absolute difference of ab, in Lab units, and of the confidence
    (``confidence_max``).

    Raises:
        BackendError: a graph cannot be loaded, failed, or gave something that is not finite.
    """
    single = create_backend("onnxruntime", bundle, threads=threads)
    half = create_backend("onnxruntime", Bundle(half_folder, bundle.manifest), threads=threads)
    worst = dict.fromkeys(("mean", "p999", "max", "confidence_max"), 0.0)
    for height, width in sizes:
        expected, found = (_colour(backend, height, width) for backend in (single, half))
        ab = np.abs(expected["ab"] - found["ab"]) * bundle.manifest.colour.ab_scale
        confidence = np.abs(expected["confidence"] - found["confidence"])
        measured = (ab.mean(), np.percentile(ab, 99.9), ab.max(), confidence.max())
        for key, value in zip(worst, measured, strict=True):
            worst[key] = max(worst[key], float(f"{float(value):.3g}"))
    return worst


def require_half(error: Mapping[str, float]) -> None:
    """Refuse an ``error`` of `measure_half_error` that is over `MEAN_LIMIT` or `TAIL_LIMIT`.

    Raises:
        BundleError: it is.
    """
    if not (error["mean"] <= MEAN_LIMIT and error["p999"] <= TAIL_LIMIT):  # written so that NaN is refused too
        raise BundleError(
            f"in half precision the model colours otherwise: ab differs by {error['mean']} on average (at most "
            f"{MEAN_LIMIT}) and by {error['p999']} at the 99.9 percentile (at most {TAIL_LIMIT}) Lab units; build the "
            "engine with --precision fp32"
        )


def _colour(backend: Backend, height: int, width: int) -> Mapping[str, NDArray[np.float32]]:
    manifest = backend.bundle.manifest
    stills = [photograph(index, height, width, manifest.colour) for index in range(STILLS)]
    return colour_with(backend, stills, frame_of_photograph(height, width, manifest.colour))
