"""Colour hints on their way to the working size."""

import numpy as np
import pytest

from tinct.runtime.hints import Hints
from tinct.runtime.picture.working_size import WorkingSize


def hints(height, width, *points):
    ab, mask = np.full((height, width, 2), 99, np.float32), np.zeros((height, width), np.float32)
    for y, x, a, b in points:
        ab[y, x], mask[y, x] = (a, b), 1
    return Hints(ab, mask)


def test_a_lone_point_keeps_its_colour_and_stays_one_pixel():
    size = WorkingSize.fit(512, 256, 64, 32)
    ab, mask = hints(256, 512, (129, 130, 40, -30)).reduce(size)
    assert mask.sum() == 1
    np.testing.assert_allclose(ab[32, 32], [40, -30], rtol=1e-4)
    assert not ab[mask == 0].any()


def test_neighbours_of_two_colours_do_not_mix_with_what_is_not_hinted():
    size = WorkingSize.fit(512, 256, 64, 32)
    ab, mask = hints(256, 512, (0, 0, 10, 0), (1, 1, 30, 0), (0, 4, -50, 20)).reduce(size)
    np.testing.assert_allclose(ab[0, 0], [20, 0], rtol=1e-4)
    np.testing.assert_allclose(ab[0, 1], [-50, 20], rtol=1e-4)
    assert mask.sum() == 2


@pytest.mark.parametrize("plate", [(1920, 1080), (1999, 1079), (333, 777)])
def test_colours_survive_any_ratio(plate):
    width, height = plate
    size = WorkingSize.fit(width, height, 64, 32)
    ab, mask = hints(height, width, (height // 2, width // 3, 25, 60)).reduce(size)
    assert 1 <= mask.sum() <= 4
    np.testing.assert_allclose(ab[mask > 0], np.tile([25, 60], (int(mask.sum()), 1)), rtol=1e-3)


def test_a_larger_working_size_repeats_the_pixel():
    size = WorkingSize.fit(64, 32, 64, 32)
    ab, mask = hints(32, 64, (5, 7, 40, -30)).reduce(size)
    assert mask.sum() == 4
    np.testing.assert_array_equal(ab[10:12, 14:16], np.full((2, 2, 2), [40, -30]))


def test_hints_at_working_size_stay_as_they_are():
    size = WorkingSize.fit(512, 256, 64, 32)
    ab, mask = hints(64, 128, (3, 4, 40, -30)).reduce(size)
    assert mask.sum() == mask[3, 4] == 1
    np.testing.assert_array_equal(ab[3, 4], [40, -30])
    assert np.abs(ab).sum() == 70


def test_unhinted_colours_are_never_read():
    ab = np.full((64, 64, 2), np.nan, np.float32)
    ab[2, 2] = 5
    mask = np.zeros((64, 64), bool)
    mask[2, 2] = True
    reduced, _ = Hints(ab, mask).reduce(WorkingSize.fit(64, 64, 32, 32))
    assert np.isfinite(reduced).all()
    np.testing.assert_allclose(reduced[1, 1], 5)


def test_other_sizes_and_broken_hints_are_refused():
    with pytest.raises(ValueError, match="fit neither"):
        hints(10, 10, (0, 0, 1, 1)).reduce(WorkingSize.fit(512, 256, 64, 32))
    with pytest.raises(ValueError, match="hints need"):
        Hints(np.zeros((4, 4, 2), np.float32), np.zeros((5, 4), np.float32))
    with pytest.raises(ValueError, match="not finite"):
        hints(10, 10, (0, 0, np.nan, 1))
