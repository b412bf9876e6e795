"""The contract of flow sources, over all of them; RAFT has random weights here, so only its form is judged."""

import urllib.request

import cv2
import numpy as np
import pytest
import torch

from tinct.training.flow import FlowError, create_flow, flow_names
from tinct.training.flow.dis import MEDIUM, DisFlow
from tinct.training.flow.farneback import FarnebackConfig, FarnebackFlow
from tinct.training.flow.raft import RANDOM, RaftConfig, RaftFlow

ESTIMATORS = {"dis": DisFlow, "dis medium": lambda: DisFlow(MEDIUM), "farneback": FarnebackFlow}
SOURCES = {
    **ESTIMATORS,
    "raft small": lambda: RaftFlow(RaftConfig("small", RANDOM, updates=2)),
    "raft large": lambda: RaftFlow(RaftConfig("large", RANDOM, updates=1)),
}


@pytest.fixture(scope="module", params=SOURCES, name="source")
def _source(request):
    return SOURCES[request.param]()


@pytest.fixture(scope="module", params=ESTIMATORS, name="estimator")
def _estimator(request):
    return ESTIMATORS[request.param]()


def scene(height, width, seed=0, blur=2.5):
    noise = np.random.default_rng(seed).random((height, width)).astype(np.float32)
    return cv2.normalize(cv2.GaussianBlur(noise, (0, 0), blur), None, 0, 100, cv2.NORM_MINMAX)


@pytest.mark.parametrize("size", [(64, 96), (67, 91), (5, 7), (1, 1), (17, 200)])
def test_shape_type_and_finiteness(source, size):
    flow = source.flow(scene(*size, seed=1), scene(*size, seed=2))
    assert flow.shape == (*size, 2)
    assert flow.dtype == np.float32
    assert np.isfinite(flow).all()


def test_a_batch_is_its_pictures_one_by_one(source):
    a, b = (np.stack([scene(48, 64, seed) for seed in seeds]).reshape(2, 1, 48, 64) for seeds in ((1, 2), (3, 4)))
    flow = source.flow(a, b)
    assert flow.shape == (2, 1, 48, 64, 2)
    for i in range(2):
        np.testing.assert_allclose(flow[i, 0], source.flow(a[i, 0], b[i, 0]), atol=1e-3)


def test_the_same_pictures_give_the_same_flow(source):
    a, b = scene(48, 64, 5), scene(48, 64, 6)
    before = a.copy(), b.copy()
    first = source.flow(a, b)
    source.flow(b, a)
    assert np.array_equal(source.flow(a, b), first)
    assert np.array_equal(a, before[0])
    assert np.array_equal(b, before[1])


def test_equal_pictures_do_not_move(estimator):
    picture = scene(80, 120)
    length = np.abs(estimator.flow(picture, picture))
    assert length[12:-12, 12:-12].max() < 0.01
    assert length.mean() < 0.02  # Farnebäck's goes astray at the edges
    flat = np.full((40, 60), 50.0, np.float32)
    assert np.abs(estimator.flow(flat, flat)).max() < 0.05


@pytest.mark.parametrize("shift", [(3, 0), (0, -2), (-4, 3)])
def test_a_known_shift_is_found(estimator, shift):
    wide = scene(112, 152)
    dx, dy = shift
    source, target = wide[8:104, 8:144], wide[8 - dy : 104 - dy, 8 - dx : 144 - dx]
    flow = estimator.flow(source, target)[12:-12, 12:-12]
    assert np.abs(np.median(flow, axis=(0, 1)) - shift).max() < 0.1
    assert np.abs(flow - np.float32(shift)).mean() < 0.15


@pytest.mark.parametrize(
    ("a", "b", "message"),
    [
        (np.zeros((4, 5)), np.zeros((4, 6)), "one size"),
        (np.zeros(4), np.zeros(4), "one size"),
        (np.zeros((0, 5)), np.zeros((0, 5)), "one size"),
        (np.zeros((20, 20)), np.full((20, 20), np.nan), "not numbers"),
    ],
)
def test_what_is_no_pair_of_pictures_is_refused(source, a, b, message):
    with pytest.raises(FlowError, match=message):
        source.flow(a, b)


def test_fingerprints_tell_sources_and_settings_apart():
    sources = [*(make() for make in SOURCES.values()), FarnebackFlow(FarnebackConfig(winsize=9))]
    assert len({source.fingerprint for source in sources}) == len(sources)
    assert DisFlow().fingerprint == create_flow("dis").fingerprint
    small = RaftConfig("small", RANDOM, updates=2)
    assert RaftFlow(small).fingerprint == RaftFlow(small).fingerprint


def test_sources_by_name(tmp_path):
    weights = tmp_path / "raft.pth"
    torch.save(RaftFlow(RaftConfig("small", RANDOM))._model.state_dict(), weights)
    sources = [create_flow(name, weights=weights) for name in ("raft_small",)]
    sources += [create_flow(name) for name in ("dis", "farneback")]
    assert {source.NAME for source in sources} == {name.split("_")[0] for name in flow_names()}
    with pytest.raises(FlowError, match="no flow source named 'pwc': they are dis, farneback"):
        create_flow("pwc")
    with pytest.raises(FlowError, match="'dis' has no weights"):
        create_flow("dis", weights=weights)


def test_raft_takes_its_weights_from_a_file(tmp_path):
    weights = tmp_path / "raft.pth"
    random = RaftFlow(RaftConfig("small", RANDOM, updates=2))
    state = {name: value * 1.01 for name, value in random._model.state_dict().items()}
    torch.save(state, weights)
    loaded = RaftFlow(RaftConfig("small", weights, updates=2))
    assert loaded.fingerprint != random.fingerprint
    a, b = scene(40, 56, 1), scene(40, 56, 2)
    assert not np.array_equal(loaded.flow(a, b), random.flow(a, b))


def test_raft_says_which_file_is_wrong(tmp_path):
    def config(path, size="small"):
        return RaftConfig(size, path)

    with pytest.raises(FlowError, match=r"no file of RAFT weights .*absent\.pth"):
        RaftFlow(config(tmp_path / "absent.pth"))
    text = tmp_path / "text.pth"
    text.write_text("these are not weights")
    with pytest.raises(FlowError, match=r"text\.pth cannot be read"):
        RaftFlow(config(text))
    with pytest.raises(FlowError, match="cannot be read"):
        RaftFlow(config(tmp_path))
    small = tmp_path / "small.pth"
    torch.save(RaftFlow(config(RANDOM))._model.state_dict(), small)
    with pytest.raises(FlowError, match=r"small\.pth does not hold weights of torchvision's raft_large"):
        RaftFlow(config(small, "large"))
    other = tmp_path / "list.pth"
    torch.save([1, 2], other)
    with pytest.raises(FlowError, match=r"list\.pth does not hold"):
        RaftFlow(config(other))
    with pytest.raises(FlowError, match="small or large, not 'huge'"):
        RaftFlow(config(RANDOM, "huge"))


def test_raft_without_a_hub_says_where_its_weights_are(tmp_path, monkeypatch):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")  # nothing listens there
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.setattr(urllib.request, "_opener", None)
    with pytest.raises(FlowError, match=r"could not be fetched from https://.*raft_small.*name the file"):
        create_flow("raft_small")
    assert not list(tmp_path.rglob("*.pth"))
