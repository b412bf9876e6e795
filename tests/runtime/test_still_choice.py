"""The choice of the stills that take part in a frame."""

import cv2
import numpy as np
import pytest

from tinct.runtime.backends.fake import FakeBackend
from tinct.runtime.bank import EncodedStills
from tinct.runtime.bundle import find_bundle
from tinct.runtime.errors import StateError, UsageError
from tinct.runtime.run.request import ColorizeRequest
from tinct.runtime.session import ColorizationSession, Reference
from tinct.runtime.state import TemporalState
from tinct.runtime.still_choice import FRAME_CELLS, JOIN, LOOK_EVERY, STAY, STILLS_AT_ONCE, cells_of, choose, likeness

SIDE = 64
STILLS = 20


class RecordingBackend(FakeBackend):
    """The fake, which also keeps the number of tokens of each step and of each picture it encoded."""

    def __init__(self):
        super().__init__(find_bundle("fake"))
        self.matched, self.encoded = [], []

    def encode_reference(self, inputs):
        tokens = super().encode_reference(inputs)
        self.encoded.append(next(iter(tokens.values())).shape[1])
        return tokens

    def colorize_frame(self, inputs):
        self.matched.append(inputs[self.bundle.manifest.bank[0]].shape[1])
        return super().colorize_frame(inputs)


def level(index):
    """Lightness as an encoded grey value of the still at ``index``."""
    return 0.1 + 0.8 * index / (STILLS - 1)


def still(index, weight=1.0, seed=0):
    """A slightly tinted texture of one lightness."""
    grain = np.random.default_rng((index, seed)).normal(0, 0.005, (SIDE, SIDE, 1))
    return Reference((level(index) + grain + np.array([0.02, 0, -0.02])).astype(np.float32), weight=weight)


