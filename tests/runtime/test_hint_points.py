"""Points that the artist colours, followed through a shot."""

import cv2
import numpy as np
from skimage.color import rgb2lab

from tinct.runtime.hint_points import RADIUS, HintTracker, PointHint
from tinct.runtime.picture.working_size import WorkingSize

HEIGHT, WIDTH = 120, 160
SIZE = WorkingSize.fit(WIDTH, HEIGHT, 120, 32)
RED = (0.8, 0.1, 0.1)


def texture(seed: int = 0) -> np.ndarray:
    noise = np.random.default_rng(seed).uniform(0, 100, (3 * HEIGHT, 3 * WIDTH)).astype(np.float32)
    smooth = cv2.GaussianBlur(noise, None, 3)
    return np.clip((smooth - smooth.mean()) * 6 + 50, 0, 100)


def view(world: np.ndarray, x: int, y: int) -> np.ndarray:
    return np.ascontiguousarray(world[y : y + HEIGHT, x : x + WIDTH])


def centre(mask: np.ndarray) -> np.ndarray:
    return np.argwhere(mask > 0).mean(0)[::-1]


def test_a_point_follows_the_camera() -> None:
    world, tracker = texture(), HintTracker([PointHint(1002, 80, 60, RED)])
    assert tracker.at(1001, view(world, 50, 50), SIZE) is None
    for i in range(15):
        hints = tracker.at(1002 + i, view(world, 50 + 3 * i, 50 + 2 * i), SIZE)
        assert hints is not None
        np.testing.assert_allclose(centre(hints.mask), [80 - 3 * i, 60 - 2 * i], atol=1.0)
        assert hints.mask.sum() == (2 * RADIUS + 1) ** 2
    assert not list(tracker.lost())


def test_colour_is_the_chroma_of_the_wanted_colour() -> None:
    hints = HintTracker([PointHint(1, 10, 10, RED)]).at(1, view(texture(), 0, 0), SIZE)
    assert hints is not None
    np.testing.assert_allclose(hints.ab[10, 10], rgb2lab(np.array([[RED]]))[0, 0, 1:], atol=0.1)


def test_a_point_is_lost_at_a_cut_and_says_where() -> None:
    hint = PointHint(5, 80, 60, RED)
    tracker = HintTracker([hint])
    for i in range(3):
        assert tracker.at(5 + i, view(texture(), 50, 50), SIZE) is not None
    assert tracker.at(8, view(texture(9), 50, 50), SIZE) is None
    assert tracker.at(9, view(texture(9), 50, 50), SIZE) is None
    assert list(tracker.lost()) == [(hint, 7)]


def test_a_point_that_leaves_the_picture_is_lost_and_others_stay() -> None:
    world, tracker = texture(), HintTracker([PointHint(0, 8, 60, RED), PointHint(0, 120, 60, RED)])
    for i in range(8):
        hints = tracker.at(i, view(world, 20 + 3 * i, 50), SIZE)
    assert hints is not None
    np.testing.assert_allclose(centre(hints.mask), [120 - 21, 60], atol=1.0)
    assert [hint.x for hint, _ in tracker.lost()] == [8]


def test_places_are_those_of_the_plate_at_any_working_size() -> None:
    large = cv2.resize(view(texture(), 30, 30), (2 * WIDTH, 2 * HEIGHT), interpolation=cv2.INTER_CUBIC)
    size = WorkingSize.fit(2 * WIDTH, 2 * HEIGHT, 120, 32)
    hints = HintTracker([PointHint(0, 200, 100, RED)]).at(0, large, size)
    assert hints is not None
    np.testing.assert_allclose(centre(hints.mask), [100, 50], atol=0.6)


def test_a_change_of_exposure_does_not_lose_a_point() -> None:
    world, tracker = texture(), HintTracker([PointHint(0, 80, 60, RED)])
    for i, gain in enumerate((1.0, 0.92, 1.0, 1.06)):
        assert tracker.at(i, np.clip(view(world, 50 + i, 50) * np.float32(gain), 0, 100), SIZE) is not None
