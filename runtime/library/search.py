"""The nearest descriptors by an index, judged by their true cosines, and how many of them the index finds."""

import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinct.runtime.errors import UnknownNameError
from tinct.runtime.library.faiss_index import KINDS, Rows, SearchIndex, Vectors, build_index

AUTO = "auto"
FLAT_MOST, IVF_MOST = 100_000, 2_000_000
"""Most stills for which `choose_kind` takes that kind; PQ beyond (docs/library.md has the measurements)."""
TESTED = 500
"""Queries of a recall report."""


@dataclass(frozen=True)
class RecallReport:
    """How an index compares with comparing every still (Flat).

    ``at_1``: share of queries whose best still it finds; ``at_5``: share of the five best that are among its five;
    ``ms``, ``flat_ms``: milliseconds a query, one thread. The queries are stills of the library itself, each left out
    of its own answer.
    """

    queries: int
    at_1: float
    at_5: float
    ms: float
    flat_ms: float


def choose_kind(wanted: str, count: int) -> str:
    """The kind of index for ``count`` stills; ``wanted`` is ``auto`` or a kind.

    Raises:
        UnknownNameError: no such kind.
    """
    if wanted == AUTO:
        limits = (("flat", FLAT_MOST), ("ivfflat", IVF_MOST))
        return next((kind for kind, most in limits if count <= most), "pq")
    if wanted not in KINDS:
        raise UnknownNameError(f"no index named {wanted!r}: the indexes are {', '.join((AUTO, *KINDS))}")
    return wanted


def nearest(index: SearchIndex, descriptors: Vectors, query: Vectors, count: int) -> tuple[Rows, NDArray[np.float32]]:
    """Rows of at most ``count`` of ``descriptors`` (N, D) nearest to ``query`` (D,), and their cosines, best first.

    The index proposes, and the cosines are computed from the descriptors themselves. Equal ones stand by row.
    """
    asked = min(len(descriptors), count * index.oversampling)
    rows = index.rows(query[None], asked)[0]
    rows = np.sort(rows[rows >= 0])
    cosines = np.asarray(descriptors[rows] @ query, np.float32)
    order = np.argsort(-cosines, kind="stable")[:count]
    return rows[order], cosines[order]


def measure_recall(index: SearchIndex, descriptors: Vectors, *, tested: int = TESTED) -> RecallReport | None:
    """Compare ``index`` over ``descriptors`` (N, D) with Flat; None where there is no second still to find."""
    count = len(descriptors)
    if count < 2:
        return None
    flat = build_index("flat", descriptors)
    picked = np.random.default_rng(0).choice(count, min(tested, count), replace=False)
    wanted = min(5, count - 1)
    answers, seconds = [], []
    for searched in (flat, index):
        nearest(searched, descriptors, descriptors[0], 1)  # the first call sets up more than it searches
        started = time.perf_counter()
        found = [nearest(searched, descriptors, descriptors[row], wanted + 1)[0] for row in picked]
        seconds.append(time.perf_counter() - started)
        answers.append([rows[rows != row][:wanted] for rows, row in zip(found, picked, strict=True)])
    pairs = list(zip(*answers, strict=True))
    at_1 = np.mean([len(found) > 0 and best[0] == found[0] for best, found in pairs])
    at_5 = np.mean([np.isin(best, found).mean() for best, found in pairs])
    flat_ms, ms = (1000 * spent / len(picked) for spent in seconds)
    return RecallReport(len(picked), float(at_1), float(at_5), round(ms, 4), round(flat_ms, 4))