def lightness(*indices, seed=0):
    """L* of a frame whose parts, side by side, are as light as those stills."""
    lab = [cv2.cvtColor(np.full((1, 1, 3), level(index), np.float32), cv2.COLOR_RGB2LAB)[0, 0, 0] for index in indices]
    noise = np.random.default_rng(seed).normal(0, 0.2, (SIDE, SIDE))
    return (np.repeat(lab, -(-SIDE // len(lab)))[:SIDE][None] + noise).astype(np.float32)


def session_with(backend, references, **options):
    session = ColorizationSession(backend, working_size=SIDE, **options)
    session.set_references(references)
    return session


def stills_at(session, number, light):
    session.step(number, light)
    return session.snapshot().stills


def same(one, two):
    return np.array_equal(one.ab, two.ab) and np.array_equal(one.confidence, two.confidence)


@pytest.mark.parametrize("wanted", [0, 7, 19])
def test_the_right_still_among_twenty_takes_part(wanted):
    session = session_with(RecordingBackend(), [still(k) for k in range(STILLS)], stills_at_once=1)
    assert stills_at(session, 1, lightness(wanted)) == (wanted,)


def test_the_chosen_show_the_frame_together():
    session = session_with(RecordingBackend(), [still(k) for k in range(STILLS)], stills_at_once=4)
    assert stills_at(session, 1, lightness(2, 7, 12, 18)) == (2, 7, 12, 18)


def test_one_still_between_two_does_not_stand_for_both():
    session = session_with(RecordingBackend(), [still(k) for k in range(STILLS)], stills_at_once=2)
    assert stills_at(session, 1, lightness(3, 16)) == (3, 16)


def test_a_still_that_shows_what_another_shows_waits_for_one_that_adds():
    alike = np.array([[0, 0, -9, -9], [0, -1, -9, -9], [-9, -9, -3, -4]], np.float32)
    assert choose(alike, 2) == (0, 2)
    assert choose(alike, 1) == (0,)
    assert choose(alike, 9) == (0, 2)


def test_of_equals_the_first_named_is_taken():
    assert choose(np.zeros((5, 3), np.float32), 2) == (0,)


def test_the_heavier_of_two_that_show_the_same_is_taken():
    for heavy in (3, 4):
        weights = {heavy: 4.0}
        references = [still(k) for k in (0, 19, 1)] + [still(10, weights.get(k, 1.0), seed=k) for k in (3, 4)]
        session = session_with(RecordingBackend(), references, stills_at_once=1)
        assert stills_at(session, 1, lightness(10)) == (heavy,)


def test_a_still_stays_until_another_is_clearly_better():
    old, new = np.full((1, 8), -1.0), np.full((1, 8), -1.0 + STAY)
    assert choose(np.vstack([old, new - 0.1]), 1) == (1,)
    assert choose(np.vstack([old, new - 0.1]), 1, kept=(0,)) == (0,)
    assert choose(np.vstack([old, new + 0.1]), 1, kept=(0,)) == (1,)


def test_a_still_that_adds_little_does_not_take_part_and_one_that_does_stays_longer():
    def alike(gain):
        return np.stack([np.zeros(10), np.r_[10 * gain, np.full(9, -9.0)]])

    assert choose(alike(1.1 * JOIN), 4) == (0, 1)
    assert choose(alike(0.9 * JOIN), 4) == (0,)
    assert choose(alike(0.6 * JOIN), 4, kept=(0, 1)) == (0, 1)
    assert choose(alike(0.4 * JOIN), 4, kept=(0, 1)) == (0,)


def test_likeness_is_the_logit_but_for_a_term_of_the_cell():
    rng = np.random.default_rng(0)
    keys = rng.normal(size=(2, 30, 8))
    keys /= np.linalg.norm(keys, axis=2, keepdims=True)
    frame, cells = keys[0].astype(np.float16), keys[1].astype(np.float16)
    found = likeness(frame, cells, np.log(2))
    cosine = (keys[0] @ keys[1].T).max(1)
    np.testing.assert_allclose(found - np.log(2), found[0] - np.log(2) + 30 * (cosine - cosine[0]), atol=0.05)
    assert (likeness(frame, frame, 0.0) < 0.05).all()


@pytest.mark.parametrize("tokens", [1, 250, 251, 252, 1400])
def test_cells_are_bounded_and_spread(tokens):
    cells = cells_of(np.arange(tokens, dtype=np.float32).reshape(1, -1, 1), FRAME_CELLS)
    assert len(cells) == min(tokens, FRAME_CELLS)
    assert cells[-1, 0] >= tokens - 1 - tokens / len(cells)


def test_no_column_of_a_picture_goes_unseen():
    columns = np.tile(np.arange(48, dtype=np.float32), 32)  # of 32 x 48 cells
    assert len(np.unique(cells_of(columns.reshape(1, -1, 1), FRAME_CELLS))) > 40


def test_stills_are_looked_at_every_so_often_and_at_a_cut():
    backend = RecordingBackend()
    session = session_with(backend, [still(k) for k in range(STILLS)], stills_at_once=2)
    assert 4 in stills_at(session, 1, lightness(4))
    backend.encoded.clear()
    for number in range(2, LOOK_EVERY + 1):
        session.step(number, lightness(4, seed=number))
    assert not backend.encoded
    session.step(LOOK_EVERY + 1, lightness(4, seed=99))
    assert len(backend.encoded) == 1  # the frame; the stills are known
    assert session.snapshot().age == 0
    assert 15 in stills_at(session, LOOK_EVERY + 2, lightness(15))  # a cut that nobody named


@pytest.mark.parametrize("count", [STILLS_AT_ONCE + 1, STILLS])
def test_tokens_of_a_step_do_not_grow_with_the_set(count):
    backend, most = RecordingBackend(), STILLS_AT_ONCE * (SIDE // 8) ** 2
    session = session_with(backend, [still(k * (STILLS - 1) // (count - 1)) for k in range(count)])
    for number in range(1, 4):
        session.step(number, lightness(0, 4, 14, 19))
    assert set(backend.matched) == {most}  # all that may
    session.step(9, lightness(19))
    assert backend.matched[-1] == most // STILLS_AT_ONCE  # one shows it all


@pytest.mark.parametrize("count", [1, STILLS_AT_ONCE])
def test_few_stills_give_the_bits_they_gave_with_all_of_them(count):
    references = [still(5 * k, weight=1.0 + k) for k in range(count)]
    backend = RecordingBackend()
    few, every = session_with(backend, references), session_with(backend, references, stills_at_once=99)
    for number in range(1, 4):
        light = lightness(2, 9, seed=number)
        assert same(few.step(number, light), every.step(number, light))
        assert few.snapshot() == every.snapshot()
        assert few.snapshot().stills == ()


def drift(number):
    """A frame of a shot that slowly becomes lighter."""
    return lightness(3, seed=number) + np.float32(1.2 * number)


def test_a_run_goes_on_from_the_bytes_of_its_state():
    references = [still(k) for k in range(STILLS)]
    whole = session_with(RecordingBackend(), references, stills_at_once=2)
    results = {number: whole.step(number, drift(number)) for number in range(1, 40)}
    for stop in (5, LOOK_EVERY, LOOK_EVERY + 1, 30):
        first, second = (session_with(RecordingBackend(), references, stills_at_once=2) for _ in range(2))
        for number in range(1, stop + 1):
            first.step(number, drift(number))
        state = TemporalState.from_bytes(first.snapshot().to_bytes())
        assert state == first.snapshot()
        second.restore(state)
        for number in range(stop + 1, 40):
            assert same(second.step(number, drift(number)), results[number])
    assert whole.snapshot().stills not in ((), (3, 4))


def test_a_frame_out_of_order_leaves_no_trace():
    references = [still(k) for k in range(STILLS)]
    calm, disturbed = (session_with(RecordingBackend(), references, stills_at_once=2) for _ in range(2))
    for number in range(1, 16):
        one = calm.step(number, drift(number))
        kept = disturbed.snapshot()
        disturbed.step(500 - number, lightness(18, seed=number))
        disturbed.restore(kept)
        assert same(disturbed.step(number, drift(number)), one)


def test_states_that_differ_in_their_stills_are_not_equal():
    session = session_with(RecordingBackend(), [still(k) for k in range(STILLS)], stills_at_once=2)
    session.step(1, drift(1))
    state = session.snapshot()
    facts = {name: getattr(state, name) for name in TemporalState.__dataclass_fields__}
    assert TemporalState(**facts) == state
    assert TemporalState(**{**facts, "stills": (0, 1)}) != state
    assert TemporalState(**{**facts, "age": 3}) != state
    with pytest.raises(StateError, match="names the stills"):
        session.restore(TemporalState(**{**facts, "stills": (3, STILLS)}))


def test_a_state_of_another_number_at_once_is_refused():
    references = [still(k) for k in range(STILLS)]
    session = session_with(RecordingBackend(), references, stills_at_once=2)
    session.step(1, drift(1))
    with pytest.raises(StateError, match="other stills"):
        session_with(RecordingBackend(), references, stills_at_once=3).restore(session.snapshot())


def test_at_least_one_still_takes_part():
    with pytest.raises(UsageError, match="at once"):
        ColorizationSession(RecordingBackend(), stills_at_once=0)


def test_the_store_stays_within_its_limit_however_many_stills_there_are():
    backend = RecordingBackend()
    one = EncodedStills()
    one.encode(still(0), backend, SIDE)
    encoded = EncodedStills(limit=3 * one.held_bytes)
    session = session_with(backend, [still(k) for k in range(STILLS)], stills_at_once=2, encoded=encoded)
    for number in range(1, 30):
        session.step(number, drift(number))
        assert len(encoded) <= 3
    assert encoded.held_bytes <= 2 * encoded.limit


def test_a_request_has_the_sessions_default():
    assert ColorizeRequest("in.mov", (), "out.mov").stills_at_once == STILLS_AT_ONCE
