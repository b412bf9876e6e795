"""The contract of every method of the evaluation, and what each baseline is good for."""

from collections.abc import Iterator

import numpy as np
import pytest
from skimage import data

from tinct.training.colour import srgb_to_lab
from tinct.training.evaluation import BASELINES, baselines
from tinct.training.evaluation.methods.base import Colorizer


@pytest.fixture(scope="module")
def methods() -> dict[str, Colorizer]:
    return {method.name: method for method in baselines()}


def pan(step: int, frames: int, height: int = 90, width: int = 134) -> np.ndarray:
    """(N, H, W, 3) Lab of a window that moves over a photo by ``step`` pixels a frame."""
    photo = srgb_to_lab(data.astronaut().astype(np.float32) / np.float32(255.0))
    return np.stack([photo[30 : 30 + height, 120 + i * step : 120 + i * step + width] for i in range(frames)])


def errors(method: Colorizer, film: np.ndarray) -> list[float]:
    """Mean ab distance per frame."""
    results = method.colorize([frame[..., 0].copy() for frame in film], film[0])
    return [float(np.linalg.norm(ab - true[..., 1:], axis=-1).mean()) for ab, true in zip(results, film, strict=True)]


def test_baselines_are_named_as_announced(methods):
    assert tuple(methods) == BASELINES


@pytest.mark.parametrize("name", BASELINES)
class TestContract:
    @pytest.mark.parametrize("size", [(64, 96), (51, 77)])
    def test_every_frame_gets_ab_of_its_size(self, methods, name, size):
        film = pan(1, 3, *size)
        results = list(methods[name].colorize(iter(film[..., 0]), film[0]))
        assert [ab.shape for ab in results] == [(*size, 2)] * 3
        assert all(ab.dtype == np.float32 and np.isfinite(ab).all() for ab in results)

    def test_a_frame_is_coloured_before_the_next_is_asked_for(self, methods, name):
        film = pan(2, 3, 64, 64)
        asked = []

        def frames() -> Iterator[np.ndarray]:
            for i, lab in enumerate(film):
                asked.append(i)
                yield lab[..., 0].copy()

        results = methods[name].colorize(frames(), film[0])
        for i in range(3):
            next(results)
            assert asked == list(range(i + 1))

    def test_a_second_clip_does_not_remember_the_first(self, methods, name):
        film = pan(3, 3, 64, 64)
        fresh = list(methods[name].colorize(iter(film[..., 0]), film[0]))
        list(methods[name].colorize(iter(film[::-1, ..., 0]), film[2]))
        again = list(methods[name].colorize(iter(film[..., 0]), film[0]))
        np.testing.assert_array_equal(fresh, again)

    def test_the_arguments_are_left_as_they_were(self, methods, name):
        film = pan(3, 3, 64, 64)
        kept = film.copy()
        for ab in methods[name].colorize(iter(film[..., 0]), film[0]):
            ab += 1000.0
        np.testing.assert_array_equal(film, kept)


@pytest.mark.parametrize("name", ["static_copy", "flow", "hybrid"])
def test_the_reference_frame_keeps_its_colour(methods, name):
    assert errors(methods[name], pan(0, 2))[0] == 0.0


@pytest.mark.parametrize("name", ["flow", "hybrid"])
def test_a_film_without_motion_keeps_its_colour(methods, name):
    assert errors(methods[name], pan(0, 4))[-1] < 0.05


def test_under_motion_flow_beats_the_static_copy_and_copy_beats_grey(methods):
    film = pan(4, 5)
    last = {name: errors(method, film)[-1] for name, method in methods.items()}
    assert last["flow"] < 0.5 * last["static_copy"]
    assert last["copy"] < 0.5 * last["grey"]
    assert last["hybrid"] < last["copy"]


def test_after_a_jump_the_hybrid_falls_back_to_the_copy(methods):
    # Flow cannot follow 60 pixels; the feature copy need not.
    film = pan(60, 2)
    jumped = {name: errors(methods[name], film)[-1] for name in ("flow", "copy", "hybrid")}
    assert jumped["copy"] < jumped["flow"]
    assert jumped["hybrid"] < jumped["flow"]
