"""The library in the panel: ranked, and offered page after page."""

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

pytest.importorskip("faiss")
from tinct.ui.models.library import PAGE, RANKED, Library

COUNT = 20_000


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    spec = spec_from_file_location("tinct_large_library", Path(__file__).parents[1] / "large_library.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    library: Path = module.make_large_library(tmp_path_factory.mktemp("large"), COUNT, "fake", (96, 64))
    return library


@pytest.fixture
def offered(bench, large: Path) -> Library:
    """The library of 20,000 stills, ranked for the first frame."""
    bench.settle()
    bench.panel.library.use(str(large))
    bench.until(bench.panel.library.offered)
    return bench.panel.library


def test_of_20_000_stills_the_best_come_first_and_the_rest_as_they_are_scrolled_to(bench, offered) -> None:
    assert len(offered.offered()) == RANKED
    best = list(offered.offered())
    for pages in (1, 2, 3):
        assert offered.has_more
        offered.more()
        offered.more()  # asked for twice, they come once
        bench.until(lambda pages=pages: len(offered.offered()) == RANKED + pages * PAGE)
    assert offered.offered()[:RANKED] == best
    scores = [one.similarity for one in offered.offered()]
    assert scores == sorted(scores, reverse=True)
    assert len({one.path for one in offered.offered()}) == len(scores)


def test_the_last_page_is_the_last(bench, offered, monkeypatch: pytest.MonkeyPatch) -> None:
    from tinct.ui.models import library

    monkeypatch.setattr(library, "PAGE", 1000)
    for _ in range(COUNT // 1000 + 1):
        count = len(offered.offered())
        offered.more()
        bench.until(lambda count=count: len(offered.offered()) > count or not offered.has_more)
    assert len(offered.offered()) == COUNT
    assert len({one.path for one in offered.offered()}) == COUNT
    assert not offered.has_more
    offered.more()
    assert not bench.panel.thumbnails.is_busy  # nobody has seen them, so no small picture was made


def test_another_frame_begins_with_its_own_best(bench, offered) -> None:
    offered.more()
    bench.until(lambda: len(offered.offered()) > RANKED)
    bench.panel.viewer.go_to(1004)
    bench.settle()
    offered.more()  # of the frame that it was ranked for
    offered.rank()
    bench.until(lambda: not offered.is_ranking)
    bench.until(lambda: not bench.panel.library._lane.is_busy)
    assert len(offered.offered()) == RANKED
    assert offered.is_ranked_for_frame
    assert offered.has_more
