"""A still of a library for each shot."""

from pathlib import Path

import pytest

pytest.importorskip("faiss")

from tinct.runtime.errors import UsageError
from tinct.runtime.library.shot_stills import choose_stills
from tinct.runtime.shots import Kind, Shot, ShotList, Transition

SHOTS = ShotList("plate", (Shot(1001, 1006), Shot(1007, 1010, Transition.cut(1007))))


def test_each_shot_gets_the_still_of_its_place(library, plate: Path, stills: Path) -> None:
    one, other = choose_stills(library, plate, SHOTS)
    assert [each.still for each in (one, other)] == [stills / "place1.png", stills / "place3.png"]
    assert one.looked_at == (1002, 1004, 1006)
    assert one.similarity == one.candidates[0].similarity == pytest.approx(1, abs=0.02)
    similarities = [each.similarity for each in one.candidates]
    assert similarities == sorted(similarities, reverse=True)


def test_below_the_floor_no_still_is_taken(library, plate: Path, stills: Path) -> None:
    for name in ("place3.png", "more/place4.png"):
        (stills / name).unlink()
    one, other = choose_stills(library, plate, SHOTS, floor=0.9)
    assert one.still == stills / "place1.png"
    assert other.still is None
    assert other.similarity < 0.9
    assert other.candidates[0].path != stills / "place3.png"


def test_frames_of_a_transition_are_not_looked_at(library, plate: Path) -> None:
    dissolve = Transition(Kind.DISSOLVE, 1007, 1005, 1008)
    shots = ShotList("plate", (Shot(1001, 1006), Shot(1007, 1010, dissolve)))
    one, other = choose_stills(library, plate, shots)
    assert set(one.looked_at) <= {1001, 1002, 1003, 1004}
    assert set(other.looked_at) <= {1009, 1010}


def test_shots_are_cut_to_the_frames_that_are_asked_for(library, plate: Path) -> None:
    (one,) = choose_stills(library, plate, SHOTS, frames="1003-1005", looks=1)
    assert (one.shot.first, one.shot.last) == (1003, 1005)
    assert one.looked_at == (1004,)


def test_a_floor_is_a_cosine(library, plate: Path) -> None:
    with pytest.raises(UsageError, match="cosine"):
        choose_stills(library, plate, SHOTS, floor=2)
