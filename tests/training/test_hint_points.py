"""Hints for training: where they lie, what they say, and what they change."""

import pytest
import torch

from tinct.training.hint_points import HintConfig, hint_run

COUNT, LENGTH, HEIGHT, WIDTH = 3, 4, 64, 96
ALWAYS = HintConfig(share=1.0, repainted=1.0, points=1, radius=(1, 1), late=0.0, chroma=(60.0, 70.0))


def still_world():
    positions = torch.stack(torch.meshgrid(torch.arange(WIDTH), torch.arange(HEIGHT), indexing="xy"), -1).float()
    return positions.expand(COUNT, LENGTH, -1, -1, -1)


def two_halves():
    """A red and a blue half of one lightness."""
    frames = torch.full((COUNT, LENGTH, HEIGHT, WIDTH, 3), 50.0)
    frames[..., : WIDTH // 2, 1:] = torch.tensor([40.0, 20.0])
    frames[..., WIDTH // 2 :, 1:] = torch.tensor([10.0, -40.0])
    return frames


def run(config, frames=None, positions=None, seed=0):
    random = torch.Generator().manual_seed(seed)
    frames = two_halves() if frames is None else frames
    return frames, hint_run(frames, still_world() if positions is None else positions, config, random)


def test_without_hints_nothing_changes():
    frames, hinted = run(HintConfig(share=0.0))
    assert torch.equal(hinted.frames, frames)
    assert not hinted.hints.any()
    assert (hinted.steady == 1).all()


def test_the_thing_under_the_hint_takes_its_colour_and_the_other_keeps_its_own():
    frames, hinted = run(ALWAYS)
    halves = (slice(None, WIDTH // 2 - 8), slice(WIDTH // 2 + 8, None))
    for one in range(COUNT):
        marked = hinted.hints[one, -1, ..., 2] > 0
        assert marked.sum() in range(4, 10)  # a square of 3x3, perhaps cut by the edge
        left = marked[:, : WIDTH // 2].sum() > marked[:, WIDTH // 2 :].sum()
        own, other = halves if left else halves[::-1]
        wanted = hinted.hints[one, -1][marked][0, :2]
        assert (hinted.frames[one, :, :, own, 1:] - wanted).abs().max() < 1.0
        torch.testing.assert_close(hinted.frames[one, :, :, other], frames[one, :, :, other], atol=0.1, rtol=0)
        assert (hinted.steady[one, :, :, own] == 0).all()
        assert (hinted.steady[one, :, :, other] == 1).all()
    assert torch.equal(hinted.frames[..., 0], frames[..., 0])


def test_true_hints_tell_the_true_colour():
    frames, hinted = run(HintConfig(share=1.0, repainted=0.0, points=5, late=0.0))
    marked = hinted.hints[..., 2] > 0
    assert torch.equal(hinted.frames, frames)
    assert marked.any()
    inside = marked.clone()
    inside[..., WIDTH // 2 - 6 : WIDTH // 2 + 6] = False  # squares that reach over the border keep one colour
    torch.testing.assert_close(hinted.hints[inside][:, :2], frames[inside][:, 1:])


def test_points_follow_the_motion():
    shift = torch.tensor([3.0, 1.0])
    _, hinted = run(ALWAYS, positions=still_world() - shift)  # things move 3 to the right and 1 down a frame
    found = 0
    for one in range(COUNT):
        places = [(hinted.hints[one, i, ..., 2] > 0).nonzero().float() for i in (-2, -1)]
        if all(len(p) == 9 for p in places):
            found += 1
            torch.testing.assert_close(places[1].mean(0) - places[0].mean(0), shift.flip(0))
    assert found


def test_a_late_hint_changes_nothing_before_it():
    frames, hinted = run(HintConfig(share=1.0, repainted=1.0, late=1.0))
    marked = (hinted.hints[..., 2] > 0).flatten(2).any(-1)
    for one, frame in (~marked).nonzero().tolist():
        torch.testing.assert_close(hinted.frames[one, frame], frames[one, frame])
    assert (~marked).any()


@pytest.mark.parametrize("seed", range(3))
def test_the_same_draw_gives_the_same_hints(seed):
    _, one = run(HintConfig(share=0.7), seed=seed)
    _, two = run(HintConfig(share=0.7), seed=seed)
    for left, right in zip(one, two, strict=True):
        assert torch.equal(left, right)
