"""Flow of a data set is estimated once, kept, and taken up where an estimate was interrupted."""

import cv2
import numpy as np
import pytest
import torch

from tinct.training.colour import srgb_to_lab
from tinct.training.data.clip_store import StoredClip
from tinct.training.flow.clip_flow import PAIRS_AT_ONCE, clip_flow, load_flows
from tinct.training.flow.dis import MEDIUM, DisFlow
from tinct.training.flow.farneback import FarnebackFlow
from tinct.training.flow.flow_file import BACKWARD, FORWARD, FlowFileError
from tinct.training.flow.occlusion import reliable
from tinct.training.flow.raft import RANDOM, RaftConfig, RaftFlow
from tinct.training.flow.warp import warp
from tinct.training.losses.temporal import temporal_loss

STEP = (4, 2)


def clip(name, seed, count=4, size=(48, 66)):
    """A pan by whole samples of chroma: what is at p in a frame was at p + STEP in the one before."""
    noise = np.random.default_rng(seed).random((120, 160, 3)).astype(np.float32)
    scene = cv2.normalize(cv2.GaussianBlur(noise, (0, 0), 3), None, 0, 255, cv2.NORM_MINMAX).astype(np.uint8)
    (dx, dy), (height, width) = STEP, size
    views = [scene[dy * i : dy * i + height, dx * i : dx * i + width] for i in range(count)]
    return StoredClip(name, np.stack([cv2.cvtColor(view, cv2.COLOR_BGR2YUV_I420) for view in views]))


def tensor(image):
    return torch.from_numpy(np.ascontiguousarray(image)).permute(2, 0, 1)[None]


@pytest.fixture(scope="module")
def clips():
    return clip("one", 1), clip("two", 2)


@pytest.fixture
def no_search(monkeypatch):
    def search(_):
        raise AssertionError("estimated again")

    monkeypatch.setattr(cv2, "DISOpticalFlow_create", search)


def test_stored_flow_brings_the_previous_colours_here(clips):
    backward, forward = clip_flow(clips[0]).between(1)
    before, now = (srgb_to_lab(clips[0].rgb(i).astype(np.float32) / 255)[..., 1:] for i in (1, 2))
    mask = tensor(reliable(backward, forward)[..., None].astype(np.float32))
    assert mask.mean() > 0.7
    moved = temporal_loss(tensor(now), tensor(warp(before.copy(), backward)), mask)
    assert moved < 0.1 * temporal_loss(tensor(now), tensor(before), mask)


def test_a_long_clip_is_estimated_in_parts(clips):
    count = PAIRS_AT_ONCE + 3
    long = clip("long", 4, count, size=(32, 48))
    flow = clip_flow(long)
    assert flow.values.shape[1] == count - 1
    tail = clip_flow(StoredClip("tail", long.planes[PAIRS_AT_ONCE - 1 :]))
    assert torch.equal(flow.values[:, PAIRS_AT_ONCE - 1 :], tail.values)


@pytest.mark.parametrize("spacing", [1, 2, 3])
def test_flow_of_a_pan(clips, spacing):
    flow = clip_flow(clips[0], spacing=spacing)
    assert flow.values.shape == (2, 3, 2, -(-48 // spacing), -(-66 // spacing))
    for i in range(3):
        backward, forward = flow.between(i)
        assert np.abs(np.median(backward, (0, 1)) - STEP).max() < 0.1
        assert np.abs(np.median(forward, (0, 1)) + STEP).max() < 0.1
    assert BACKWARD != FORWARD


def test_what_is_kept_is_what_the_source_gives(clips):
    source = DisFlow()
    flow = clip_flow(clips[0], source)
    lightness = [cv2.cvtColor(clips[0].rgb(i).astype(np.float32) / 255, cv2.COLOR_RGB2Lab)[..., 0] for i in range(2)]
    wanted = source.flow(lightness[1], lightness[0])[::2, ::2]
    kept = flow.values[BACKWARD, 0].permute(1, 2, 0).numpy()
    assert np.array_equal(kept, wanted.astype(np.float16))


def test_flow_is_estimated_once(clips, tmp_path, request):
    first = [one.clone() for one in load_flows(clips, tmp_path, threads=2)]
    files = sorted(tmp_path.iterdir())
    assert len(files) == 2
    request.getfixturevalue("no_search")
    again = load_flows(clips[::-1], tmp_path, threads=1)
    assert all(torch.equal(one, other) for one, other in zip(first, again[::-1], strict=True))
    for other in ([StoredClip("shorter", clips[0].planes[:3])], [clip("three", 3)]):
        with pytest.raises(AssertionError, match="again"):
            load_flows(other, tmp_path, threads=1)
    assert sorted(tmp_path.iterdir()) == files


def test_each_source_has_files_of_its_own(clips, tmp_path):
    raft = RaftFlow(RaftConfig("small", RANDOM, updates=1))
    sources = (DisFlow(), DisFlow(MEDIUM), FarnebackFlow(), raft)
    short = [StoredClip("short", clips[0].planes[:2])]
    flows = [load_flows(short, tmp_path, source=source, threads=1)[0] for source in sources]
    assert len(list(tmp_path.iterdir())) == 4
    assert {flow.shape for flow in flows} == {(2, 1, 2, 24, 33)}
    assert not torch.equal(flows[0], flows[1])


def test_an_interrupted_estimate_goes_on(clips, tmp_path, request):
    load_flows(clips[:1], tmp_path, threads=1)
    (kept,) = tmp_path.iterdir()
    written = kept.stat().st_mtime_ns
    assert len(load_flows(clips, tmp_path, threads=1)) == 2
    assert kept.stat().st_mtime_ns == written
    request.getfixturevalue("no_search")
    load_flows(clips, tmp_path, threads=1)


def test_a_clip_that_is_there_twice(clips, tmp_path):
    one, other = load_flows([clips[0], StoredClip("copy", clips[0].planes)], tmp_path, threads=2)
    assert torch.equal(one, other)
    assert len(list(tmp_path.iterdir())) == 1


def test_a_damaged_file_is_named(clips, tmp_path):
    load_flows(clips[:1], tmp_path, threads=1)
    (path,) = tmp_path.iterdir()
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(FlowFileError, match=path.name):
        load_flows(clips[:1], tmp_path, threads=1)


def test_a_failure_leaves_no_file(clips, tmp_path, monkeypatch):
    def save(_, file):
        file.write(b"half")
        raise OSError("disk full")

    monkeypatch.setattr(torch, "save", save)
    with pytest.raises(OSError, match="disk full"):
        load_flows(clips, tmp_path, threads=1)
    assert not list(tmp_path.iterdir())
    monkeypatch.undo()
    assert len(load_flows(clips, tmp_path, threads=1)) == 2
