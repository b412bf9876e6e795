"""Checkpoints as bytes, and what a tracker of hints goes on from."""

import numpy as np
import pytest

from tinct.runtime.errors import StateError
from tinct.runtime.hint_points import HintTracker, PointHint
from tinct.runtime.picture.working_size import WorkingSize
from tinct.runtime.run.checkpoint import Checkpoint, Tally
from tinct.runtime.state import TemporalState

SIZE = WorkingSize.fit(128, 96, 64, 32)


def lightness(number: int) -> np.ndarray:
    y, x = np.mgrid[:96, :128].astype(np.float32)
    return (50 + 40 * np.sin((x + 2 * number) / 9) * np.cos(y / 7)).astype(np.float32)


def tracker() -> HintTracker:
    return HintTracker(
        [PointHint(6, 90, 40, (1, 0, 0)), PointHint(2, 40, 30, (0, 0, 1)), PointHint(2, 3, 3, (0, 1, 0))]
    )


def checkpoint() -> Checkpoint:
    random = np.random.default_rng(0)
    ab, confidence = random.normal(0, 30, (96, 128, 2)), random.random((96, 128))
    state = TemporalState(7, lightness(7), ab.astype(np.float32), confidence.astype(np.float32), "set", "model")
    hints = tracker()
    for number in range(8):
        hints.at(number, lightness(number), SIZE)
    return Checkpoint(8, 7, state, hints.snapshot(), Tally(3, 1, 5, None, 1 / 3, 8))


def test_bytes_give_it_back_exactly() -> None:
    made = checkpoint()
    again = Checkpoint.from_bytes(made.to_bytes())
    assert (again.done, again.frame, again.tally, again.state) == (made.done, made.frame, made.tally, made.state)
    assert again.hints is not None
    assert made.hints is not None
    assert (again.hints.followed, again.hints.lost) == (made.hints.followed, made.hints.lost)
    np.testing.assert_array_equal(again.hints.picture, made.hints.picture)
    bare = Checkpoint.from_bytes(Checkpoint(1, 5, None, None, Tally()).to_bytes())
    assert (bare.state, bare.hints, bare.tally) == (None, None, Tally())


@pytest.mark.parametrize("cut", [0, 1, 100, -1])
def test_damaged_bytes_are_refused(cut: int) -> None:
    with pytest.raises(StateError):
        Checkpoint.from_bytes(checkpoint().to_bytes()[:cut])


@pytest.mark.parametrize("stop", range(1, 9))
def test_a_tracker_goes_on_from_another_ones_points(stop: int) -> None:
    whole, first, second = tracker(), tracker(), tracker()
    wanted = [whole.at(number, lightness(number), SIZE) for number in range(12)]
    for number in range(stop):
        first.at(number, lightness(number), SIZE)
    second.restore(first.snapshot(), stop - 1)
    for number in range(stop, 12):
        got, expected = second.at(number, lightness(number), SIZE), wanted[number]
        assert (got is None) == (expected is None)
        if got is not None and expected is not None:
            np.testing.assert_array_equal(got.ab, expected.ab)
            np.testing.assert_array_equal(got.mask, expected.mask)
    assert list(second.lost()) == list(whole.lost())
