"""Estimates and simulations keep to what must hold of any farm."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tinct.runtime.farm.estimate import Cost, calibrate, estimate, spread
from tinct.runtime.farm.plan import Plan
from tinct.runtime.farm.simulation import Assumptions, made_up_chunks, simulate

CALM = Assumptions(boot=0.0, boot_spread=0.0, speed=0.0, stragglers=0.0, hours=1e12, dispatch=1e9)


@given(st.lists(st.floats(0.1, 100.0), min_size=1, max_size=50), st.integers(1, 60))
def test_tasks_end_no_sooner_than_they_can_and_no_later_than_one_more(tasks: list[float], workers: int) -> None:
    end = spread(tasks, workers)
    ideal = max(max(tasks), sum(tasks) / workers)
    assert ideal <= end * 1.000001
    assert end <= sum(tasks) / workers + max(tasks) + 1e-6


@settings(max_examples=20, deadline=None)
@given(st.integers(200, 3000), st.integers(1, 40), st.integers(0, 5))
def test_a_calm_farm_takes_what_is_estimated(frames: int, workers: int, seed: int) -> None:
    chunks = made_up_chunks(frames, 60, 0, seed)
    cost = Cost(0.5, session=0.0)
    done = simulate(chunks, cost, workers, len(chunks), CALM, exact=False, seed=seed)
    longest_first = sorted((cost.of_share([one]) for one in chunks), reverse=True)
    assert done.steps["colorize"] == pytest.approx(spread(longest_first, workers), rel=1e-3)
    assert done.redone == done.starting == done.lost == 0


def test_the_longest_first_ends_sooner() -> None:
    chunks, cost, workers = made_up_chunks(20_000, 120, 0), Cost(0.5), 30
    first, mixed = (
        simulate(chunks, cost, workers, len(chunks), CALM, exact=False, longest_first=order).steps["colorize"]
        for order in (True, False)
    )
    assert first < 0.8 * mixed
    assert first < 1.05 * sum(cost.of_share([one]) for one in chunks) / workers + cost.session


def test_losses_cost_time_and_are_counted() -> None:
    chunks = made_up_chunks(20_000, 120, 480)
    cost = Cost(0.5)
    calm = simulate(chunks, cost, 20, len(chunks), CALM, exact=True)
    rough = simulate(chunks, cost, 20, len(chunks), Assumptions(hours=0.2, stragglers=0.2), exact=True)
    assert rough.lost > 0
    assert rough.redone > 0
    assert rough.makespan > calm.makespan
    assert rough.efficiency < calm.efficiency


def test_made_up_films_have_the_shots_asked_for() -> None:
    chunks = made_up_chunks(150_000, 120, 0)
    assert sum(chunk.frames for chunk in chunks) == 150_000
    assert sum(chunk.frames for chunk in chunks) / len(chunks) == pytest.approx(120, rel=0.1)


def test_a_calibration_leaves_nothing_behind(planned: Plan, tmp_path) -> None:
    cost = calibrate(planned, frames=8)
    assert 0 < cost.frame < 5
    assert not (tmp_path / "farm").exists()
    one, two = (estimate(planned, cost, workers, 4, price=2.0) for workers in (1, 2))
    assert two.makespan <= one.makespan
    assert one.money == pytest.approx(one.makespan / 1800)
