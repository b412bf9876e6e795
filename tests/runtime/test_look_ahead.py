"""Motion searched ahead: the same bits, and never another frame's."""

import threading
from dataclasses import replace

import cv2
import numpy as np
import pytest

from tinct.runtime.backends import create_backend
from tinct.runtime.backends.fake import FakeBackend
from tinct.runtime.bundle import Bundle, find_bundle
from tinct.runtime.motion.dis import DisMotion
from tinct.runtime.picture.colour import lab_to_srgb
from tinct.runtime.session import ColorizationSession, Reference

COUNT, HEIGHT, WIDTH = 7, 120, 190


@pytest.fixture(scope="module")
def film():
    """L* of a pan, larger than the working size."""
    noise = np.random.default_rng(5).random((HEIGHT, WIDTH + 4 * COUNT)).astype(np.float32)
    scene = cv2.normalize(cv2.GaussianBlur(noise, (0, 0), 4), None, -5, 105, cv2.NORM_MINMAX)
    return [np.ascontiguousarray(scene[:, 4 * k : 4 * k + WIDTH]) for k in range(COUNT)]


@pytest.fixture
def session(film):
    session = ColorizationSession(create_backend("fake", find_bundle("fake")), working_size=64)
    grey = np.clip(film[0], 0, 100)
    session.set_references([Reference(lab_to_srgb(np.dstack([grey, grey / 3, -grey / 4])), lightness=grey)])
    return session


@pytest.fixture
def begun(monkeypatch):
    """What each frame was begun with that the fake has coloured since, None for those that were not begun."""
    seen, colour = [], FakeBackend.colorize_frame

    def coloured(self, inputs):
        seen.append(inputs.get("begun 0"))
        return colour(self, inputs)

    monkeypatch.setattr(FakeBackend, "begin_frame", lambda self, inputs: {"begun 0": inputs["luminance"]})
    monkeypatch.setattr(FakeBackend, "colorize_frame", coloured)
    return seen


@pytest.fixture
def searches(monkeypatch):
    """The names of the threads on which motion was searched."""
    names, search = [], DisMotion.estimate

    def noted(self, previous, current):
        names.append(threading.current_thread().name)
        return search(self, previous, current)

    monkeypatch.setattr(DisMotion, "estimate", noted)
    return names


def alone(session, film):
    """Results without looking ahead."""
    session.reset()
    return [session.step(number, lightness) for number, lightness in enumerate(film)]


def same(one, other):
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in ("ab", "confidence", "lightness"))


def test_what_was_looked_at_ahead_gives_the_same_bits(session, film, searches):
    wanted = alone(session, film)
    session.reset()
    ahead = session.look_ahead()
    expected = [ahead.at(lightness) for lightness in film]
    searches.clear()
    steps = [session.step(k, film[k], expected=expected[k]) for k in range(COUNT)]
    assert all(same(*pair) for pair in zip(steps, wanted, strict=True))
    assert any(step.ab.any() for step in steps)
    corrections = 1 + (COUNT - 1) // 4  # the still is searched for the first frame and for every fourth after it
    assert len(searches) == corrections


def test_motion_from_another_frame_than_the_last_is_not_used(session, film):
    ahead = session.look_ahead()
    first, _, third = (ahead.at(film[k]) for k in (0, 1, 2))
    session.step(0, film[0], expected=first)
    found = session.step(1, film[2], expected=third)  # frame 1 of the plate never came
    session.reset()
    session.step(0, film[0])
    assert same(found, session.step(1, film[2]))


def test_after_forgetting_nothing_is_searched(session, film, searches):
    ahead = session.look_ahead()
    ahead.at(film[0])
    ahead.forget()
    assert ahead.at(film[1]).motion is None
    assert ahead.at(film[2][:60]).motion is None, "another size"
    assert not searches


def test_a_model_without_outside_motion_has_none_searched(film, searches):
    bundle = find_bundle("fake")
    session = ColorizationSession(
        create_backend("fake", Bundle(bundle.folder, replace(bundle.manifest, motion="none"))), working_size=64
    )
    ahead = session.look_ahead()
    assert [ahead.at(lightness).motion for lightness in film[:3]] == [None] * 3
    assert not searches


def test_a_frame_goes_on_from_what_was_begun_of_it(session, film, begun):
    ahead = session.look_ahead()
    first = ahead.at(film[0])
    session.step(0, film[0], expected=first)
    assert begun == [None], "there was no bank yet"
    expected = [ahead.at(lightness) for lightness in film[1:]]
    steps = [session.step(k + 1, film[k + 1], expected=one) for k, one in enumerate(expected)]
    scale = find_bundle("fake").manifest.colour
    for step, luminance in zip(steps, begun[1:], strict=True):
        height, width = step.lightness.shape
        np.testing.assert_array_equal(
            luminance[0, 0, :height, :width], (step.lightness - scale.l_mean) / np.float32(scale.l_scale)
        )


def test_what_was_begun_with_other_stills_is_not_used(session, film, begun):
    session.step(0, film[0])
    expected = session.look_ahead().at(film[1])
    assert expected.begun is not None
    session.set_references([Reference(np.full((64, 64, 3), 0.25, np.float32))])
    session.step(1, film[1], expected=expected)
    assert begun == [None, None]
