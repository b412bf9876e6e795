"""What a run does at the shots of its plate."""

from pathlib import Path

import numpy as np
import pytest

from tinct.runtime.backends import create_backend
from tinct.runtime.bundle import find_bundle
from tinct.runtime.hint_points import HintTracker, PointHint
from tinct.runtime.run.shot_plan import ShotPlan
from tinct.runtime.session import ColorizationSession, Reference
from tinct.runtime.shots import Kind, Shot, ShotList, Transition
from tinct.runtime.shots.shot import shots_between


def plan() -> ShotPlan:
    transitions = (Transition.cut(10), Transition(Kind.DISSOLVE, 20, 17, 22))
    return ShotPlan.of(ShotList("plate", shots_between(transitions, 1, 40)), grey=[Shot(20, 40)])


def test_colour_starts_afresh_at_a_cut_and_after_a_dissolve() -> None:
    assert [number for number in range(2, 41) if plan().starts_afresh(number, number - 1)] == [10, 23]
    assert not plan().starts_afresh(10, None)


@pytest.mark.parametrize(("number", "previous", "expected"), [(11, 9, True), (12, 10, False), (9, 7, False)])
def test_a_cut_in_a_frame_that_was_left_out_counts(number: int, previous: int, expected: bool) -> None:
    assert plan().starts_afresh(number, previous) is expected


def test_shots_without_a_still_are_known() -> None:
    assert [number for number in range(1, 41) if plan().is_grey(number)] == list(range(20, 41))
    assert plan().starts == (10, 20)
    assert not ShotPlan().is_grey(1)
    assert not ShotPlan().starts_afresh(2, 1)


def test_a_frame_left_grey_has_no_colour_and_no_past(tmp_path: Path) -> None:
    session = ColorizationSession(create_backend("fake", find_bundle("fake")), working_size=64)
    session.set_references([Reference(np.full((64, 96, 3), (0.8, 0.2, 0.2), np.float32))])
    light = np.full((64, 96), 50, np.float32)
    assert session.step(1, light).ab.any()
    grey = session.leave_grey(2, light)
    assert (grey.number, grey.was_reset) == (2, True)
    assert grey.ab.shape == (64, 96, 2)
    assert not grey.ab.any()
    assert not grey.confidence.any()
    assert session.snapshot() is None


def test_a_hint_ends_with_its_shot() -> None:
    session = ColorizationSession(create_backend("fake", find_bundle("fake")), working_size=64)
    texture = np.random.default_rng(2).uniform(20, 80, (64, 96)).astype(np.float32)
    tracker = HintTracker([PointHint(1, 40, 30, (1.0, 0.0, 0.0))])
    size = session.fit(96, 64)
    assert tracker.at(1, texture, size) is not None
    assert tracker.at(2, texture, size) is not None
    tracker.end_shot()
    assert tracker.at(3, texture, size) is None
    assert [last for _, last in tracker.lost()] == [2]
