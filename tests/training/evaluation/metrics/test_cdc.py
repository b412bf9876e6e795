"""Color Distribution Consistency against scipy's Jensen-Shannon distance and OpenCV's histograms."""

import cv2
import numpy as np
import pytest
from scipy.spatial.distance import jensenshannon

from tinct.training.evaluation.metrics.cdc import color_distribution_consistency, histogram


def film(frames: int) -> list[np.ndarray]:
    """A drifting, noisy colour gradient."""
    generator = np.random.default_rng(3)
    ramp = np.linspace(0.2, 0.7, 40, dtype=np.float32)[None, :, None] * np.float32([1.0, 0.7, 0.4])
    return [
        np.clip(ramp + 0.02 * i + 0.02 * generator.standard_normal((30, 40, 3)), 0.0, 1.0).astype(np.float32)
        for i in range(frames)
    ]


@pytest.mark.parametrize("frames", [3, 9])
def test_agrees_with_scipy_and_opencv(frames):
    images = film(frames)
    codes = [np.rint(image * 255.0).astype(np.uint8) for image in images]
    counts = [[cv2.calcHist([c], [channel], None, [256], [0, 256]).ravel() for channel in range(3)] for c in codes]
    per_step = []
    for step in (1, 2, 4):
        pairs = [
            jensenshannon(counts[i][channel], counts[i + step][channel]) ** 2
            for i in range(frames - step)
            for channel in range(3)
        ]
        if pairs:
            per_step.append(np.mean(pairs))
    measured = color_distribution_consistency([histogram(image) for image in images])
    assert measured == pytest.approx(np.mean(per_step), rel=1e-5)


def test_a_still_film_is_consistent_and_a_change_of_colour_is_not():
    image = film(1)[0]
    swapped = np.ascontiguousarray(image[..., ::-1])
    assert color_distribution_consistency([histogram(image)] * 6) == pytest.approx(0.0, abs=1e-12)
    flicker = [histogram(frame) for frame in (image, swapped) * 3]
    assert color_distribution_consistency(flicker) > 0.1


def test_films_without_a_colour_in_common_reach_the_maximum_of_the_divergence():
    black, white = np.zeros((8, 8, 3), np.float32), np.ones((8, 8, 3), np.float32)
    assert color_distribution_consistency([histogram(black), histogram(white)]) == pytest.approx(np.log(2.0))


def test_one_frame_has_no_change_to_measure():
    assert color_distribution_consistency([histogram(film(1)[0])]) is None
