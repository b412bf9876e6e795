"""Training: it learns, it goes on after a stop as if there had been none, it refuses what it cannot do."""

import av
import cv2
import numpy as np
import pytest
import torch

from tinct.training import loop
from tinct.training.recipes import RECIPES


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    target = tmp_path_factory.mktemp("clips")
    noise = np.random.default_rng(0).random((96, 160, 3)).astype(np.float32)
    scene = cv2.normalize(cv2.GaussianBlur(noise, (0, 0), 6), None, 0, 255, cv2.NORM_MINMAX).astype(np.uint8)
    with av.open(str(target / "clip.mp4"), "w") as container:
        stream = container.add_stream("libx264", rate=24)
        stream.width, stream.height, stream.pix_fmt = 160, 96, "yuv420p"
        for i in range(12):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(np.roll(scene, 2 * i, 1)), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return target


def weights(path):
    return torch.load(path, weights_only=True)["network"]["weights"]


def test_a_stopped_run_ends_like_an_unbroken_one(folder, tmp_path, monkeypatch):
    whole = loop.train("tiny", data=folder, output=tmp_path / "whole")

    class Stopped(Exception):
        pass

    save = loop.TrainingRun.save

    def save_and_stop(self, path):
        save(self, path)
        raise Stopped

    monkeypatch.setattr(loop.TrainingRun, "save", save_and_stop)
    with pytest.raises(Stopped):
        loop.train("tiny", data=folder, output=tmp_path / "broken")
    monkeypatch.undo()
    broken = loop.train("tiny", data=folder, output=tmp_path / "broken", resume=True)
    one, two = weights(whole), weights(broken)
    assert all(torch.equal(one[name], two[name]) for name in one)


def test_what_it_refuses(folder, tmp_path):
    with pytest.raises(loop.RecipeError, match="lite_cpu"):
        loop.train("nothing", data=folder, output=tmp_path)
    (tmp_path / loop.CHECKPOINT).write_bytes(b"")
    with pytest.raises(loop.TrainingError, match="--resume"):
        loop.train("tiny", data=folder, output=tmp_path)


def test_a_loss_that_is_no_number_stops_the_run(monkeypatch):
    run = loop.TrainingRun(RECIPES["tiny"](), device="cpu")
    monkeypatch.setattr(loop, "unrolled_loss", lambda *_: {"total": torch.tensor(float("nan"))})
    with pytest.raises(loop.TrainingError, match="step 0"):
        run.advance({})
