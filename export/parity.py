"""Parity: whether the graphs of a bundle colour as the network does that they were exported from."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from tinct.export.photographs import bank_bias, colour_with, frame_of_photograph, photograph
from tinct.runtime.backends import backend_report, create_backend
from tinct.runtime.backends.base import Tensors
from tinct.runtime.bundle import Bundle
from tinct.runtime.errors import BundleError
from tinct.training.model.exemplar.network import ExemplarNetwork
from tinct.training.model.motion.self_moving import SelfMoving
from tinct.training.model.registry import Network, make_bank

Image = NDArray[np.float32]

SIZES = ((224, 384), (288, 512), (320, 192))
STILL_COUNTS = (1, 2, 5)
DENSE_SIZES = ((128, 192), (160, 96))
"""For networks that compare all cells of stride 4: their memory grows with the fourth power of a side."""
DENSE_STILL_COUNTS = (1, 2)
MEAN_LIMIT = 0.02
"""Largest mean absolute difference of ab, in Lab units."""
TAIL_LIMIT = 0.5
"""Largest 99.9 percentile of the absolute difference of ab, in Lab units. Not the maximum: where two tokens match
equally well, rounding decides which comes first, and single pixels may differ."""


def parity_report(
    network: Network | SelfMoving,
    bundle: Bundle,
    *,
    sizes: Sequence[tuple[int, int]] | None = None,
    still_counts: Sequence[int] | None = None,
    threads: int | None = None,
) -> dict[str, Any]:
    """Compare every real backend that can run here with ``network`` in float32, whose weights are already rounded.

    Stills and frames are photographs that ship with Tinct, because noise makes ties between tokens. ``sizes`` are
    (height, width); without them and ``still_counts`` those that suit the network. Returns, ready for JSON, for each
    backend the worst ``mean``, ``p999`` (99.9 percentile) and ``max`` of the absolute difference of ab in Lab units
    and of the confidence (``confidence_max``), and ``cases``.

    Raises:
        BundleError: no backend can run here.
        BackendError: a graph cannot be loaded or failed.
    """
    names = [name for name, reason in backend_report(bundle) if reason is None and name != "fake"]
    if not names:
        raise BundleError("parity cannot be checked: no backend can run here; install onnxruntime or openvino")
    exact = replace(bundle, manifest=replace(bundle.manifest, quality={}))  # so that none computes in less than float32
    backends = [create_backend(name, exact, threads=threads) for name in names]
    dense = isinstance(network, ExemplarNetwork)
    sizes = sizes or (DENSE_SIZES if dense else SIZES)
    still_counts = still_counts or (DENSE_STILL_COUNTS if dense else STILL_COUNTS)
    cases: dict[str, list[dict[str, Any]]] = {name: [] for name in names}
    for height, width in sizes:
        for count in still_counts:
            stills = [photograph(index, height, width, network.config) for index in range(count)]
            frame = frame_of_photograph(height, width, network.config)
            expected = _run_network(network, stills, frame)
            for backend in backends:
                measured = _compare(expected, colour_with(backend, stills, frame), network.config.ab_scale)
                cases[backend.NAME].append({"height": height, "width": width, "stills": count, **measured})
    return {name: _worst(rows) for name, rows in cases.items()}


def require_parity(report: dict[str, Any]) -> None:
    """Refuse a ``report`` of `parity_report` that is over `MEAN_LIMIT` or `TAIL_LIMIT`.

    Raises:
        BundleError: it is, with the backend and its differences.
    """
    for name, found in report.items():
        # written so that NaN is refused too
        if not (found["mean"] <= MEAN_LIMIT and found["p999"] <= TAIL_LIMIT):
            raise BundleError(
                f"the exported graphs colour unlike the network with {name}: ab differs by {found['mean']} on average "
                f"(at most {MEAN_LIMIT}) and by {found['p999']} at the 99.9 percentile (at most {TAIL_LIMIT}) Lab "
                "units; export with other versions of torch and onnxscript"
            )


def _compare(expected: Tensors, found: Tensors, ab_scale: float) -> dict[str, float]:
    ab = np.abs(expected["ab"] - found["ab"]) * ab_scale
    confidence = np.abs(expected["confidence"] - found["confidence"])
    return {
        "mean": _short(ab.mean()),
        "p999": _short(np.percentile(ab, 99.9)),
        "max": _short(ab.max()),
        "confidence_max": _short(confidence.max()),
    }


def _short(value: Any) -> float:
    return float(f"{float(value):.3g}")


def _worst(rows: list[dict[str, Any]]) -> dict[str, Any]:
    worst = {key: max(row[key] for row in rows) for key in ("mean", "p999", "max", "confidence_max")}
    return {**worst, "cases": rows}


def _run_network(network: Network | SelfMoving, stills: Sequence[Image], frame: Tensors) -> Tensors:
    with torch.no_grad():
        banks = [network.encode_reference(torch.from_numpy(still)) for still in stills]
        bank = make_bank(network, (torch.cat(parts, 1) for parts in zip(*banks, strict=True)))
        bias = torch.from_numpy(bank_bias([part[0].shape[1] for part in banks]))
        images = network.FRAME(**{name: torch.from_numpy(frame[name]) for name in network.FRAME._fields})
        colours = network.colorize_frame(images, bank, bias)
    return {"ab": colours.ab.numpy(), "confidence": colours.confidence.numpy()}
