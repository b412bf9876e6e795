"""What every detector of shots promises, on the same made film in grey."""

from fractions import Fraction
from itertools import pairwise

import cv2
import numpy as np
import pytest
from skimage import data

from tinct.runtime.errors import UnknownNameError
from tinct.runtime.shots import Kind, create_detector, detector_names
from tinct.runtime.shots.base import LEAST_SHOT

RATE = Fraction(24000, 1001)


@pytest.fixture(scope="module", params=detector_names())
def detector(request):
    if request.param != "transnetv2":
        pytest.importorskip("scenedetect")
    return create_detector(request.param)


def pan(picture, count, speed=1):
    """A camera that moves to the right over a picture, (count, 144, 256)."""
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    return np.stack([grey[40:184, 30 + speed * i : 286 + speed * i] for i in range(count)])


@pytest.fixture(scope="module")
def shots():
    return pan(data.coffee(), 26), pan(data.chelsea(), 24)  # 50 frames: one window of the network


def test_a_hard_cut_is_found_on_the_very_frame(detector, shots):
    (found,) = detector.transitions(iter(np.concatenate(shots)), RATE)
    assert (found.kind, found.start) == (Kind.CUT, 26)


def test_a_slow_pan_is_one_shot(detector):
    assert detector.transitions(iter(pan(data.coffee(), 50, speed=2)), RATE) == ()


def test_a_fade_through_black_is_a_fade(detector, shots):
    down = np.linspace(1, 0, 12)[:, None, None]
    first, second = shots[0][:24].copy(), shots[1][:22].copy()
    first[-12:] = first[-12:] * down
    second[:12] = second[:12] * down[::-1]
    film = np.concatenate([first, np.zeros((4, 144, 256), np.uint8), second])
    (found,) = detector.transitions(iter(film), RATE)
    assert found.kind is Kind.FADE
    assert 22 <= found.start <= 28
    assert 10 <= found.first <= 14
    assert 36 <= found.last <= 41


def test_a_dissolve_is_a_dissolve_where_the_detector_knows_them(detector, shots):
    if not detector.GRADUAL:
        pytest.skip(f"{detector.NAME} knows cuts alone")
    mix = np.linspace(0, 1, 14)[1:-1, None, None]
    blend = shots[0][-12:] * (1 - mix) + shots[1][:12] * mix
    film = np.concatenate([shots[0][:-12], blend.astype(np.uint8), shots[1][12:]])
    (found,) = detector.transitions(iter(film), RATE)
    assert found.kind is Kind.DISSOLVE
    assert 14 <= found.start <= 26
    assert abs(found.first - 14) <= 4
    assert abs(found.last - 25) <= 4


def test_shots_are_not_shorter_than_the_least(detector):
    rng = np.random.default_rng(3)
    film = [np.full((48, 80), rng.integers(255), np.uint8) + rng.integers(0, 40, (48, 80), np.uint8) for _ in range(40)]
    starts = [0, *(one.start for one in detector.transitions(iter(film), RATE))]
    assert all(after - before >= LEAST_SHOT for before, after in pairwise(starts))


@pytest.mark.parametrize("count", [0, 1, 3])
def test_hardly_any_frames(detector, shots, count):
    assert detector.transitions(iter(shots[0][:count]), RATE) == ()


def test_a_detector_can_be_used_again(detector, shots):
    film = np.concatenate(shots)
    assert detector.transitions(iter(film), RATE) == detector.transitions(iter(film), RATE)


def test_a_film_longer_than_a_window_of_the_network(detector):
    pictures = [data.coffee(), data.chelsea(), data.astronaut()]
    film = np.concatenate([pan(pictures[i], count) for i, count in enumerate((60, 25, 35))])
    assert [one.start for one in detector.transitions(iter(film), RATE)] == [60, 85]


def test_unknown_names_are_answered_with_those_there_are():
    with pytest.raises(UnknownNameError, match="transnetv2"):
        create_detector("nonesuch")
