"""What every kind of search index promises."""

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("faiss")

from tinct.runtime.errors import LibraryError, OutputError, UnknownNameError, UsageError
from tinct.runtime.library.faiss_index import KINDS, build_index, read_index
from tinct.runtime.library.search import choose_kind, measure_recall, nearest

COUNT, DIMENSIONS = 600, 24


def unit(vectors: np.ndarray) -> np.ndarray:
    return (vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)).astype(np.float32)


@pytest.fixture(scope="module")
def vectors() -> np.ndarray:
    """Clusters, as the shots of one film make them."""
    random = np.random.default_rng(3)
    centres = unit(random.standard_normal((40, DIMENSIONS)))
    return unit(centres[random.integers(40, size=COUNT)] + 0.1 * random.standard_normal((COUNT, DIMENSIONS)))


@pytest.fixture(scope="module", params=list(KINDS))
def index(request, vectors):
    return build_index(request.param, vectors)


def test_a_vector_of_the_library_is_its_own_nearest(index, vectors) -> None:
    for row in range(0, COUNT, 37):
        rows, cosines = nearest(index, vectors, vectors[row], 5)
        assert rows[0] == row
        assert cosines[0] == pytest.approx(1, abs=1e-5)
        assert len(set(rows.tolist())) == 5
        assert (np.diff(cosines) <= 0).all()


def test_cosines_are_the_true_ones(index, vectors) -> None:
    query = unit(np.random.default_rng(5).standard_normal(DIMENSIONS))
    rows, cosines = nearest(index, vectors, query, 7)
    np.testing.assert_allclose(cosines, vectors[rows] @ query, atol=1e-6)


def test_most_of_the_true_neighbours_are_found(index, vectors) -> None:
    report = measure_recall(index, vectors, tested=100)
    assert report is not None
    assert report.queries == 100
    assert report.at_1 >= 0.85
    assert report.at_5 >= 0.85
    if index.kind == "flat":
        assert report.at_1 == report.at_5 == 1
    assert report.ms > 0


def test_more_than_there_are_gives_at_most_all(index, vectors) -> None:
    rows, _ = nearest(index, vectors, vectors[0], 10 * COUNT)
    assert len(rows) <= COUNT
    assert len(set(rows.tolist())) == len(rows)


def test_what_is_written_is_read_back(index, vectors, tmp_path: Path) -> None:
    index.write(tmp_path / "index")
    again = read_index(tmp_path / "index", index.kind, index.parameters)
    assert again.oversampling == index.oversampling
    np.testing.assert_array_equal(again.rows(vectors[:20], 5), index.rows(vectors[:20], 5))


def test_a_broken_file_is_refused(index, tmp_path: Path) -> None:
    index.write(tmp_path / "index")
    (tmp_path / "index").write_bytes((tmp_path / "index").read_bytes()[:100])
    with pytest.raises(LibraryError, match="build the library again"):
        read_index(tmp_path / "index", index.kind, index.parameters)
    with pytest.raises(OutputError, match="cannot be written"):
        index.write(tmp_path / "none" / "index")


@pytest.mark.parametrize("kind", ["flat", "ivfflat", "hnsw"])
@pytest.mark.parametrize("count", [1, 2, 5])
def test_a_handful_is_enough(kind: str, count: int, vectors, capfd) -> None:
    few = vectors[:count]
    rows, _ = nearest(build_index(kind, few), few, few[0], 3)
    assert rows[0] == 0
    assert len(rows) == min(3, count)
    assert capfd.readouterr().err == ""


def test_a_codebook_needs_its_vectors(vectors) -> None:
    with pytest.raises(UsageError, match="at least 256 stills and there are 255"):
        build_index("pq", vectors[:255])
    assert build_index("pq", vectors[:256]).kind == "pq"


def test_the_kind_is_chosen_by_size() -> None:
    sizes = (1, 100_000, 100_001, 2_000_000, 2_000_001)
    kinds = [choose_kind("auto", size) for size in sizes]
    assert kinds == ["flat", "flat", "ivfflat", "ivfflat", "pq"]
    assert choose_kind("ivfflat", 3) == "ivfflat"
    with pytest.raises(UnknownNameError, match="no index named 'lsh'"):
        choose_kind("lsh", 3)


def test_no_recall_of_a_single_still(vectors) -> None:
    assert measure_recall(build_index("flat", vectors[:1]), vectors[:1]) is None
