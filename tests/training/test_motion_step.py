"""Training of the motion network: from samples to a run that goes on after a stop."""

from dataclasses import replace

import av
import cv2
import numpy as np
import pytest
import torch

from tinct.training import loop
from tinct.training.data.plan import SampleConfig
from tinct.training.losses.motion import MotionLossWeights
from tinct.training.model.motion.network import MotionConfig, MotionNet
from tinct.training.model.weights import load_motion
from tinct.training.motion_sheet import COLUMNS, motion_sheet
from tinct.training.motion_step import MotionLoss, frame_pairs
from tinct.training.recipes import Recipe
from tinct.training.run import CHECKPOINT, TrainingError, TrainingRun

SMALL = MotionConfig(channels=(8, 8, 8), radii=(1, 2, 2), hidden=(8, 8, 8), handed=4)
RECIPE = Recipe(
    "tiny_motion",
    steps=4,
    variant="motion",
    model=SMALL,
    motion=MotionLossWeights(),
    samples=SampleConfig(size=(64, 96), unroll=2, photo_share=0.5, distortion=2.0),
    batch=1,
    checkpoint_every=2,
    sheet_every=2,
    warmup=1,
    loaders=1,
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A clip that moves to the left, and a photo."""
    target = tmp_path_factory.mktemp("footage")
    noise = np.random.default_rng(0).random((96, 160, 3)).astype(np.float32)
    scene = cv2.normalize(cv2.GaussianBlur(noise, (0, 0), 4), None, 0, 255, cv2.NORM_MINMAX).astype(np.uint8)
    cv2.imwrite(str(target / "photo.png"), scene)
    with av.open(str(target / "clip.mp4"), "w") as container:
        stream = container.add_stream("libx264", rate=24)
        stream.width, stream.height, stream.pix_fmt = 160, 96, "yuv420p"
        for i in range(10):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(np.roll(scene, -2 * i, 1)), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return target


def batch(shift=3):
    """A scene that moves by ``shift`` pixels to the left from frame to frame, its motion known."""
    random = torch.Generator().manual_seed(4)
    noise = torch.rand((1, 3, 12, 20), generator=random)
    scene = torch.nn.functional.interpolate(noise, size=(48, 80), mode="bicubic")[0].movedim(0, -1)
    scene = torch.stack([100 * scene[..., 0], 60 * scene[..., 1] - 30, 60 * scene[..., 2] - 30], -1).clamp(-99, 99)
    views = [scene[None, :, shift * i : shift * i + 64] for i in range(3)]
    rows, columns = torch.meshgrid(torch.arange(48.0), torch.arange(64.0), indexing="ij")
    positions = torch.stack([columns + shift, rows], -1)
    return {
        "previous": views[0],
        "frames": torch.stack(views[1:], 1),
        "positions": positions.expand(1, 2, -1, -1, -1),
        "trust": torch.ones(1, 2, 48, 64),
    }


def test_pairs_are_neighbours_and_their_flow():
    pairs = frame_pairs(batch(), MotionNet(SMALL))
    assert pairs.previous.shape == (2, 3, 48, 64)
    torch.testing.assert_close(pairs.previous[1], pairs.current[0])
    torch.testing.assert_close(pairs.known, torch.tensor([3.0, 0.0])[None, :, None, None].expand(2, 2, 48, 64))
    # what is at a place now was there before, but for what came in at the right
    torch.testing.assert_close(pairs.current[..., :-3], pairs.previous[..., 3:])


def test_the_loss_falls():
    torch.manual_seed(0)
    network = MotionNet(SMALL)
    loss = MotionLoss(network, MotionLossWeights())
    optimizer = torch.optim.Adam(network.parameters(), 4e-3)
    totals = []
    for step in range(40):
        terms = loss(batch(), torch.Generator().manual_seed(step))
        optimizer.zero_grad()
        terms["total"].backward()
        optimizer.step()
        totals.append({name: float(value.detach()) for name, value in terms.items()})
    assert totals[-1]["teacher"] < 0.4 * totals[0]["teacher"]
    assert totals[-1]["colour"] < 0.8 * totals[0]["colour"]
    assert motion_sheet(network, batch()).shape == (2 * 48, len(COLUMNS) * 64, 3)


def test_a_stopped_run_ends_like_an_unbroken_one(folder, tmp_path):
    whole = load_motion(loop.train(RECIPE, data=folder, output=tmp_path / "whole"))
    assert len(list((tmp_path / "whole" / "samples").iterdir())) == 2
    broken = tmp_path / "broken"
    loop.train(RECIPE, data=folder, output=broken, max_minutes=0)
    assert torch.load(broken / CHECKPOINT, weights_only=True)["step"] == 1
    again = load_motion(loop.train(RECIPE, data=folder, output=broken, resume=True))
    for name, value in again.state_dict().items():
        torch.testing.assert_close(whole.state_dict()[name], value, rtol=0, atol=0)
    with pytest.raises(TrainingError, match="of the recipe tiny_motion, not other"):
        TrainingRun(replace(RECIPE, name="other")).restore(broken / CHECKPOINT)
