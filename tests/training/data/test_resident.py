"""A resident data set gives the samples that the CPU cuts, the same ones every time."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
import torch

from tinct.training.data.clip_store import ClipStore, StoredClip
from tinct.training.data.plan import ClipPlan, PhotoPlan, SampleConfig, draw_plan, draw_plans
from tinct.training.data.resident import cut_batch, make_resident, resident_batches
from tinct.training.data.samples import Sample, cut_sample
from tinct.training.flow.clip_flow import load_flows
from tinct.training.flow.warp import sample

CONFIG = SampleConfig(size=(64, 96), unroll=2, largest_lead=2, photo_share=0.3)


def picture(seed, height=90, width=150, blur=4):
    noise = np.random.default_rng(seed).random((height, width, 3)).astype(np.float32)
    return cv2.normalize(cv2.GaussianBlur(noise, (0, 0), blur), None, 0, 255, cv2.NORM_MINMAX).astype(np.uint8)


def clip(name, seed, count, step):
    scene = picture(seed, 90 + step * count, 150 + 2 * step * count)
    views = [scene[step * i : step * i + 90, 2 * step * i : 2 * step * i + 150] for i in range(count)]
    return StoredClip(name, np.stack([cv2.cvtColor(view, cv2.COLOR_BGR2YUV_I420) for view in views]))


@pytest.fixture(scope="module")
def store():
    photo = StoredClip("photo", cv2.cvtColor(picture(2, 128, 160, blur=9), cv2.COLOR_BGR2YUV_I420)[None])
    return ClipStore((clip("pan", 1, 16, 1), clip("short", 5, 4, 1)), (photo,), ())


@pytest.fixture(scope="module")
def resident(store, tmp_path_factory):
    folder = tmp_path_factory.mktemp("flows")
    return make_resident(store, load_flows(store.clips, folder, threads=1), torch.device("cpu"))


def both(store, resident, plan, config=CONFIG):
    """The sample of a plan as the CPU and as the device cuts it."""
    cut = {name: value[0].numpy() for name, value in cut_batch(resident, config, [plan]).items()}
    return cut_sample(store, config, plan), Sample(**cut)


def psnr_of_anchored_colours(truth, anchored, sure):
    errors = [
        np.square(sample(np.ascontiguousarray(truth.reference[..., 1:]), places) - frame[..., 1:]).mean(-1)
        for places, frame in zip(anchored, truth.frames, strict=True)
    ]
    return 10 * np.log10(110**2 / np.stack(errors)[sure].mean())


def psnr_of_moved_colours(truth, positions, sure):
    chain = [truth.previous, *truth.frames]
    pairs = zip(chain, chain[1:], positions, strict=False)
    errors = [np.square(sample(np.ascontiguousarray(a[..., 1:]), p) - b[..., 1:]).mean(-1) for a, b, p in pairs]
    return 10 * np.log10(110**2 / np.stack(errors)[sure].mean())


def test_the_samples_are_those_of_the_cpu(store, resident):
    kinds, gains = set(), []
    for seed in range(24):
        plan = draw_plan(store, CONFIG, np.random.default_rng(seed), lead=seed % 3)
        wanted, sample_ = both(store, resident, plan)
        for name in ("reference", "previous", "frames"):
            assert np.abs(getattr(sample_, name) - getattr(wanted, name)).mean() < 0.4, (seed, name)
        sure = (wanted.trust > 0.5) & (sample_.trust > 0.5)
        if sure.any():
            quality = [psnr_of_moved_colours(wanted, one.positions, sure) for one in (wanted, sample_)]
            assert quality[1] > quality[0] - 0.5, (seed, quality)
        gained = sample_.trust.mean() - wanted.trust.mean()  # whole frames show more of a motion than windows
        assert -0.03 < gained < 0.12, seed
        assert (sample_.disturb, sample_.elsewhere) == (wanted.disturb, wanted.elsewhere)
        anchored = (wanted.anchored_trust > 0.5) & (sample_.anchored_trust > 0.5)
        if anchored.any():
            quality = [psnr_of_anchored_colours(wanted, one.anchored, anchored) for one in (wanted, sample_)]
            assert quality[1] > quality[0] - 3, (seed, quality)  # composed, where the CPU's cut searches again
            gains.append(quality[1] - quality[0])
        kinds.add((type(plan), plan.origin, isinstance(plan, ClipPlan) and plan.frames[1] > plan.frames[-1]))
    assert np.mean(gains) > 0
    assert {kind[:2] for kind in kinds} == {
        (ClipPlan, "reference"),
        (ClipPlan, "nothing"),
        (ClipPlan, "shot"),
        (PhotoPlan, "reference"),
        (PhotoPlan, "nothing"),
    }
    assert {kind[2] for kind in kinds} == {False, True}


@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("flip", [False, True])
def test_positions_follow_a_known_motion(store, resident, stride, reverse, flip):
    run = range(1, 1 + 4 * stride, stride)
    windows = ((10, 12, 64, 96),) * 5
    plan = ClipPlan(0, (0, *(reversed(run) if reverse else run)), windows, flip, "shot")
    sample_ = both(store, resident, plan)[1]
    rows, columns = np.mgrid[:64, :96].astype(np.float32)
    there = (sample_.positions - np.stack([columns, rows], -1))[:, 16:-16, 16:-16]
    wanted = np.array([-2 if flip else 2, 1]) * (-stride if reverse else stride)
    assert np.abs(np.median(there, (0, 1, 2)) - wanted).max() < 0.1


def test_the_known_motion_of_photos_is_better_than_an_estimate(store, resident):
    only_photos = replace(CONFIG, photo_share=1.0)
    for seed in range(4):
        plan = draw_plan(store, only_photos, np.random.default_rng(seed))
        wanted, sample_ = both(store, resident, plan, only_photos)
        sure = (wanted.trust > 0.5) & (sample_.trust > 0.5)
        estimate, known = (psnr_of_moved_colours(wanted, one.positions, sure) for one in (wanted, sample_))
        assert known > estimate
        assert np.array_equal(sample_.previous, sample_.reference) == (plan.origin == "reference")


def test_shapes_and_ranges(store, resident):
    plans = draw_plans(store, CONFIG, batch=3, seed=0, step=4)
    batch = cut_batch(resident, CONFIG, plans)
    count = len(batch["frames"][0])
    assert set(batch) == set(Sample._fields)
    assert batch["reference"].shape == batch["previous"].shape == (3, 64, 96, 3)
    assert batch["frames"].shape == (3, count, 64, 96, 3)
    assert batch["positions"].shape == (3, count, 64, 96, 2)
    assert batch["trust"].shape == (3, count, 64, 96)
    assert batch["disturb"].shape == batch["elsewhere"].shape == (3,)
    assert all(value.dtype == torch.float32 and torch.isfinite(value).all() for value in batch.values())
    assert batch["trust"].min() >= 0
    assert batch["trust"].max() <= 1
    assert batch["anchored"].shape == (3, count, 64, 96, 2)
    assert 0 <= batch["anchored_trust"].min() <= batch["anchored_trust"].max() <= 1
    assert batch["frames"][..., 0].min() >= 0
    assert batch["frames"][..., 0].max() <= 100.01


def test_a_run_rests_at_the_end_of_a_short_clip(store, resident):
    plan = ClipPlan(1, (0, 2, 3, 3, 3), ((0, 0, 64, 96),) * 5, False, "shot")
    wanted, sample_ = both(store, resident, plan)
    rows, columns = np.mgrid[:64, :96]
    np.testing.assert_allclose(sample_.positions[1:], np.broadcast_to(np.stack([columns, rows], -1), (2, 64, 96, 2)))
    assert sample_.trust[1:].min() > 0.99
    assert wanted.trust[1:].min() > 0.99


def test_batches_depend_on_the_seed_and_the_step_alone(resident):
    unbroken = resident_batches(resident, CONFIG, batch=2, seed=3, first_step=0)
    resumed = resident_batches(resident, CONFIG, batch=2, seed=3, first_step=2)
    for _ in range(2):
        next(unbroken)
    for _ in range(2):
        one, two = next(unbroken), next(resumed)
        assert all(torch.equal(one[name], two[name]) for name in one)
