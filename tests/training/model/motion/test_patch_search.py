"""The search for motion inside a graph finds what the runtime's search finds."""

import cv2
import numpy as np
import pytest
import torch

from tinct.runtime.motion.dis import pyramid, search
from tinct.training.model.motion.patch_search import PatchSearch, SearchConfig

HEIGHT, WIDTH = 96, 160


def scene(height: int, width: int) -> np.ndarray:
    """Structure of all sizes, L* 5..95."""
    random = np.random.default_rng(0)
    layers = [
        2**k * cv2.resize(random.normal(size=(height >> k, width >> k)).astype(np.float32), (width, height))
        for k in range(1, 6)
    ]
    return cv2.normalize(np.sum(layers, 0), None, 5, 95, cv2.NORM_MINMAX).astype(np.float32)


def frames(right: int, down: int) -> tuple[np.ndarray, np.ndarray]:
    """A view, and what is seen after the picture has moved by so many pixels."""
    whole, edge = scene(HEIGHT + 80, WIDTH + 80), 40
    earlier, later = (
        whole[edge - y : edge - y + HEIGHT, edge - x : edge - x + WIDTH] for x, y in ((0, 0), (right, down))
    )
    return np.ascontiguousarray(earlier), np.ascontiguousarray(later)


def found(earlier: np.ndarray, later: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Flows (H, W, 2) of the graph, back and forth."""
    pair = [torch.from_numpy((one - 50) / 50)[None, None] for one in (earlier, later)]
    with torch.no_grad():
        flows = PatchSearch()(*pair)
    return tuple(flow[0].permute(1, 2, 0).numpy() for flow in (flows.backward, flows.forward))


def inside(right: int, down: int) -> tuple[slice, slice]:
    """What both frames show."""
    return np.s_[max(0, down) : HEIGHT + min(0, down), max(0, right) : WIDTH + min(0, right)]


@pytest.mark.parametrize("pan", [(0, 0), (3, -2), (24, 9), (-18, 0)])
def test_pans_are_found_both_ways(pan: tuple[int, int]) -> None:
    backward, forward = found(*frames(*pan))
    right, down = pan
    for flow, seen, wanted in ((backward, inside(*pan), (-right, -down)), (forward, inside(-right, -down), pan)):
        missed = np.linalg.norm(flow[seen] - np.array(wanted), axis=-1)
        assert np.median(missed) < 0.05
        assert np.mean(missed < 0.5) > 0.9


def test_what_the_runtime_finds_is_found() -> None:
    earlier, later = frames(5, 3)
    later = later + np.float32(4)  # the light changes too
    cv2.circle(later, (80, 50), 12, 70, -1)
    cv2.circle(earlier, (74, 50), 12, 70, -1)
    wanted = search(pyramid(later), pyramid(earlier))
    apart = np.linalg.norm(found(earlier, later)[0] - wanted, axis=-1)[8:-8, 8:-8]  # the edge came in from outside
    assert np.median(apart) < 0.05
    assert np.quantile(apart, 0.9) < 0.5


def test_frames_of_a_batch_do_not_meet() -> None:
    pairs = [frames(4, 1), frames(-7, 2)]
    earlier, later = (torch.from_numpy(np.stack(side) / 50 - 1)[:, None] for side in zip(*pairs, strict=True))
    together = PatchSearch()(earlier, later)
    for number, pair in enumerate(pairs):
        for flow, alone in zip(together[:2], found(*pair), strict=True):
            np.testing.assert_allclose(flow[number].permute(1, 2, 0).numpy(), alone, atol=1e-2)


def test_without_texture_nothing_moves() -> None:
    flat = torch.full((1, 1, 64, 96), 0.3)
    flows = PatchSearch(SearchConfig(l_scale=25.0))(flat, flat + 0.2)
    assert max(float(flow.abs().max()) for flow in flows[:2]) < 1e-3
