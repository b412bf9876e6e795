"""Photos that are smoothly distorted: the field is the true motion, and the noise is where it belongs."""

import math
from dataclasses import replace

import cv2
import numpy as np
import pytest
import torch
from skimage import data

from tinct.training.data.clip_store import ClipStore, StoredClip
from tinct.training.data.distortion import luminance_noise, trace
from tinct.training.data.plan import COLOR_MOTION, DISTORTION_SPACING, SampleConfig, draw_distortion, draw_plan
from tinct.training.data.resident import cut_batch, make_resident
from tinct.training.data.samples import cut_sample
from tinct.training.flow.warp import sample

CONFIG = SampleConfig(size=(64, 96), unroll=3, photo_share=1.0, distortion=4.0, distortion_sigma=16.0)
CPU = torch.device("cpu")
FIRST_VIEW = [
    [1.7078615303579128, 0.20449335444448177, 1.9092575618854255],
    [-0.06844861443409465, 1.6969557117622318, 15.388866153503223],
]


@pytest.fixture(scope="module")
def store():
    photo = cv2.resize(cv2.GaussianBlur(data.coffee(), (0, 0), 10), (192, 128), interpolation=cv2.INTER_AREA)
    still = StoredClip("photo", cv2.cvtColor(photo, cv2.COLOR_RGB2YUV_I420)[None])
    return ClipStore((StoredClip("clip", np.repeat(still.planes, 8, 0)),), (still,), ())


def plans(store, config=CONFIG, count=6):
    return [draw_plan(store, config, np.random.default_rng(seed), lead=seed % 2) for seed in range(count)]


def moved_difference(one):
    """RMS error in Lab of each frame made of the one before by the positions, where these lie inside it."""
    pairs = zip([one.previous, *one.frames], one.frames, one.positions, strict=False)
    errors = []
    for before, frame, at in pairs:
        inside = (at >= 0).all(-1) & (at[..., 0] <= 95) & (at[..., 1] <= 63)
        errors.append(np.sqrt(np.square(sample(before, at) - frame)[inside].mean()))
    return np.array(errors)


def test_the_field_is_the_true_motion(store):
    for plan in plans(store):
        assert moved_difference(cut_sample(store, CONFIG, plan)).max() < 0.8, plan.origin  # 4:2:0 and 8 bits


def test_a_field_that_is_a_pixel_off_is_not(store):
    one = cut_sample(store, CONFIG, plans(store)[0])
    wrong = one._replace(positions=one.positions + np.float32(1))
    assert moved_difference(wrong).min() > 3 * moved_difference(one).max()


def test_places_in_the_photo_agree_with_positions_exactly(store):
    """The place of a pixel is the place, in the picture before, of where the field says it was."""
    for plan in plans(store):
        places, positions = (one.numpy() for one in trace(plan, CONFIG.size, CPU))
        inner = (slice(12, -12),) * 2
        for before, now, at in zip(places[1:], places[2:], positions, strict=False):
            inside = ((at >= 0) & (at <= [95, 63])).all(-1)[inner]
            gap = np.linalg.norm(sample(before, at) - now, axis=-1)[inner][inside]
            assert gap.max() < 0.15  # linear interpolation of `before` and its steps of 1/32 pixel
            assert gap.mean() < 0.03


def test_trust_ends_at_the_border(store):
    for plan in plans(store):
        one = cut_sample(store, CONFIG, plan)
        outside = (one.positions < 0).any(-1) | (one.positions[..., 0] > 95) | (one.positions[..., 1] > 63)
        assert not one.trust[outside].any()
        sure = one.trust[1:][~outside[1:]]
        assert np.quantile(sure, 0.02) > 0.9


def test_the_device_cuts_the_same_samples(store):
    noisy = replace(CONFIG, grain=2.0, flicker=2.0)
    resident = make_resident(store, [torch.zeros(2, 7, 2, 64, 96)], CPU)
    for plan in plans(store, noisy):
        wanted = cut_sample(store, noisy, plan)
        batch = cut_batch(resident, noisy, [plan])
        np.testing.assert_allclose(batch["positions"][0], wanted.positions, atol=1e-3)
        for name in ("reference", "previous", "frames"):
            assert np.abs(batch[name][0].numpy() - getattr(wanted, name)).mean() < 0.5
        assert np.abs(batch["trust"][0].numpy() - wanted.trust).mean() < 0.02


def test_a_distortion_is_smooth_and_as_large_as_asked(store):
    field = draw_distortion((64, 96), np.random.default_rng(0), sigma=16, rms=3)
    assert field.shape == (9, 13, 2)
    assert np.sqrt(np.square(field).sum(-1).mean()) == pytest.approx(3, rel=1e-5)
    slope = max(np.abs(np.diff(field, axis=axis)).max() for axis in (0, 1)) / DISTORTION_SPACING
    assert slope < 0.75  # below 1 nothing folds over


def test_noise_is_on_the_pictures_to_be_coloured_and_on_their_lightness_alone(store):
    for origin in ("reference", "nothing"):
        noisy = replace(CONFIG, grain=3.0, flicker=4.0)
        plan = next(p for p in plans(store, noisy, 12) if p.origin == origin)
        noise = luminance_noise(plan, CONFIG.size)
        assert not noise[:2].any()
        assert (noise[2:] - noise[2:].mean((1, 2), keepdims=True)).std() == pytest.approx(3, rel=0.05)
        assert noise[2:].mean((1, 2)).std() > 0.5
        one, clean = cut_sample(store, noisy, plan), cut_sample(store, noisy, replace(plan, noise=None))
        np.testing.assert_array_equal(one.frames[..., 1:], clean.frames[..., 1:])
        np.testing.assert_array_equal(one.previous, clean.previous)
        assert np.abs(one.frames[..., 0] - clean.frames[..., 0]).mean() > 1


def test_without_the_options_plans_are_what_they_were(store):
    """The first plans of fixed seeds, as they were before there were options."""
    plain = SampleConfig(size=(64, 96), unroll=2, photo_share=1.0)
    first = draw_plan(store, plain, np.random.default_rng(0))
    assert (first.distortions, first.noise) == ((), None)
    expected = np.array(FIRST_VIEW)
    np.testing.assert_allclose(first.views[0], expected, rtol=1e-12)


def test_the_ranges_of_color_motion(store):
    config = SampleConfig(size=(64, 96), unroll=2, photo_share=1.0, motion=COLOR_MOTION)
    assert (COLOR_MOTION.angle, COLOR_MOTION.shear) == (math.radians(5), math.radians(10))
    steps = []
    for seed in range(200):
        before, after = (pose(matrix) for matrix in draw_plan(store, config, np.random.default_rng(seed)).views[2:4])
        steps.append(after - before)
    largest = np.abs(steps).max(0) / 0.35  # the share between two pictures of a run
    half_zoom = -math.log(0.9) / 2
    wanted = [math.radians(5), math.radians(10), half_zoom, half_zoom]
    assert (largest <= np.array(wanted) * (1 + 1e-9)).all()
    assert (largest >= np.array(wanted) * 0.95).all()
    assert np.abs(np.diff(np.array(steps)[:, 2:], axis=1)).max() > 0.3 * 0.35 * half_zoom


def pose(matrix):
    """Angle, shear and the logarithms of the scale in x and y of a camera's matrix."""
    angle, sheared = math.atan2(matrix[1, 0], matrix[0, 0]), math.atan2(-matrix[0, 1], matrix[1, 1])
    return np.array([angle, sheared - angle, *np.log(np.linalg.norm(matrix[:, :2], axis=0))])
