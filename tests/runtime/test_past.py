"""What a session hands to a model that takes anchored colour."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from tinct.runtime.backends import create_backend
from tinct.runtime.bundle import Bundle, find_bundle
from tinct.runtime.errors import StateError
from tinct.runtime.motion.anchor import NOWHERE
from tinct.runtime.picture.colour import lab_to_srgb
from tinct.runtime.session import ColorizationSession, Hints, Reference
from tinct.runtime.state import TemporalState

HEIGHT, WIDTH, COUNT = 96, 160, 10


def pan(count, step, *, seed, blur):
    """Lightness of the frames of a pan by ``step`` pixels each."""
    random = np.random.default_rng(seed)
    grey = cv2.GaussianBlur(random.random((HEIGHT, WIDTH + step * count)).astype(np.float32), (0, 0), blur)
    grey = cv2.normalize(grey, None, 20, 80, cv2.NORM_MINMAX)
    return [np.ascontiguousarray(grey[:, step * k : step * k + WIDTH]) for k in range(count)]


@pytest.fixture(scope="module")
def film():
    """Lightness of a pan, by number, and the first picture in colour."""
    frames = dict(enumerate(pan(COUNT, 2, seed=4, blur=3), 10))
    first = frames[10]
    return frames, lab_to_srgb(np.dstack([first, 20 * np.sin(first / 5), 20 * np.cos(first / 5)]))


class Recording(type(create_backend("fake", find_bundle("fake")))):
    """The fake, which takes anchored colour and remembers what it was given."""

    def __init__(self, bundle):
        super().__init__(bundle)
        self.seen = []

    def colorize_frame(self, inputs):
        self.seen.append(inputs)
        return super().colorize_frame(inputs)


def session_of(film, bundle=None, **options):
    frames, rgb = film
    session = ColorizationSession(Recording(bundle or find_bundle("fake")), working_size=HEIGHT, **options)
    session.set_references([Reference(rgb, lightness=frames[10])])
    return session


def test_the_stills_own_colours_come_along_with_the_frames(film):
    session = session_of(film)
    results = [session.step(number, lightness) for number, lightness in film[0].items()]
    validity = [inputs["anchored_validity"][0, 0] for inputs in session._backend.seen]
    assert all(one[:, : WIDTH - 2 * COUNT - 8].mean() > 0.8 for one in validity)
    assert validity[-1][:, -8:].max() < 0.3
    sure = validity[-1] > 0.9
    lightness = film[0][19]
    wanted = np.dstack([20 * np.sin(lightness / 5), 20 * np.cos(lightness / 5)])
    assert np.abs(results[-1].ab - wanted)[sure].mean() < 1


def test_a_still_of_another_view_anchors_nothing(film):
    frames, _ = film
    session = ColorizationSession(Recording(find_bundle("fake")), working_size=HEIGHT)
    session.set_references([Reference(np.random.default_rng(1).random((HEIGHT, WIDTH, 3)).astype(np.float32))])
    for number in (10, 11):
        session.step(number, frames[number])
    assert session.snapshot().anchor.still == NOWHERE
    assert not any(inputs["anchored_validity"].any() for inputs in session._backend.seen)


@pytest.fixture(scope="module")
def long_pan():
    """As `film`, over twice the picture's width; all pictures are in colour."""
    frames = dict(enumerate(pan(60, 6, seed=6, blur=4)))
    return frames, {k: lab_to_srgb(np.dstack([one, 0 * one + 20, one - 50])) for k, one in frames.items()}


def anchored_over(long_pan, stills):
    """The still in which each frame is anchored, and the mean validity of its colours."""
    frames, colours = long_pan
    session = ColorizationSession(Recording(find_bundle("fake")), working_size=HEIGHT)
    session.set_references([Reference(colours[k], lightness=frames[k]) for k in stills])
    found = {}
    for number, lightness in frames.items():
        session.step(number, lightness)
        validity = session._backend.seen[-1]["anchored_validity"]
        found[number] = session.snapshot().anchor.still, float(validity.mean())
    return found


def test_a_still_from_later_in_the_shot_is_found_when_it_comes(long_pan):
    found = anchored_over(long_pan, [40])
    assert found[0] == (NOWHERE, 0)
    assert found[40][0] == found[50][0] == 0
    assert found[40][1] > 0.8
    assert found[44][1] > 0.5


def test_the_still_that_shows_more_of_the_frame_takes_over(long_pan):
    found = anchored_over(long_pan, [0, 40])
    assert found[4][0] == 0
    assert found[40][0] == 1
    assert found[40][1] > 0.8


def test_a_state_takes_the_anchor_along(film):
    frames, _ = film
    whole, cut = session_of(film), session_of(film)
    wanted = {number: whole.step(number, lightness) for number, lightness in frames.items()}
    for number in range(10, 14):
        cut.step(number, frames[number])
    state = TemporalState.from_bytes(cut.snapshot().to_bytes())
    assert state.anchor is not None
    again = session_of(film)
    again.restore(state)
    for number in range(14, 20):
        assert np.array_equal(again.step(number, frames[number]).ab, wanted[number].ab), number
    with pytest.raises(StateError, match=r"names the stills \(4,\) of a set of 1"):
        again.restore(replace(state, anchor=replace(state.anchor, still=4)))
    small = {"flow": state.anchor.flow[:-1], "trust": state.anchor.trust[:-1]}
    again.restore(replace(state, anchor=replace(state.anchor, **small)))
    with pytest.raises(StateError, match="another plate size"):
        again.step(14, frames[14])


def test_a_model_that_takes_no_anchored_colour_keeps_no_anchor(film):
    bundle = find_bundle("fake")
    graph = bundle.manifest.frame_graph
    kept = tuple(name for name in graph.inputs if not name.startswith("anchored"))
    plain = Bundle(bundle.folder, replace(bundle.manifest, frame_graph=replace(graph, inputs=kept)))
    session = session_of(film, plain)
    session.step(10, film[0][10])
    assert session.snapshot().anchor is None
    assert "anchored_ab" not in session._backend.seen[0]


def test_after_a_hint_the_still_is_no_longer_asked_there(film):
    frames, _ = film
    session = session_of(film)
    session.step(10, frames[10])
    ab, mask = np.zeros((HEIGHT, WIDTH, 2), np.float32), np.zeros((HEIGHT, WIDTH), np.bool_)
    ab[40:60, 60:90], mask[40:60, 60:90] = 60, True
    session.step(11, frames[11], hints=Hints(ab, mask))
    session.step(12, frames[12])
    validity = session._backend.seen[-1]["anchored_validity"][0, 0]
    assert validity[44:56, 62:84].max() == 0
    assert validity[5:30, 60:90].mean() > 0.8
