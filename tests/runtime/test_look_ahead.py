"""Motion searched ahead: the same bits, and never another frame's."""

import threading
from dataclasses import replace

import cv2
import numpy as np
import pytest

from tinct.runtime.backends import create_backend
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
