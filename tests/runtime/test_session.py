"""The session: what a frame's colours depend on, and what they do not."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from tinct.runtime.backends import backend_report, create_backend
from tinct.runtime.bank import EncodedStills
from tinct.runtime.bundle import find_bundle, load_bundle
from tinct.runtime.errors import BackendError, StateError, UsageError
from tinct.runtime.media.stills import Still
from tinct.runtime.picture.colour import lab_to_srgb
from tinct.runtime.session import ColorizationSession, Hints, Reference
from tinct.runtime.state import TemporalState

TINY = load_bundle(Path(__file__).parents[1] / "goldens" / "tiny_bundle")
FRAMES = range(1001, 1011)
USABLE = [name for name, reason in backend_report(TINY) if reason is None]


@pytest.fixture(params=USABLE)
def backend(request):
    return create_backend(request.param, TINY, threads=1)


@pytest.fixture
def fake():
    return create_backend("fake", TINY)


def plate(height=70, width=100):
    """Ten frames of a moving random picture, L* 0..100, by number."""
    noise = np.random.default_rng(3).random((height + 40, width + 40)).astype(np.float32)
    scene = cv2.normalize(cv2.GaussianBlur(noise, (0, 0), 3), None, 0, 100, cv2.NORM_MINMAX)
    return {
        number: np.ascontiguousarray(scene[k : k + height, 2 * k : 2 * k + width]) for k, number in enumerate(FRAMES)
    }


def still(hue, height=64, width=96, seed=0):
    """A random picture in shades of one colour."""
    grey = np.random.default_rng(seed).random((height, width, 1)).astype(np.float32)
    return grey * np.asarray(hue, np.float32)


RED, GREEN, BLUE = (1.0, 0.4, 0.3), (0.3, 1.0, 0.4), (0.3, 0.4, 1.0)


def colour(session, numbers=FRAMES, frames=None):
    frames = frames or plate()
    return {number: session.step(number, frames[number]) for number in numbers}


def session_with(backend, *references, **options):
    session = ColorizationSession(backend, **options)
    session.set_references(references)
    return session


def same(one, two):
    return np.array_equal(one.ab, two.ab) and np.array_equal(one.confidence, two.confidence)


def test_results_have_the_working_size_and_lab_units(backend):
    result = session_with(backend, Reference(still(RED))).step(1001, plate()[1001])
    assert result.number == 1001
    assert result.ab.shape == (70, 100, 2)  # near 64, so the plate keeps its own size
    assert result.confidence.shape == result.lightness.shape == (70, 100)
    assert result.ab.dtype == result.confidence.dtype == np.float32
    assert result.confidence.min() >= 0
    assert result.confidence.max() <= 1
    assert result.ab[..., 0].mean() > 10  # Lab units, and red


def test_the_same_calls_give_the_same_bits(backend):
    first, second = (colour(session_with(backend, Reference(still(RED)))) for _ in range(2))
    assert all(same(first[number], second[number]) for number in FRAMES)


def test_only_the_first_frame_is_fresh(backend):
    results = colour(session_with(backend, Reference(still(RED))))
    assert [number for number in FRAMES if results[number].was_reset] == [1001]


def test_the_previous_frame_counts(fake):
    session = session_with(fake, Reference(still(RED)), Reference(still(GREEN, seed=1)))
    frames = plate()
    session.step(1001, frames[1001])
    after = session.step(1002, frames[1002])
    session.reset()
    fresh = session.step(1002, frames[1002])
    assert not after.was_reset
    assert fresh.was_reset
    assert not same(after, fresh)


@pytest.mark.parametrize("swap", [1002, 1005, 1010])
def test_a_swap_leaves_the_frames_before_it_as_they_were(backend, swap):
    without = colour(session_with(backend, Reference(still(RED))))
    results = colour(session_with(backend, Reference(still(RED)), Reference(still(BLUE, seed=1), from_frame=swap)))
    alone = colour(session_with(backend, Reference(still(BLUE, seed=1))), range(swap, 1011))
    for number in FRAMES:
        assert same(results[number], (without if number < swap else alone)[number])
    assert [number for number in FRAMES if results[number].was_reset] == [1001, swap]


def test_the_latest_set_replaces_earlier_ones_whatever_the_order_they_are_named_in(fake):
    timeline = [
        Reference(still(RED)),
        Reference(still(GREEN, seed=1), 1004),
        Reference(still(BLUE, seed=2), 1004, 2.0),
        Reference(still(RED, seed=3), 1008),
    ]
    one, two = colour(session_with(fake, *timeline)), colour(session_with(fake, *[timeline[k] for k in (3, 1, 0, 2)]))
    pair = colour(session_with(fake, *timeline[1:3]), range(1004, 1008))
    for number in FRAMES:
        assert same(one[number], two[number])
        assert number not in pair or same(one[number], pair[number])
    assert [number for number in FRAMES if one[number].was_reset] == [1001, 1004, 1008]


def test_frames_before_the_first_still_stay_grey(backend):
    results = colour(session_with(backend, Reference(still(RED), from_frame=1004)))
    for number in range(1001, 1004):
        assert results[number].was_reset
        assert results[number].ab.shape == (70, 100, 2)
        assert not results[number].ab.any()
        assert not results[number].confidence.any()
    assert results[1004].ab.any()
    assert results[1004].was_reset


def test_without_any_still_everything_stays_grey(fake):
    session = ColorizationSession(fake)
    assert not session.step(1, plate()[1001]).ab.any()
    assert session.snapshot() is None


def test_five_stills_of_many_sizes_stand_in_one_bank(backend):
    sizes = [(64, 96), (300, 40), (33, 77), (64, 64), (20, 300)]
    stills = [Reference(still(RED, *size, seed=k), weight=k + 1.0) for k, size in enumerate(sizes)]
    result = session_with(backend, *stills).step(1001, plate()[1001])
    assert np.isfinite(result.ab).all()
    assert result.ab[..., 0].mean() > 10


@pytest.mark.skipif("onnxruntime" not in USABLE, reason="the fake backend weighs stills coarsely")
def test_weights_decide_between_stills():
    backend = create_backend("onnxruntime", TINY, threads=1)

    def redness(red, green):
        as_light_as_red = (0.15, 0.65, 0.2)
        stills = Reference(still(RED), weight=red), Reference(still(as_light_as_red), weight=green)
        return session_with(backend, *stills).step(1, plate()[1001]).ab[..., 0].mean()

    assert redness(10, 1) > redness(1, 1) + 10
    assert redness(1, 1) > redness(1, 10) + 10


@pytest.mark.parametrize("cut", [1001, 1004, 1009])
@pytest.mark.parametrize("through_bytes", [False, True])
def test_restore_goes_on_bit_for_bit(backend, cut, through_bytes):
    references = [Reference(still(RED)), Reference(still(BLUE, seed=1), from_frame=1006)]
    unbroken = colour(session_with(backend, *references))
    first = session_with(backend, *references)
    colour(first, range(1001, cut + 1))
    state = first.snapshot()
    assert state.frame == cut
    colour(first, range(cut + 1, 1011))  # what the first does later must not reach the state
    if through_bytes:
        state = TemporalState.from_bytes(state.to_bytes())
    second = session_with(backend, *references)
    second.restore(state)
    resumed = colour(second, range(cut + 1, 1011))
    assert all(same(resumed[number], unbroken[number]) for number in resumed)
    assert second.snapshot() == first.snapshot()


def test_a_request_out_of_order_is_fresh_and_says_so(backend):
    frames = plate()
    session = session_with(backend, Reference(still(RED)))
    colour(session, range(1001, 1005))
    jump = session.step(1008, frames[1008])
    assert jump.was_reset
    assert same(jump, session_with(backend, Reference(still(RED))).step(1008, frames[1008]))
    assert not session.step(1009, frames[1009]).was_reset
    assert session.step(1009, frames[1009]).was_reset
    assert session.step(1003, frames[1003]).was_reset


def test_a_caller_that_leaves_frames_out_may_go_on(fake):
    frames = plate()
    session = session_with(fake, Reference(still(RED)), Reference(still(GREEN, seed=1), from_frame=1007))
    session.step(1001, frames[1001])
    assert not session.step(1005, frames[1005], continues=True).was_reset
    assert session.step(1009, frames[1009], continues=True).was_reset  # other stills came into force between
    session.reset()
    assert session.step(1010, frames[1010], continues=True).was_reset


def test_new_stills_drop_a_state_that_depended_on_the_old(fake):
    session = session_with(fake, Reference(still(RED)))
    colour(session, range(1001, 1004))
    session.set_references([Reference(still(GREEN, seed=1))])
    assert session.snapshot() is None
    result = session.step(1004, plate()[1004])
    assert same(result, session_with(fake, Reference(still(GREEN, seed=1))).step(1004, plate()[1004]))


def test_new_stills_later_in_the_plate_keep_a_state_that_does_not_depend_on_them(fake):
    session = session_with(fake, Reference(still(RED)))
    colour(session, range(1001, 1004))
    session.set_references([Reference(still(RED)), Reference(still(GREEN, seed=1), from_frame=1008)])
    assert not session.step(1004, plate()[1004]).was_reset


def test_a_still_read_from_a_file_equals_its_pixels(fake):
    read = Reference(Still(Path("still.png"), still(RED), "its digest"))
    assert same(
        session_with(fake, read).step(1, plate()[1001]),
        session_with(fake, Reference(still(RED))).step(1, plate()[1001]),
    )


@pytest.mark.parametrize("size", [(64, 64), (65, 33), (1, 1), (270, 480), (480, 271), (31, 900), (900, 31)])
def test_any_plate_size(backend, size):
    session = session_with(backend, Reference(still(RED)))
    lightness = np.random.default_rng(0).uniform(0, 100, size).astype(np.float32)
    for number in range(2):
        result = session.step(number, lightness)
        assert abs(result.ab.shape[0] / result.ab.shape[1] - size[0] / size[1]) < 0.1 * size[0] / size[1] + 0.05
        assert np.isfinite(result.ab).all()


def test_a_large_plate(fake):
    session = session_with(fake, Reference(still(RED)))
    assert session.step(0, np.full((2160, 4096), 50, np.float32)).ab.shape == (64, 121, 2)


def test_values_that_are_no_lightness_do_no_harm(backend):
    frames = plate()
    clean, dirty = session_with(backend, Reference(still(RED))), session_with(backend, Reference(still(RED)))
    broken = frames[1001].copy()
    broken[:8, :8] = np.nan
    broken[8:16, :8] = np.inf
    broken[16:24, :8] = -np.inf
    broken[24:32, :8] = 400
    mended = frames[1001].copy()
    mended[:8, :8] = mended[16:24, :8] = 0
    mended[8:16, :8] = mended[24:32, :8] = 100
    for number, (one, two) in enumerate([(mended, broken), (frames[1002], frames[1002])]):
        assert same(clean.step(number, one), dirty.step(number, two))
    assert np.isnan(broken[0, 0])


@pytest.mark.parametrize("wrong", [np.zeros((4, 4, 1), np.float32), np.zeros((4, 4)), np.zeros((0, 4), np.float32)])
def test_lightness_must_be_a_float32_plane(fake, wrong):
    with pytest.raises(ValueError, match="lightness must be"):
        ColorizationSession(fake).step(0, wrong)


def test_hints_colour_their_place_and_nothing_far_away(backend):
    frames = plate(128, 192)
    ab, mask = np.zeros((128, 192, 2), np.float32), np.zeros((128, 192), np.float32)
    ab[60:70, 90:100], mask[60:70, 90:100] = (-40, 50), 1
    plain = session_with(backend, Reference(still(RED))).step(1001, frames[1001])
    hinted = session_with(backend, Reference(still(RED))).step(1001, frames[1001], hints=Hints(ab, mask))
    np.testing.assert_allclose(hinted.ab[31:34, 46:49], np.full((3, 3, 2), [-40, 50]), atol=1e-3)
    np.testing.assert_array_equal(hinted.ab[:20], plain.ab[:20])


def test_hints_of_another_size_are_refused(fake):
    session = session_with(fake, Reference(still(RED)))
    with pytest.raises(ValueError, match="fit neither"):
        session.step(1, plate()[1001], hints=Hints(np.zeros((9, 9, 2), np.float32), np.zeros((9, 9), np.float32)))


def state_of(backend, *references, number=1001, **options):
    session = session_with(backend, *references, **options)
    session.step(number, plate()[1001])
    return session.snapshot()


def test_foreign_states_are_refused_and_change_nothing(fake):
    session = session_with(fake, Reference(still(RED)), Reference(still(GREEN, seed=1), from_frame=1005))
    colour(session, range(1001, 1003))
    before = session.snapshot()
    other = create_backend("fake", find_bundle("fake"))
    foreign = {
        "other stills": state_of(fake, Reference(still(BLUE))),
        "other weight": state_of(fake, Reference(still(RED), weight=2)),
        "no longer in force": state_of(fake, Reference(still(RED)), number=1005),
        "not yet in force": state_of(fake, Reference(still(GREEN, seed=1)), number=1004),
        "other working size": state_of(fake, Reference(still(RED)), working_size=96),
        "other model": state_of(other, Reference(still(RED)), working_size=64),
        "no size of the model": TemporalState(
            1001,
            np.zeros((33, 64), np.float32),
            np.zeros((33, 64, 2), np.float32),
            np.zeros((33, 64), np.float32),
            before.reference_set,
            before.model,
        ),
    }
    for reason, state in foreign.items():
        with pytest.raises(StateError, match="colour the shot from its start"):
            session.restore(state)
        assert session.snapshot() == before, reason
    assert not session.step(1003, plate()[1003]).was_reset


def test_a_state_of_another_plate_size_is_refused_when_it_is_needed(fake):
    session = session_with(fake, Reference(still(RED)))
    session.step(1001, plate()[1001])
    with pytest.raises(StateError, match="reset the session"):
        session.step(1002, plate(100, 70)[1002])
    session.reset()
    assert session.step(1002, plate(100, 70)[1002]).was_reset


def test_restoring_nothing_is_a_reset(fake):
    session = session_with(fake, Reference(still(RED)))
    session.step(1001, plate()[1001])
    session.restore(None)
    assert session.step(1002, plate()[1002]).was_reset


@pytest.mark.parametrize("working_size", [0, -64, 16, 5000])
def test_working_sizes_out_of_range_are_refused(fake, working_size):
    with pytest.raises(UsageError, match="out of range"):
        ColorizationSession(fake, working_size=working_size)


@pytest.mark.parametrize("working_size", [32, 50, 96])
def test_a_chosen_working_size_is_used(backend, working_size):
    result = session_with(backend, Reference(still(RED)), working_size=working_size).step(1001, plate(300, 600)[1001])
    assert result.ab.shape == (working_size, 2 * working_size, 2)


def test_a_failed_step_leaves_the_session_as_it_was(fake, monkeypatch):
    def fail(_):
        raise BackendError("it failed")

    session = session_with(fake, Reference(still(RED)))
    unbroken = colour(session_with(fake, Reference(still(RED))))
    colour(session, range(1001, 1004))
    with monkeypatch.context() as patch:
        patch.setattr(fake, "colorize_frame", fail)
        with pytest.raises(BackendError):
            session.step(1004, plate()[1004])
    assert same(session.step(1004, plate()[1004]), unbroken[1004])


def test_results_are_the_callers_own(backend):
    session, untouched = (session_with(backend, Reference(still(RED))) for _ in range(2))
    frames = plate()
    for number in FRAMES:
        result, expected = session.step(number, frames[number]), untouched.step(number, frames[number])
        assert same(result, expected)
        result.ab[:] = 7
        result.confidence[:] = 7
        result.lightness[:] = 7


def test_sessions_on_one_backend_do_not_disturb_each_other_and_share_stills(backend):
    encoded = EncodedStills()
    frames = plate()
    one = session_with(backend, Reference(still(RED)), encoded=encoded)
    two = session_with(backend, Reference(still(BLUE, seed=1)), Reference(still(RED)), encoded=encoded)
    alone = colour(session_with(backend, Reference(still(RED))))
    for number in FRAMES:
        result = one.step(number, frames[number])
        two.step(number, frames[number])
        assert same(result, alone[number])
    assert len(encoded) == 2


def test_the_frame_a_still_was_made_from_gets_its_very_colours():
    """Colours move over from a still of the same view, and only from such a one."""
    rng = np.random.default_rng(5)
    grey = cv2.GaussianBlur(rng.random((96, 160)).astype(np.float32), (0, 0), 2)
    grey = cv2.normalize(grey, None, 20, 80, cv2.NORM_MINMAX)
    seen = {}

    class Recording(type(create_backend("fake", TINY))):
        def colorize_frame(self, inputs):
            seen.update(inputs)
            return super().colorize_frame(inputs)

    rgb = rng.random((96, 160, 3)).astype(np.float32)
    session = session_with(Recording(TINY), Reference(rgb, lightness=grey), working_size=96)
    assert session.step(1, grey).was_reset
    assert seen["warped_validity"].mean() > 0.9
    other = np.ascontiguousarray(rng.random((96, 160)).astype(np.float32) * 100)
    session.reset()
    session.step(1, other)
    assert not seen["warped_validity"].any()


def test_the_confidence_moves_with_the_colour():
    """What moves 8 pixels to the right takes its confidence along; without a past there is none."""
    rng = np.random.default_rng(7)
    wide = cv2.GaussianBlur(rng.random((96, 168)).astype(np.float32), (0, 0), 3)
    wide = cv2.normalize(wide, None, 10, 90, cv2.NORM_MINMAX)
    seen = []

    class Recording(type(create_backend("fake", TINY))):
        def colorize_frame(self, inputs):
            outputs = super().colorize_frame(inputs)
            confidence = (inputs["luminance"] > 0).astype(np.float32)
            seen.append((inputs["warped_confidence"][0, 0], confidence[0, 0]))
            return {**outputs, "confidence": confidence}

    session = session_with(Recording(find_bundle("fake")), Reference(still(RED)), working_size=96)
    session.step(1, np.ascontiguousarray(wide[:, 8:]))
    session.step(2, np.ascontiguousarray(wide[:, :-8]))
    (first, _), (moved, now) = seen
    assert not first.any()
    assert np.abs(moved - now)[:, 16:].mean() < 0.03


def test_a_still_of_another_resolution_gives_its_own_frame_its_colours(backend):
    """The frame that a still was made from takes the still's colours by motion, also where their sizes differ."""
    if backend.NAME == "fake":
        pytest.skip("the fake copies by lightness alone")
    lightness = plate(96, 144)[1001]
    picture = lab_to_srgb(np.dstack([lightness, 20 * np.sin(lightness / 9), 20 * np.cos(lightness / 9)]))
    results = []
    for width, height in ((144, 96), (156, 104)):  # near the working size, each is kept as it is
        one = cv2.resize(picture, (width, height), interpolation=cv2.INTER_LINEAR)
        results.append(session_with(backend, Reference(one), working_size=96).step(1, lightness).ab)
    assert np.abs(results[0] - results[1]).mean() < 1.0
