"""Search indexes over unit vectors; the one file that knows FAISS (Douze et al., "The Faiss library", 2024)."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinct.runtime.errors import LibraryError, OutputError, UsageError

Vectors = NDArray[np.float32]
Rows = NDArray[np.int64]
Parameters = Mapping[str, int]

SEED = 1234
PQ_LEAST = 256
"""Vectors that a codebook of 256 entries needs to be learned at all."""
IVF_SAMPLE = 39
"""FAISS asks for at least so many vectors for each list it learns."""


@dataclass(frozen=True, eq=False)
class SearchIndex:
    """An index of some kind over N vectors (D,) of unit length, found by their rows.

    ``parameters``: what it was built and is searched with. ``oversampling``: how many times the rows that are wanted
    should be asked for, because the index knows its vectors only roughly.
    """

    kind: str
    parameters: Parameters = field(default_factory=dict)
    oversampling: int = 1
    _index: Any = None

    def rows(self, queries: Vectors, count: int) -> Rows:
        """Rows (Q, count) of the vectors nearest in cosine to ``queries`` (Q, D), best first; -1 for none."""
        _, rows = self._index.search(np.ascontiguousarray(queries, np.float32), count)
        return np.asarray(rows, np.int64)

    def write(self, path: Path) -> None:
        """Write the index to ``path``.

        Raises:
            OutputError: it cannot be written.
        """
        try:
            load_faiss().write_index(self._index, str(path))
        except RuntimeError as error:
            raise OutputError(f"{path} cannot be written: {_reason(error)}; check the folder and the disk") from error


def load_faiss() -> ModuleType:
    """The module faiss.

    Raises:
        UsageError: it is not installed.
    """
    try:
        import faiss
    except ImportError as error:
        raise UsageError(
            f"libraries of stills need the module 'faiss' ({error}): pip install 'tinct[library]'"
        ) from error
    module: ModuleType = faiss
    return module


def build_index(kind: str, vectors: Vectors, *, threads: int = 1) -> SearchIndex:
    """An index of ``kind`` (one of `KINDS`) over ``vectors`` (N, D) of unit length, N at least 1.

    Raises:
        UsageError: too few vectors for the kind, or FAISS is missing.
    """
    load_faiss().omp_set_num_threads(threads)
    return KINDS[kind](np.ascontiguousarray(vectors, np.float32))


def read_index(path: Path, kind: str, parameters: Parameters) -> SearchIndex:
    """The index in ``path``, which `SearchIndex.write` wrote; its vectors are mapped into memory from the file, so that
    processes of one machine share them, and nothing can change them.

    Raises:
        LibraryError: it cannot be read.
    """
    faiss = load_faiss()
    try:
        index = faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC | faiss.IO_FLAG_READ_ONLY)
    except RuntimeError as error:
        raise LibraryError(f"{path} cannot be read: {_reason(error)}; build the library again") from error
    return SearchIndex(kind, parameters, OVERSAMPLING.get(kind, 1), index)


def _flat(vectors: Vectors) -> SearchIndex:
    """Every vector is compared: exact."""
    index = load_faiss().IndexFlatIP(vectors.shape[1])
    index.add(vectors)
    return SearchIndex("flat", {}, 1, index)


def _ivfflat(vectors: Vectors) -> SearchIndex:
    """Vectors in lists around learned centres; those of the nearest lists are compared."""
    faiss = load_faiss()
    count, dimensions = vectors.shape
    lists = max(1, min(round(4 * math.sqrt(count)), count // IVF_SAMPLE))
    probes = max(1, math.ceil(lists / 32))
    index = faiss.IndexIVFFlat(faiss.IndexFlatIP(dimensions), dimensions, lists, faiss.METRIC_INNER_PRODUCT)
    index.cp.seed = SEED
    index.cp.min_points_per_centroid = 1  # else it warns on stderr of what the count of lists already respects
    index.train(vectors)
    index.add(vectors)
    index.nprobe = probes
    return SearchIndex("ivfflat", {"lists": lists, "probes": probes}, 1, index)


def _hnsw(vectors: Vectors) -> SearchIndex:
    """A graph that links each vector to near ones (Malkov & Yashunin 2018), walked towards the query."""
    faiss = load_faiss()
    links, build_breadth, search_breadth = 32, 40, 64
    index = faiss.IndexHNSWFlat(vectors.shape[1], links, faiss.METRIC_INNER_PRODUCT)
    index.hnsw.efConstruction = build_breadth
    index.hnsw.efSearch = search_breadth
    index.add(vectors)
    parameters = {"links": links, "build_breadth": build_breadth, "search_breadth": search_breadth}
    return SearchIndex("hnsw", parameters, 1, index)


def _pq(vectors: Vectors) -> SearchIndex:
    """Each vector as a few bytes, one for each stretch of it (Jegou et al. 2011): small, and rough."""
    faiss = load_faiss()
    count, dimensions = vectors.shape
    if count < PQ_LEAST:
        raise UsageError(f"the index pq wants at least {PQ_LEAST} stills and there are {count}; use --index auto")
    pieces = next(pieces for pieces in range(max(1, dimensions // 4), 0, -1) if dimensions % pieces == 0)
    index = faiss.IndexPQ(dimensions, pieces, 8, faiss.METRIC_INNER_PRODUCT)
    index.pq.cp.seed = SEED
    index.pq.cp.min_points_per_centroid = 1
    index.pq.cp.max_points_per_centroid = 64  # a quarter of FAISS's own: learning is most of the time of a build
    index.train(vectors)
    index.add(vectors)
    return SearchIndex("pq", {"bytes": pieces}, OVERSAMPLING["pq"], index)


OVERSAMPLING = {"pq": 16}
KINDS: dict[str, Callable[[Vectors], SearchIndex]] = {"flat": _flat, "ivfflat": _ivfflat, "hnsw": _hnsw, "pq": _pq}


def _reason(error: Exception) -> str:
    """The last line of what FAISS says, which begins with the place in its source."""
    lines = str(error).strip().splitlines()
    return lines[-1].split(": ", 1)[-1] if lines else "no reason given"
