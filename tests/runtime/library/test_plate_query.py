"""Stills for the frames of a plate."""

from pathlib import Path

import pytest

pytest.importorskip("faiss")

from tinct.runtime.errors import FrameRangeError, MediaNotFoundError, UsageError
from tinct.runtime.library import Found, FrameAnswer, StillRange, query_plate, still_ranges


def test_a_plate_is_asked_at_its_first_frame(library, plate: Path, stills: Path) -> None:
    (answer,) = query_plate(library, plate, count=2)
    assert answer.frame == 1001
    assert answer.found[0].path == stills / "place1.png"
    assert len(answer.found) == 2


def test_a_plate_is_asked_at_a_frame(library, plate: Path, stills: Path) -> None:
    (answer,) = query_plate(library, plate, frame=1008)
    assert (answer.frame, answer.found[0].path) == (1008, stills / "place3.png")
    with pytest.raises(FrameRangeError, match="2000"):
        query_plate(library, plate, frame=2000)


def test_a_picture_is_asked(library, stills: Path) -> None:
    (answer,) = query_plate(library, stills / "place2.png")
    assert answer.found[0].path == stills / "place2.png"
    with pytest.raises(MediaNotFoundError):
        query_plate(library, stills / "none.png")


def test_ranges_of_a_plate(library, plate: Path, stills: Path) -> None:
    answers = query_plate(library, plate, every=2)
    assert [answer.frame for answer in answers] == [1001, 1003, 1005, 1007, 1009]
    first, second = still_ranges(answers, 1010)
    assert (first.path, first.first, first.last) == (stills / "place1.png", 1001, 1006)
    assert (second.path, second.first, second.last) == (stills / "place3.png", 1007, 1010)
    assert first.similarity > 0.9


@pytest.mark.parametrize("arguments", [{"every": 0}, {"every": 2, "frame": 1001}])
def test_what_cannot_be_asked(library, plate: Path, arguments) -> None:
    with pytest.raises(UsageError):
        query_plate(library, plate, **arguments)


def answer(frame: int, **similarities: float) -> FrameAnswer:
    found = [Found(Path(name), similarity, "") for name, similarity in similarities.items()]
    return FrameAnswer(frame, tuple(sorted(found, key=lambda one: -one.similarity)))


def test_a_still_stays_until_another_is_clearly_better() -> None:
    answers = [answer(0, a=0.9, b=0.8), answer(10, a=0.84, b=0.88), answer(20, a=0.6, b=0.9), answer(30, b=0.7)]
    assert still_ranges(answers, 34) == [StillRange(Path("a"), 0, 19, 0.84), StillRange(Path("b"), 20, 34, 0.7)]


def test_frames_without_any_still_belong_to_the_one_before() -> None:
    assert still_ranges([answer(0), answer(5, a=0.9), answer(10)], 12) == [StillRange(Path("a"), 5, 12, 0.9)]
    assert still_ranges([answer(0)], 3) == []
