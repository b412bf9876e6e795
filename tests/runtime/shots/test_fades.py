"""Fades are found where they are, and a flat shot is none."""

import numpy as np
import pytest

from tinct.runtime.shots.fades import find_fades
from tinct.runtime.shots.shot import Kind, Transition


def film(*parts: float | tuple[float, float, int] | tuple[float, int]) -> np.ndarray:
    """Contrast of a film: (value, frames) stays, (from, to, frames) goes over."""
    return np.concatenate([np.linspace(*p) if len(p) == 3 else np.full(p[1], p[0]) for p in parts]).astype(np.float32)


def test_a_fade_out_and_in_is_one_transition_with_its_slopes() -> None:
    contrast = film((50, 30), (45, 5, 9), (0, 10), (5, 40, 8), (40, 30))
    assert find_fades(contrast) == (Transition(Kind.FADE, 44, 30, 55),)


def test_a_picture_that_is_back_at_once_begins_the_shot() -> None:
    contrast = film((50, 30), (45, 5, 9), (0, 10), (40, 30))
    assert find_fades(contrast) == (Transition(Kind.FADE, 49, 30, 48),)


def test_black_between_two_cuts_belongs_to_the_shot_before() -> None:
    assert find_fades(film((50, 30), (0, 10), (40, 30))) == (Transition(Kind.FADE, 40, 30, 39),)


@pytest.mark.parametrize(
    "contrast",
    [
        film((50, 60)),
        film((0, 10), (50, 50)),
        film((50, 50), (0, 10)),
        film((50, 20), (0, 200), (50, 20)),
        film((0, 9)),
    ],
)
def test_no_fade(contrast: np.ndarray) -> None:
    assert find_fades(contrast) == ()


def test_of_nothing() -> None:
    assert find_fades(np.zeros(0, np.float32)) == ()
