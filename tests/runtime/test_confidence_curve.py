"""Which frames want a still of their own."""

import numpy as np
import pytest

from tinct.runtime.confidence_curve import FrameConfidence, suggest_stills


def curve(*parts: tuple[float, int], first: int = 1001) -> list[FrameConfidence]:
    """Frames from ``first`` on: (mean, count) after (mean, count)."""
    means = [mean for mean, count in parts for _ in range(count)]
    return [FrameConfidence(first + place, mean, mean) for place, mean in enumerate(means)]


def test_a_map_is_measured() -> None:
    confidence = np.zeros((4, 8), np.float32)
    confidence[:, :2] = 0.8
    found = FrameConfidence.of(7, confidence, starts=True)
    assert found.mean == pytest.approx(0.2)
    assert found.covered == 0.25
    assert not found.grey
    assert FrameConfidence.of(7, np.zeros((4, 8), np.float32), starts=True).grey


def test_a_sure_shot_wants_nothing() -> None:
    assert suggest_stills(curve((0.9, 50))) == ()
    assert suggest_stills([]) == ()


def test_one_still_in_the_middle_of_a_doubted_stretch() -> None:
    (one,) = suggest_stills(curve((0.9, 20), (0.3, 21), (0.9, 20)))
    assert (one.frame, one.first, one.last) == (1031, 1021, 1041)
    assert one.mean == pytest.approx(0.3)


def test_a_short_doubt_and_a_short_certainty_count_for_nothing() -> None:
    assert suggest_stills(curve((0.9, 20), (0.3, 4), (0.9, 20))) == ()
    (one,) = suggest_stills(curve((0.3, 20), (0.9, 8), (0.3, 20)))
    assert (one.first, one.last) == (1001, 1048)
    assert len(suggest_stills(curve((0.3, 20), (0.9, 9), (0.3, 20)))) == 2


def test_a_stretch_ends_at_a_cut() -> None:
    found = suggest_stills(curve((0.3, 40)), cuts=[1011])
    assert sorted((one.first, one.last) for one in found) == [(1001, 1010), (1011, 1040)]


def test_the_most_doubt_comes_first_and_long_stretches_get_several() -> None:
    found = suggest_stills(curve((0.5, 30), (0.9, 20), (0.1, 150)), threshold=0.6, span=100)
    assert [(one.first, one.last) for one in found] == [(1051, 1125), (1126, 1200), (1001, 1030)]


def test_frames_without_any_still_are_said_to_be_so() -> None:
    frames = [FrameConfidence(number, 0.0, 0.0, grey=True) for number in range(10)]
    assert suggest_stills(frames)[0].grey


@pytest.mark.parametrize("wrong", [{"threshold": 1.5}, {"least": 0}, {"span": 0}])
def test_parameters_out_of_range(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="threshold"):
        suggest_stills(curve((0.3, 9)), **wrong)
