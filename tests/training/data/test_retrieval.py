"""Stills of other shots as references: the right ones, described once, and only where they are asked for."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
import torch

from tinct.training import loop
from tinct.training.data import retrieval as retrieval_module
from tinct.training.data.clip_store import ClipStore, StoredClip
from tinct.training.data.plan import ClipPlan, SampleConfig, StillAt, draw_plan, draw_plans
from tinct.training.data.resident import cut_batch, make_resident
from tinct.training.data.retrieval import DescribedStills, Retrieval, load_stills, retrieve, still_places
from tinct.training.data.samples import cut_sample
from tinct.training.flow.clip_flow import load_flows
from tinct.training.recipes import RECIPES

CONFIG = SampleConfig(size=(64, 96), unroll=2, photo_share=0.2, retrieved=1.0)


def scene(seed, height=96, width=160):
    """Discs and bars on a plain ground."""
    random = np.random.default_rng(seed)
    picture = np.full((height, width, 3), random.integers(60, 200, 3), np.uint8)
    for kind in range(12):
        colour, radius = random.integers(0, 255, 3).tolist(), int(random.integers(6, 24))
        x, y = random.integers(0, (width, height)).tolist()
        if kind % 2:
            cv2.circle(picture, (x, y), radius, colour, -1)
        else:
            cv2.rectangle(picture, (x, y), (x + 2 * radius, y + radius), colour, -1)
    return picture


def stored(name, *pictures):
    return StoredClip(name, np.stack([cv2.cvtColor(one, cv2.COLOR_BGR2YUV_I420) for one in pictures]))


@pytest.fixture(scope="module")
def store():
    """Two shots of one place, one of another, and photos of both, of another size."""
    clips = [
        stored("one", *(np.roll(scene(1), i, 1) for i in range(20))),
        stored("again", *(np.roll(scene(1), 6 + i, 1) for i in range(10))),
        stored("other", *(np.roll(scene(2), i, 1) for i in range(10))),
    ]
    photos = [stored("of other", cv2.resize(scene(2), (128, 80))), stored("of one", cv2.resize(scene(1), (128, 80)))]
    return ClipStore(tuple(clips), tuple(photos), ())


@pytest.fixture(scope="module")
def stills(store, tmp_path_factory):
    return load_stills(store, tmp_path_factory.mktemp("descriptors"))


def test_nearest_rows_best_first_without_the_excluded():
    descriptors = torch.nn.functional.normalize(torch.tensor([[1.0, 0], [1, 0.1], [1, 1], [0, 1], [-1, 0]]), dim=1)
    query = descriptors[:1]
    assert retrieve(descriptors, query, 3).tolist() == [[0, 1, 2]]
    exclude = torch.tensor([True, False, True, False, False])
    assert retrieve(descriptors, query, 2, exclude=exclude).tolist() == [[1, 3]]
    assert retrieve(descriptors, query, 4, exclude=exclude).tolist() == [[1, 3, 4, -1]]
    assert retrieve(descriptors, query, 7).tolist() == [[0, 1, 2, 3, 4, -1, -1]]


def test_frames_and_photos_are_described_once(store, stills, tmp_path, monkeypatch):
    assert stills.places == still_places(store)
    assert [place for place in stills.places if place.kind == "clips"] == [
        StillAt("clips", 0, 0), StillAt("clips", 0, 16), StillAt("clips", 1, 0), StillAt("clips", 2, 0),
    ]  # fmt: skip
    np.testing.assert_allclose(stills.descriptors.norm(dim=1).numpy(), 1, atol=1e-5)
    load_stills(store, tmp_path)
    monkeypatch.setattr(retrieval_module, "pretrained_descriptor", lambda: pytest.fail("described again"))
    assert torch.equal(load_stills(store, tmp_path).descriptors, stills.descriptors)
    assert len(list(tmp_path.iterdir())) == 1


def test_the_same_place_is_found_in_other_shots(stills):
    found = Retrieval(stills, count=2)
    assert set(found.references(0, 7)) == {StillAt("clips", 1, 0), StillAt("photos", 1, 0)}
    assert found.references(2, 9)[0] == StillAt("photos", 0, 0)
    assert all(place.number != 0 or place.kind == "photos" for place in Retrieval(stills).references(0, 7))


def test_own_neighbours_by_option(stills):
    assert StillAt("clips", 0, 16) in Retrieval(stills, own=True).references(0, 2)
    assert StillAt("clips", 0, 0) not in Retrieval(stills, own=True).references(0, 2)


def test_a_data_set_of_one_clip_has_no_references(stills):
    alone = DescribedStills(stills.places[:2], stills.descriptors[:2])
    assert Retrieval(alone).references(0, 5) == []


def test_samples_without_retrieval_stay_as_they_were(store, stills):
    """The run is drawn as before; only the reference differs, and the colours that would have come from it."""
    plain = replace(CONFIG, retrieved=0.0)
    references = Retrieval(stills)
    for seed in range(30):
        before = draw_plan(store, plain, np.random.default_rng(seed))
        after = draw_plan(store, CONFIG, np.random.default_rng(seed), references=references)
        if not isinstance(before, ClipPlan):
            assert not isinstance(after, ClipPlan)
            continue
        assert before.still is None
        assert after.still in references.references(after.clip, after.frames[2])
        assert (before.clip, before.frames, before.windows[1:], before.flip) == (
            after.clip, after.frames, after.windows[1:], after.flip,
        )  # fmt: skip
        assert after.origin == ("nothing" if before.origin == "reference" else before.origin)


def test_the_chance_is_kept(store, stills):
    config = replace(CONFIG, photo_share=0.0, retrieved=0.3)
    plans = draw_plans(store, config, batch=300, seed=1, step=1, references=Retrieval(stills))
    assert 60 <= sum(plan.still is not None for plan in plans) <= 120


def test_wanted_references_that_nobody_can_find(store):
    with pytest.raises(ValueError, match=r"retrieved is 1\.0"):
        draw_plans(store, CONFIG, batch=20, seed=0, step=0)


def test_the_reference_shows_the_other_still_on_cpu_and_device(store, stills, tmp_path):
    resident = make_resident(store, load_flows(store.clips, tmp_path, threads=1), torch.device("cpu"))
    references = Retrieval(stills)
    kinds = set()
    for seed in range(20):
        plan = draw_plan(store, replace(CONFIG, photo_share=0.0), np.random.default_rng(seed), references=references)
        kinds.add(plan.still.kind)
        cut = cut_sample(store, CONFIG, plan)
        on_device = cut_batch(resident, CONFIG, [plan])
        assert cut.reference.shape == (64, 96, 3)
        assert cut.elsewhere == on_device["elsewhere"] == 1
        assert np.abs(cut.reference - on_device["reference"][0].numpy()).mean() < 1.5
        assert np.abs(cut.frames - on_device["frames"][0].numpy()).mean() < 1.5
        own = cut_sample(store, CONFIG, replace(plan, still=None, windows=(plan.windows[1], *plan.windows[1:])))
        assert np.abs(cut.reference - own.reference).mean() > 1
        np.testing.assert_array_equal(cut.frames, own.frames)
    assert kinds == {"clips", "photos"}


@pytest.mark.parametrize("resident", [False, True])
def test_a_run_trains_with_retrieved_references(store, tmp_path, monkeypatch, resident):
    recipe = RECIPES["tiny"]()
    samples = replace(recipe.samples, retrieved=1.0, photo_share=0.0)
    monkeypatch.setitem(RECIPES, "tiny", lambda: replace(recipe, steps=1, samples=samples, resident=resident))
    monkeypatch.setattr(loop, "load_store", lambda data, exclude: store)
    assert loop.train("tiny", data=tmp_path, output=tmp_path / "run").is_file()
    assert len(list((tmp_path / "run").glob("descriptors-*.pt"))) == 1
